/** What the board shows for each wish. */
import { describe, expect, test } from 'vitest'
import type { SiteArchitecture, SiteState, SiteTable } from '../../src/report/site-model.ts'
import { boardRows } from '../../src/site/board-rows.ts'

const tableOf = (
  id: string,
  ...cells: readonly (readonly [kind: number, state: SiteState, n: number])[]
): SiteTable => ({
  id,
  cells: cells.map(([kind, state, n]) => ({ kind, counts: [[state, n]] })),
  structures: 0,
  unproven: 0,
  mutants: null,
})

const tables = [
  tableOf('t10', [0, 'green', 3]),
  tableOf('t9', [0, 'green', 1], [1, 'red', 1]),
  tableOf('Orders', [1, 'unsolved', 2]),
  tableOf('empty'),
]
const architecture = {
  kinds: ['type', 'check'],
  tables: [...tables, { ...tableOf('x'), id: null }],
} as unknown as SiteArchitecture

const ids = (wish: Partial<Parameters<typeof boardRows>[1]>): readonly (string | null)[] =>
  boardRows(architecture, { name: '', state: '', kind: '', sort: 'declared', ...wish }).map(({ id }) => id)

describe('the board', () => {
  test('shows tables as they were declared, and nothing that is no table', () => {
    expect(ids({})).toEqual(['t10', 't9', 'Orders', 'empty'])
  })

  test('finds a part of a name in any letters', () => {
    expect(ids({ name: 'ORD' })).toEqual(['Orders'])
    expect(ids({ name: 'nothing like it' })).toEqual([])
  })

  test('finds a state, of one kind or of any, and what nobody looked at', () => {
    expect(ids({ state: 'red' })).toEqual(['t9'])
    expect(ids({ state: 'green' })).toEqual(['t10', 't9'])
    expect(ids({ state: 'green', kind: 'check' })).toEqual([])
    expect(ids({ state: 'unseen' })).toEqual(['empty'])
    expect(ids({ kind: 'check' })).toEqual(['t9', 'Orders'])
  })

  test('sorts names as people count, the worst first, and both ways round', () => {
    expect(ids({ sort: 'name' })).toEqual(['empty', 'Orders', 't9', 't10'])
    expect(ids({ sort: '-name' })).toEqual(['t10', 't9', 'Orders', 'empty'])
    expect(ids({ sort: 'worst' })).toEqual(['Orders', 't9', 't10', 'empty'])
    expect(ids({ sort: 'rules' })).toEqual(['t10', 't9', 'Orders', 'empty'])
    expect(ids({ sort: 'check' })).toEqual(['t9', 'Orders', 't10', 'empty'])
    expect(ids({ sort: 'no such kind' })).toEqual(['t10', 't9', 'Orders', 'empty'])
  })
})
