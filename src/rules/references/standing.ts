/**
 * A parent that stands in the world already: where the table asks for parents of a kind that no new row has, as one so
 * far down a tree, its base rows point to such. It is taken away and put there again.
 */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import type { World } from '../experiment.ts'
import { ownKeyColumn, type Family, type ForeignKey } from '../foreign-key.ts'
import type { RuleContext } from '../rule-kind.ts'
import { selectEach, tryOne } from '../trial.ts'

/** The base row and its parent; null where it points nowhere, or others point to its parent. */
export const standingFamily = async (
  key: ForeignKey,
  context: RuleContext,
  world: World,
): Promise<Family | null> => {
  const { rows, table, db } = context
  const { target, targetColumns, rule, isSelf } = key
  const child = isSelf ? null : await rows.base(table, 'a')
  const values = rule.columns.map((column) => child?.[column] ?? 'null')
  if (child === null || values.includes('null') || values.includes('default')) return null
  const points = targetColumns.map((column, i) => `${ident(column)} = ${values[i]}`).join(' and ')
  const columns = target.columns.filter((c) => c.generated === null)
  const [found] = await selectEach(db, world.statements, [
    `select ${columns.map((c) => `${ident(c.name)}::text`).join(', ')} from ${qualified(target)} where ${points}`,
  ])
  const [stored] = found ?? []
  if (!stored) return null
  const parent: Row = {
    ...Object.fromEntries(
      columns.map(({ name }, i) => [name, stored[i] == null ? 'null' : literal(stored[i])]),
    ),
    ...Object.fromEntries(targetColumns.map((column, i) => [column, values[i]!])),
  }
  const removed = `delete from ${qualified(target)} where ${points}`
  const insertParent = rows.insert(target, parent)
  const insertChild = rows.insert(table, child)
  if (await tryOne(db, world, [removed, insertParent, insertChild])) return null
  const column = ownKeyColumn(key, context)
  return { column, parent, child, beforeParent: [removed], insertParent, beforeChild: [], insertChild }
}
