/**
 * Judges plans: a plan experiment holds when the plan uses the index and has none of the facts it must be without;
 * two plans are the same when their shapes are. Shapes carry no cost, size or time, so a slow machine changes none.
 */
import { parsePlan, planHas, planIndexes, planRelations } from '../postgres/plan.ts'
import { shapeOfPlan } from '../postgres/plan-shape.ts'
import type { Expected } from '../rules/experiment.ts'
import { beyond } from './limits.ts'

type PlanExpected = Extract<Expected, { readonly kind: 'plan' }>

/** The plan as comparable text: node types, relations, indexes, directions, conditions and sort keys. */
export const planShape = (explained: string): string => {
  const plan = parsePlan(explained)
  return plan === null ? explained : shapeOfPlan(plan)
}

/** The shape of what an EXPLAIN answered as rows. */
export const planShapeOf = (rows: readonly (readonly (string | null)[])[]): string =>
  planShape(rows[0]?.[0] ?? '')

const readable: Readonly<Record<string, string>> = {
  Sort: 'sorts',
  'Incremental Sort': 'sorts each group once more',
  Filter: 'reads rows only to throw them away (Filter)',
  Backward: 'scans an index backwards',
  'Seq Scan': 'reads a whole table',
  'Index Scan': 'fetches rows from the table beside the index',
  'Bitmap Heap Scan': 'fetches rows from the table beside the index',
}

const says = (fact: string): string =>
  fact.startsWith('index:')
    ? `uses the index ${fact.slice('index:'.length)}`
    : (readable[fact] ?? `has ${fact}`)

/** Why the plan (the rows that an EXPLAIN answered) is not what was expected, in one line; null when it is. */
export const judgePlan = (
  expected: PlanExpected,
  rows: readonly (readonly (string | null)[])[],
  measured = true,
): string | null => {
  const plan = parsePlan(rows[0]?.[0] ?? '')
  if (plan === null) return 'the statement answered no plan: it has to be an EXPLAIN (FORMAT JSON, COSTS OFF)'
  const wanted = expected.uses === null ? [] : [expected.uses, ...(expected.parts ?? [])]
  const used = planIndexes(plan)
  const faults = expected.without
    .filter((fact) => planHas(plan, fact))
    .map((fact) => `the plan ${says(fact)}`)
  if (wanted.length > 0 && !wanted.some((name) => used.includes(name))) {
    const instead = used.length > 0 ? `uses ${used.join(', ')} instead` : 'uses no index'
    faults.unshift(`the plan does not use ${wanted[0]}, it ${instead}`)
  }
  if (expected.within) faults.push(...beyond(expected.within, plan, measured))
  const read = planRelations(plan).length
  if (expected.reads !== undefined && read !== expected.reads)
    faults.push(`the plan reads ${read} relations instead of ${expected.reads}`)
  return faults.length === 0 ? null : faults.join('; ')
}
