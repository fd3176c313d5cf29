/** Which node of a plan costs most pages: what a budget of pages or rows breaks by. */
import { nodesOf, numberIn, rowsOf, textIn, workOf } from '../postgres/plan-work.ts'
import type { PlanNode } from '../postgres/plan.ts'

const pages = (node: PlanNode): number => workOf(node).buffers

/** "Seq Scan on items: 74 of 74 buffers, 10,000 rows came"; null: no node looked at any page. */
export const heaviestIn = (plan: PlanNode): string | null => {
  const own = (node: PlanNode): number =>
    pages(node) - (node.Plans ?? []).reduce((sum, child) => sum + pages(child), 0)
  const [worst] = nodesOf(plan).toSorted((a, b) => own(b) - own(a))
  if (worst === undefined || own(worst) <= 0) return null
  const read = textIn(worst, 'Relation Name')
  const index = textIn(worst, 'Index Name')
  const thrownAway = Math.round(numberIn(worst, 'Actual Loops') * numberIn(worst, 'Rows Removed by Filter'))
  const parts = [
    `${own(worst)} of ${pages(plan)} buffers`,
    `${rowsOf(worst).toLocaleString('en')} rows came`,
    ...(thrownAway === 0 ? [] : [`${thrownAway.toLocaleString('en')} were thrown away by its filter`]),
  ]
  return `${worst['Node Type']}${index === '' ? '' : ` using ${index}`}${read === '' ? '' : ` on ${read}`}: ${parts.join(', ')}`
}
