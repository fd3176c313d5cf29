/** A parent that nobody points to yet and its child: inserted one after the other, made to point where each needs the other, or a parent that stands. */
import type { World } from '../experiment.ts'
import { makeFamily, type Family, type ForeignKey } from '../foreign-key.ts'
import type { UnmadeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryOne } from '../trial.ts'
import { circleOf } from './circle.ts'
import { standingFamily } from './standing.ts'

export const familyOf = async (
  key: ForeignKey,
  context: RuleContext,
  world: World,
  /** What is true of the child besides. */
  where: readonly string[] = [],
): Promise<Family | UnmadeRow> => {
  const made = await makeFamily(key, context, where)
  if (!('unsolved' in made) || where.length > 0) return made
  const circle = await circleOf(key, context)
  if (!circle) return (await standingFamily(key, context, world)) ?? made
  const { before, beforeParent, insertParent, change, parent, child, loose } = circle
  const first = [...before, ...beforeParent]
  if (await tryOne(context.db, world, [...first, insertParent, change])) return made
  return {
    column: key.targetColumns[key.rule.columns.indexOf(loose[0]!)]!,
    parent,
    child,
    beforeParent: first,
    insertParent,
    beforeChild: [],
    insertChild: change,
  }
}
