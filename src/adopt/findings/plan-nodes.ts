/** What EXPLAIN says of all nodes of a plan together. */
import { parsePlan, type PlanNode } from '../../postgres/plan.ts'
import type { Reply } from '../../postgres/session.ts'

const nodesOf = (plan: PlanNode): readonly PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** Every node, parents first; null when PostgreSQL refused to plan. */
export const readPlan = (reply: Reply | undefined): readonly PlanNode[] | null => {
  if (!reply || reply.fault) return null
  const plan = parsePlan(reply.commands.at(-1)?.rows[0]?.[0] ?? '')
  return plan && nodesOf(plan)
}

/** The conditions that are asked for each row. */
export const filtersOf = (nodes: readonly PlanNode[]): readonly string[] =>
  nodes.flatMap((node) => (typeof node['Filter'] === 'string' ? [node['Filter']] : []))

export const hasInitPlan = (nodes: readonly PlanNode[]): boolean =>
  nodes.some((node) => node['Parent Relationship'] === 'InitPlan')
