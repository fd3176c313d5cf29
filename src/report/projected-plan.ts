/** A projected plan for a person at a terminal: the sizes, the plan as a tree with its estimates, and where it flips. */
import { displayWidth } from '../ground/display-width.ts'
import type { PlanNode } from '../postgres/plan.ts'
import type { ProjectedPlanOutcome } from '../project/project-plan.ts'
import type { Sweep } from '../rows/projected/sweep.ts'
import { findingsText } from './findings.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'
import { shortNumber } from './sweep-chart.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

const textOf = (node: PlanNode, key: string): string => {
  const value = node[key]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

const nodeLine = (node: PlanNode, depth: number, { paint, width }: Layout): string => {
  const index = textOf(node, 'Index Name')
  const relation = textOf(node, 'Relation Name')
  const what = [
    node['Node Type'],
    ...(index === '' ? [] : [`using ${index}`]),
    ...(relation === '' ? [] : [`on ${relation}`]),
  ].join(' ')
  const estimate = `${whole.format(Number(node['Plan Rows']))} rows, cost ${whole.format(Number(node['Total Cost']))}`
  const indent = 2 * (depth + 1)
  const fits = indent + displayWidth(what) + 2 + estimate.length <= width
  const gap = fits ? '  ' : `\n${' '.repeat(indent + 4)}`
  return `${' '.repeat(indent)}${wrap(what, width, indent + 4)}${gap}${paint.dim(estimate)}`
}

const planLines = (node: PlanNode, layout: Layout, depth = 0): readonly string[] => [
  nodeLine(node, depth, layout),
  ...(node.Plans ?? []).flatMap((child) => planLines(child, layout, depth + 1)),
]

const plainLine = (line: string): string =>
  line
    .trim()
    .replaceAll(/ (?:Schema|Strategy|Join Type)="[^"]*"/gu, '')
    .replaceAll(/ (?:Relation Name|Index Name|Scan Direction|Subplan Name)="([^"]*)"/gu, ' $1')

/** The first node of a tree that the other has not; empty where there is none. */
const onlyIn = (shape: string, other: string): string => {
  const known = new Set(other.split('\n').map(plainLine))
  return (
    shape
      .split('\n')
      .map(plainLine)
      .find((line) => !known.has(line)) ?? ''
  )
}

const changeOf = (below: string, above: string): string => {
  const [gone, come] = [onlyIn(below, above), onlyIn(above, below)]
  if (gone === '' && come === '') return 'the same nodes in another order'
  return gone === '' ? `with ${come}` : come === '' ? `without ${gone}` : `${gone} → ${come}`
}

/** `table`: what is counted, where that is not said yet. */
export const sweepLines = (
  { points, flips }: Sweep,
  { paint, width }: Layout,
  table: string | null = null,
): readonly string[] => {
  const [first, last] = [points[0], points.at(-1)]
  const range = `${shortNumber(first?.rows ?? 0)} to ${shortNumber(last?.rows ?? 0)} rows${table === null ? '' : ` of ${printable(table)}`}`
  const indent = table === null ? '  ' : '    '
  if (flips.length === 0) return [`${indent}${paint.good('one plan')} from ${range}`]
  return [
    `${indent}${flips.length === 1 ? 'the plan changes once' : `the plan changes ${flips.length} times`} from ${range}`,
    ...flips.map(
      ({ below, above }) =>
        `${indent}  ${paint.strong(shortNumber(above.rows).padStart(6))}  ${wrap(`${printable(changeOf(below.shape, above.shape))}  cost ${whole.format(above.cost)}`, width, indent.length + 10)}`,
    ),
  ]
}

/** Without a final newline. */
export const projectedPlanText = (outcome: ProjectedPlanOutcome, layout: Layout): string => {
  const { plan, rows, assumed, sweep, findings } = outcome
  const { paint } = layout
  const sizes = [
    ...Object.entries(rows).map(([id, size]) => `  ${printable(id)} ${whole.format(size)} rows`),
    ...Object.entries(assumed).map(
      ([id, size]) =>
        `  ${printable(id)} ${whole.format(size)} rows ${paint.dim('(assumed: name it with --rows)')}`,
    ),
  ]
  return [
    [paint.strong('Planned, not run'), ...sizes].join('\n'),
    planLines(plan, layout).join('\n'),
    ...(sweep === null ? [] : [sweepLines(sweep, layout).join('\n')]),
    ...(findings.length === 0 ? [] : [findingsText(findings, layout).join('\n')]),
  ].join('\n\n')
}
