/**
 * Tables that point to each other: the row that is pointed to needs the row that points to it. That row comes first
 * and points nowhere, then its parent, and then it is made to point there.
 */
import { ident, qualified } from '../../postgres/quote.ts'
import { optionalColumns } from '../declared.ts'
import { accepted, type Ground } from '../draft.ts'
import { pointingTo, type ForeignKey } from '../foreign-key.ts'
import { makeRow } from '../make-row.ts'
import type { Row } from '../../rows/rows.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryOne } from '../trial.ts'
import { quieted } from '../quiet.ts'
import { addUntriggered } from '../untriggered.ts'

export interface Circle {
  /** The row that points nowhere yet, with what it needs. */
  readonly before: readonly string[]
  /** What else its parent needs. */
  readonly beforeParent: readonly string[]
  readonly parent: Row
  readonly insertParent: string
  /** Makes the first row point there. */
  readonly change: string
  /** The first row as it is then. */
  readonly child: Row
  /** Columns of the reference that were null before. */
  readonly loose: readonly string[]
}

/** Null where the reference cannot be null first, or no such rows are found. */
export const circleOf = async (key: ForeignKey, context: RuleContext): Promise<Circle | null> => {
  const { rows, table, architecture } = context
  const { columns } = key.rule
  const optional = optionalColumns(architecture, key.rule.table)
  const loose = columns.filter((c) => optional.includes(c))
  if (key.isSelf || loose.length === 0) return null
  const nowhere = Object.fromEntries(loose.map((c) => [c, 'null']))
  const child = await makeRow(context, table, { pins: nowhere, family: 'a' })
  if ('unsolved' in child) return null
  const before = [...child.given, rows.insert(table, child.row)]
  // What the child cannot be without says whose both are: of the parent it is the same.
  const shared = columns.flatMap((c, i) =>
    loose.includes(c) ? [] : [[key.targetColumns[i]!, child.row[c] ?? 'null'] as const],
  )
  const parent = await makeRow(context, key.target, { pins: Object.fromEntries(shared), family: 'a', before })
  if ('unsolved' in parent) return null
  const changed = Object.fromEntries(
    Object.entries(pointingTo(key, parent.row)).filter(([c]) => loose.includes(c)),
  )
  const set = Object.entries(changed).map(([c, sql]) => `${ident(c)} = ${sql}`)
  return {
    before,
    beforeParent: parent.given,
    parent: parent.row,
    insertParent: rows.insert(key.target, parent.row),
    change: `update ${qualified(table)} set ${set.join(', ')} where ${rows.where(table, child.row)}`,
    child: { ...child.row, ...changed },
    loose,
  }
}

/** Whether a row can be made to point to a row that needs it, and the case is added. */
export const addCircleCase = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
): Promise<boolean> => {
  const { table } = context
  const circle = await circleOf(key, context)
  if (!circle) return false
  const given = [...circle.before, ...circle.beforeParent, circle.insertParent]
  const when = [circle.change]
  const quiet = quieted(context, [table, key.target])
  if (await tryOne(context.db, ground.world, [...quiet, ...given, ...when])) return false
  await addUntriggered(
    context,
    ground,
    {
      title: `a row that is made to point to a row of ${key.rule.target} which needs it is accepted`,
      given,
      when,
      then: accepted,
    },
    [table, key.target],
  )
  return true
}
