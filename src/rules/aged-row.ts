/**
 * Rows whose timestamp is as old as a case needs, though now() stands still in a transaction and a trigger may write
 * the timestamp itself: inserted so where that is taken, otherwise changed as a session that replicates does.
 */
import { ident, qualified } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { isTaken, tryOut } from './attacks/trial.ts'
import type { World } from './experiment.ts'
import type { RuleContext } from './rule-kind.ts'

/** The row without columns that an update changes: what finds it before and after. */
export const without = (row: Row, ...columns: readonly string[]): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !columns.includes(name)))

/** Ordinary triggers do not run in such a session; those that ALWAYS run do. */
export const asReplica = (...statements: readonly string[]): readonly string[] => [
  'set local session_replication_role = replica',
  ...statements,
  'set local session_replication_role = origin',
]

/** Statements after which the row stands with this timestamp; null when PostgreSQL takes none of the ways. */
export const agedRow = async (
  { db, rows, table }: RuleContext,
  world: World,
  row: Row,
  column: string,
  value: string,
): Promise<readonly string[] | null> => {
  const { type } = table.columns.find((c) => c.name === column)!
  const key = rows.where(table, without(row, column))
  const set = `update ${qualified(table)} set ${ident(column)} = ${value} where ${key}`
  const check = `select 1 from ${qualified(table)} where ${key} and ${ident(column)} = cast(${value} as ${type})`
  const inserted = rows.insert(table, { ...row, [column]: value })
  const ways = [[inserted], [inserted, ...asReplica(set)], [rows.insert(table, row), ...asReplica(set)]]
  for (const given of ways) {
    const answer = await tryOut(db, world, { given, when: [check] })
    if (isTaken(answer) && answer.affected === 1) return given
  }
  return null
}
