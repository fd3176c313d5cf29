/** Whether a statement stayed within its limits, from the plan that it was run with. */
import { planHas, planIndexes, type PlanNode } from '../postgres/plan.ts'
import { indexesReadWhole, loopsOf, nodesOf, numberIn, workOf } from '../postgres/plan-work.ts'
import type { Limits } from '../rules/experiment.ts'

const rounded = (n: number): string => (n >= 10 ? String(Math.round(n)) : n.toFixed(1).replace(/\.0$/u, ''))

/** It was run, and nothing stands there: a new partition, which any plan reads whole. */
const isEmpty = (node: PlanNode): boolean =>
  loopsOf(node) > 0 &&
  ['Actual Rows', 'Rows Removed by Filter', 'Shared Hit Blocks', 'Shared Read Blocks'].every(
    (key) => numberIn(node, key) === 0,
  )

/** Tables that are read whole and may not be, also where a scan throws them away row by row in the order of an index. */
const readWhole = (plan: PlanNode, small: readonly string[]): readonly string[] => [
  ...new Set(
    nodesOf(plan)
      .filter((node) => node['Node Type'] === 'Seq Scan' && !isEmpty(node))
      .concat(indexesReadWhole(plan))
      .map((node) => String(node['Relation Name']))
      .filter((name) => !small.includes(name)),
  ),
]

const nodeFaults = (limits: Limits, plan: PlanNode): readonly string[] =>
  limits.never.flatMap((fact) => {
    if (fact !== 'Seq Scan') return planHas(plan, fact) ? [`the plan has ${fact}`] : []
    return readWhole(plan, limits.small).map((name) => `it reads the whole of ${name}`)
  })

const indexFaults = (limits: Limits, plan: PlanNode): readonly string[] => {
  const used = planIndexes(plan)
  return limits.uses
    .filter(({ name, parts }) => ![name, ...parts].some((one) => used.includes(one)))
    .map(({ name, unknown }) =>
      unknown === undefined ? `the plan does not use ${name}` : `there is no index ${name}`,
    )
}

/**
 * What is beyond the limits, in words; [] where nothing is. `measured`: with what was found, which another server may
 * find otherwise; else with the limit alone.
 */
export const beyond = (limits: Limits, plan: PlanNode, measured = true): readonly string[] => {
  const work = workOf(plan)
  const returned = Math.max(1, work.rowsReturned)
  const readPerRow = work.rowsRead / Math.max(1, work.rowsUsed)
  const over = (
    limit: number | undefined,
    found: number,
    words: (text: string) => string,
  ): readonly string[] =>
    limit === undefined || found <= limit
      ? []
      : [measured ? `${words(rounded(found))}, the budget is ${limit}` : words(`more than ${limit}`)]
  return [
    ...nodeFaults(limits, plan),
    ...indexFaults(limits, plan),
    ...over(limits.buffers, work.buffers, (n) => `it looks at ${n} buffers`),
    ...over(limits.buffersPerRow, work.buffers / returned, (n) => `it looks at ${n} buffers for each row`),
    ...over(limits.rowsReadPerRow, readPerRow, (n) => `it reads ${n} rows for each that it returns`),
    ...(limits.spills || !work.spilled ? [] : ['it sorts or hashes on disk']),
    ...(limits.estimate === undefined || work.misjudged === null
      ? []
      : over(
          limits.estimate,
          work.misjudged.factor,
          (n) => `its rows at ${work.misjudged!.node['Node Type']} are misjudged ${n} times`,
        )),
  ]
}
