/** A row that can be deleted for good: where a softDeleted rule keeps the living, one whose grace is over. */
import type { SoftDeletedRule } from '../architecture/kinds/soft-deleted.ts'
import { literal, qualified } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { rulesOf } from './declared.ts'
import type { World } from './experiment.ts'
import type { RuleContext } from './rule-kind.ts'
import { tryEach } from './trial.ts'

/** The same row, as long deleted as it has to be; the row itself where PostgreSQL deletes that, or neither. */
export const removableRow = async (context: RuleContext, world: World, row: Row): Promise<Row> => {
  const { architecture, rows, table, db } = context
  const graces = rulesOf<SoftDeletedRule>(architecture, table.id, 'softDeleted')
  if (graces.length === 0) return row
  const deleted = Object.fromEntries(
    graces.map(({ column, grace }) => [column, `now() - interval ${literal(grace)} - interval '1 day'`]),
  )
  const wishes = [row, { ...row, ...deleted }]
  const replies = await tryEach(
    db,
    world.statements,
    wishes.map((wish) => [
      rows.insert(table, wish),
      `delete from ${qualified(table)} where ${rows.where(table, wish)}`,
    ]),
  )
  return wishes.find((_, i) => replies[i]?.fault === null) ?? row
}
