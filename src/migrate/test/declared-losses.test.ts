import { describe, expect, it } from 'vitest'
import { isDeclared, lossDirective } from './declared-losses.ts'

const declared = (what: string) => [{ what, because: null, direction: 'up' as const, line: 1 }]

describe('isDeclared', () => {
  it.each([
    ['products.note', 'products', 'note', true],
    ['public.products.note', 'products', 'note', true],
    ['products/column:note', 'products', 'note', true],
    ['products', 'products', 'note', true],
    ['products/table', 'products', null, true],
    ['products.note', 'products', null, false],
    ['products.note', 'products', 'notes', false],
    ['sales."Odd ""é""".a b', 'sales."Odd ""é"""', 'a b', true],
    ['products.Odd "é"', 'products', 'Odd "é"', true],
  ])('%s, of %s and column %s: %s', (what, table, column, is) => {
    expect(isDeclared(declared(what), { table, column })).toBe(is)
  })

  it('takes what it tells people to write', () => {
    for (const column of ['note', 'Odd "é"', null]) {
      const [, what = ''] = /loses (.*) because/u.exec(lossDirective({ table: 'products', column })) ?? []
      expect(isDeclared(declared(what), { table: 'products', column })).toBe(true)
    }
  })
})
