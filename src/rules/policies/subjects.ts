/** What a deed does with a row: how it is found, which columns may be set, and by which key it is met again. */
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import type { Row } from '../../rows/rows.ts'
import { readKeyColumns } from '../attacks/key-columns.ts'
import type { RuleContext } from '../rule-kind.ts'
import type { Subject } from './deeds.ts'
import type { Situation } from './situations.ts'

export const subjectMaker = (
  { rows, table, catalog }: RuleContext,
  alone: boolean,
): ((situation: Situation, sets: Subject['sets']) => Subject) => {
  const columns = primaryKeysOf(catalog, table.id)[0]?.facts.columns ?? []
  const known = new WeakMap<Row, Omit<Subject, 'sets' | 'alone'>>()
  const ofRow = (row: Row): Omit<Subject, 'sets' | 'alone'> => {
    const before = known.get(row)
    if (before) return before
    const made = {
      table,
      row,
      key: rows.where(table, row),
      keyOnAnyPath: rows.where(table, row, 'operator(pg_catalog.=)'),
      insert: rows.insert(table, row),
      conflict: columns.length > 0 && columns.every((c) => row[c] !== undefined) ? columns : null,
      major: catalog.major,
    }
    known.set(row, made)
    return made
  }
  return ({ row, accompanied }, sets) => ({ ...ofRow(row), sets, alone: alone && accompanied !== true })
}

/** The first column that may be written again with what it has: one that policies and keys do not look at, if there is one. */
export const touchMaker = async (
  { db, table }: RuleContext,
  looked: readonly string[],
): Promise<(row: Row) => Subject['sets']> => {
  const keys = await readKeyColumns(db, table)
  const rank = (name: string): number => Number(keys.has(name)) * 2 + Number(looked.includes(name))
  const names = table.columns
    .filter((c) => c.generated === null && c.identity !== 'always')
    .map((c) => c.name)
    .toSorted((x, y) => rank(x) - rank(y))
  return (row) => {
    const name = names.find((n) => row[n] !== undefined && row[n] !== 'default')
    return name === undefined ? null : [[name, row[name]!]]
  }
}
