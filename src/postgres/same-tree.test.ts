import { expect, it } from 'vitest'
import { isSameTree } from './same-tree.ts'

const tree = (join: string, sort = 'a, b', index = 'x'): readonly string[] => [
  `Sort (Sort Key: ${sort})`,
  `  Nested Loop (Join Filter: ${join}; Filter: c)`,
  `    Index Scan using ${index} on t (Index Cond: a; Filter: d, c)`,
]

it('is one plan, in whatever order the parts of a condition are written', () => {
  expect(isSameTree(tree('s.id, "e e".id'), tree('"e e".id, s.id'))).toBe(true)
})

it.each([
  ['another column', tree('s.id, e.other')],
  ['another order of rows', tree('s.id, e.id', 'b, a')],
  ['another index', tree('s.id, e.id', 'a, b', 'y')],
  ['a node more', [...tree('s.id, e.id'), '      Seq Scan on u']],
])('is another one with %s', (_, other) => {
  expect(isSameTree(tree('s.id, e.id'), other)).toBe(false)
})
