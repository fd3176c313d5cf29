/**
 * The shape of a plan: what it does, without what it costs. Two forms: with its conditions, and the bare form, which is
 * the same whatever constants a statement was asked with.
 */
import type { PlanNode } from './plan.ts'

const bareKeys = [
  'Subplan Name',
  'Join Type',
  'Strategy',
  'Command',
  'Schema',
  'Relation Name',
  'CTE Name',
  'Function Name',
  'Index Name',
  'Scan Direction',
] as const

/** What of a node makes up its shape, in this order. Everything else (costs, rows, `Parallel Aware` …) is left out. */
const shapeKeys = [
  ...bareKeys,
  'Index Cond',
  'Order By',
  'Recheck Cond',
  'Hash Cond',
  'Merge Cond',
  'Join Filter',
  'TID Cond',
  'One-Time Filter',
  'Filter',
  'Presorted Key',
  'Sort Key',
  'Group Key',
  'Cache Key',
  'Subplans Removed',
] as const

const shapeWith = (keys: readonly string[], node: PlanNode, depth: number): string => {
  const facts = keys
    // A forward scan is the usual one: only the other direction is worth a word.
    .filter((key) => key in node && !(key === 'Scan Direction' && node[key] === 'Forward'))
    .map((key) => `${key}=${JSON.stringify(node[key])}`)
  const line = `${'  '.repeat(depth)}${[node['Node Type'], ...facts].join(' ')}`
  return [line, ...(node.Plans ?? []).map((child) => shapeWith(keys, child, depth + 1))].join('\n')
}

/** Node types, relations, indexes, directions, conditions and sort keys, one node a line. */
export const shapeOfPlan = (plan: PlanNode): string => shapeWith(shapeKeys, plan, 0)

/** A parallel Append begins with its costliest child: which one that is, is no part of the shape. */
const inOrder = (node: PlanNode): PlanNode => {
  const plans = (node.Plans ?? []).map(inOrder)
  if (node['Node Type'] !== 'Append') return { ...node, Plans: plans }
  const keyed = plans.map((child) => [shapeWith(bareKeys, child, 0), child] as const)
  return {
    ...node,
    Plans: keyed.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, child]) => child),
  }
}

/** Node types, relations, indexes and directions, one node a line. */
export const bareShapeOfPlan = (plan: PlanNode): string => shapeWith(bareKeys, inOrder(plan), 0)

/** The estimated cost of the whole, in PostgreSQL's units; null where it was not asked for. */
export const costOfPlan = (plan: PlanNode): number | null => {
  const cost = plan['Total Cost']
  return typeof cost === 'number' ? cost : null
}
