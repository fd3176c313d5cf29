import { expect, test } from 'vitest'
import { gist } from './gist.ts'

const table = { id: 'books', schema: 'public', name: 'books', columns: [] }
const proposed = (operator: string): number =>
  gist.propose(
    { table, orders: [], terms: [{ use: 'contains', operator, column: 'body', sql: 'body' }] } as never,
    [],
    { extensions: new Set() } as never,
  ).length

test('what overlaps may have a GiST index, words of a text may not', () => {
  expect([proposed('&&'), proposed('@@')]).toEqual([1, 0])
})
