/**
 * Null that a domain never sees: a subquery without a row gives null of the domain's own type, and PostgreSQL does not
 * ask the domain about it. Only the column's own NOT NULL refuses it.
 */
import { ident, qualified } from '../../postgres/quote.ts'
import type { Ground } from '../draft.ts'
import { ownOrInherited } from '../inherited.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryOne } from '../trial.ts'
import { addUntriggered } from '../untriggered.ts'

/** Added where the column's domain refuses null before the column is asked. */
export const addNullPastDomain = async (
  column: string,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const { rows, table, db, catalog } = context
  const isRequired = ownOrInherited(catalog, table.id, 'required', column) !== null
  if (!isRequired || table.columns.find((c) => c.name === column)?.typeKind !== 'domain') return
  const fault = await tryOne(db, ground.world, [rows.insert(table, { ...ground.base, [column]: 'null' })])
  if (!fault || fault.dataType === null) return
  const unseen = `(select ${ident(column)} from ${qualified(table)} where false)`
  await addUntriggered(context, ground, {
    title: `a row whose ${column} comes from a subquery without a row is refused, though its domain does not look`,
    when: [rows.insert(table, { ...ground.base, [column]: unseen })],
    then: { kind: 'rejected', by: { sqlstate: '23502', column } },
  })
}
