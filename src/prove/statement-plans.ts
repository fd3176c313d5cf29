/** Declared statements put to PostgreSQL as they are, before any value: their plans, and those that it refuses. */
import type { DeclaredRule } from '../architecture/rule.ts'
import { parsePlan, type PlanNode } from '../postgres/plan.ts'
import { genericPlan, prepareHead } from '../postgres/prepared.ts'
import type { Session } from '../postgres/session.ts'
import type { RefusedSql } from './refused-sql.ts'

export interface AskedPlan {
  readonly sql: string
  readonly parameters: number
  readonly by: DeclaredRule[]
}

/** By the statement's text. */
export const planAll = async (
  db: Session,
  asked: ReadonlyMap<string, AskedPlan>,
): Promise<{ readonly plans: ReadonlyMap<string, PlanNode>; readonly refused: readonly RefusedSql[] }> => {
  const plans = new Map<string, PlanNode>()
  const refused: RefusedSql[] = []
  if (asked.size === 0) return { plans, refused }
  const all = [...asked.values()]
  // A prepared statement outlives its transaction: where a later part is refused, it still has to go.
  const replies = await db.batch(
    all.flatMap(({ sql, parameters }) => [
      `begin;\n${genericPlan(sql, parameters).join(';\n')}`,
      'rollback; deallocate all',
    ]),
  )
  for (const [i, { sql, by }] of all.entries()) {
    const { fault, commands } = replies[2 * i]!
    if (fault) {
      const before = 'begin;\n'.length + prepareHead.length
      const position = fault.position === null ? null : fault.position - before
      // What stands behind it is none of its own.
      const message =
        position !== null && position > sql.length
          ? fault.message.replace('at or near ";"', 'at its end')
          : fault.message
      refused.push(
        ...by.map((rule) => ({
          rule,
          sql,
          fault: { ...fault, message, position },
          isStatement: true as const,
        })),
      )
      continue
    }
    const plan = commands.map(({ rows }) => parsePlan(rows[0]?.[0] ?? '')).find((one) => one !== null)
    if (plan) plans.set(sql, plan)
  }
  return { plans, refused }
}
