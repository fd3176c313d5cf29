/** Plans of queries, where they become others, and times, as the data of the report's pages. */
import { lineDiff } from '../ground/line-diff.ts'
import type { RulePlan, RuleResult, RuleSweep, RuleTimes } from '../prove/result.ts'
import type { SitePlanFile, SitePlans, SiteSweep, SiteTimes } from './site-model.ts'
import { sweepDrawing } from './sweep-chart.ts'

export const sitePlans = (plans: readonly RulePlan[], file: string): SitePlans => ({
  file,
  all: plans.map(({ call, basis, tree }) => ({ call, basis, tree })),
})

export const sitePlanFile = (
  { id, sentence, plans = [] }: RuleResult,
  architecture: string,
): SitePlanFile => ({
  architecture,
  rule: id,
  sentence,
  plans: plans.map(({ call, sql, plan }) => ({ call, sql, json: JSON.stringify([{ Plan: plan }]) })),
})

export const siteSweep = (sweep: RuleSweep): SiteSweep => {
  const { table, points, flips, failed } = sweep
  return {
    table,
    from: points[0]?.rows ?? 0,
    to: points.at(-1)?.rows ?? 0,
    failed,
    chart: failed === null ? sweepDrawing(sweep, { title: 'Cost by size', rows: table }) : null,
    flips: flips.map(({ below, above }) => ({
      rows: above.rows,
      cost: above.cost,
      change: lineDiff(below.shape.split('\n'), above.shape.split('\n')),
    })),
  }
}

export const siteTimes = ({ call, median, p95, target, ratio, runs }: RuleTimes): SiteTimes => ({
  call: call.replace(', it stays within the budget', ''),
  median,
  p95,
  target,
  ratio,
  runs,
})
