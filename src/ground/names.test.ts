import { expect, it } from 'vitest'
import { relationMeant } from './names.ts'

const relations = [
  { schema: 'public', name: 'orders' },
  { schema: 'Lager Nord', name: "it's an order" },
  { schema: 'sales', name: 'orders' },
  { schema: 'public', name: 'a.b' },
  { schema: 'a', name: 'b' },
  { schema: 'old', name: 'prices' },
  { schema: 'new', name: 'prices' },
]

it.each([
  ['orders', 0],
  ['sales.orders', 2],
  ['"Lager Nord"."it\'s an order"', 1],
  ["Lager Nord.it's an order", 1],
  ["it's an order", 1],
  ['"a.b"', 3],
  ['a.b', 4],
  // Two have the name: neither is meant.
  ['prices', -1],
  ['absent', -1],
])('the relation that %s means', (text, at) => {
  expect(relationMeant(text, relations)).toBe(relations[at])
})
