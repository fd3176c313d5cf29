/** What a call costs, counted: pages that it looks at, and a hundredth of each row that a node of its plan handles. */
import type { PlanNode } from '../../postgres/plan.ts'
import { loopsOf, nodesOf, numberIn, rowsOf, workOf } from '../../postgres/plan-work.ts'

const thrownAway = [
  'Rows Removed by Filter',
  'Rows Removed by Index Recheck',
  'Rows Removed by Join Filter',
] as const

const handledBy = (node: PlanNode): number =>
  rowsOf(node) + loopsOf(node) * thrownAway.reduce((sum, key) => sum + numberIn(node, key), 0)

/** In units of one page, as PostgreSQL's own costs are: its `cpu_tuple_cost` is 0.01. */
export const measuredCost = (plan: PlanNode): number =>
  workOf(plan).buffers + nodesOf(plan).reduce((sum, node) => sum + handledBy(node), 0) / 100
