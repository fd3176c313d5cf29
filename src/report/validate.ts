/** Measured queries and writes for a person at a terminal: each call with its counts and times, and what each index costs. */
import { milliseconds } from '../queries/milliseconds.ts'
import type {
  IndexCost,
  MeasuredCall,
  ProjectedCall,
  ValidatedQuery,
  ValidateResult,
} from '../queries/result.ts'
import type { RuleSweep } from '../prove/result.ts'
import { findingsText } from './findings.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'
import { sweepLines } from './projected-plan.ts'
import { counted, filledText, timesText } from './times-text.ts'
import { writeLines } from './validated-writes.ts'

const queriesText = (n: number): string => counted(n, 'query').replace('querys', 'queries')

const callLine = (call: MeasuredCall, query: ValidatedQuery, { paint, width }: Layout): string => {
  const words = printable(call.title.replace(/,? ?(?:it )?stays within the budget$/u, '')) || 'every call'
  const mark = call.broken === null ? paint.good('✓') : paint.bad('✗')
  const sent = call.statements === 1 ? '' : `${counted(call.statements, 'statement')}, `
  const read = `${sent}${counted(call.buffers, 'buffer')}, ${counted(call.rowsRead, 'row')} read for ${call.rowsReturned}`
  if (call.runs === 0) return `    ${mark} ${wrap(`${words}: ${call.broken ?? ''}`, width, 6)}`
  return `    ${mark} ${wrap(`${words}: ${read}; ${timesText(call, query.target)}`, width, 6)}`
}

const projectedLine = (call: ProjectedCall, { paint, width }: Layout): string => {
  const sizes = Object.entries(call.rows).map(([id, rows]) => `${rows.toLocaleString('en')} rows of ${id}`)
  const mark = call.broken === null ? paint.good('✓') : paint.bad('✗')
  const text = `at ${sizes.join(', ')}: cost ${Math.round(call.cost)}, ${call.broken ?? 'the plan is as the budget asks'}`
  return `    ${mark} ${wrap(printable(text), width, 6)}`
}

/** Of one table. */
const sweptLines = (sweep: RuleSweep, layout: Layout): readonly string[] =>
  sweep.failed === null
    ? sweepLines(sweep, layout, sweep.table)
    : [
        `    ${layout.paint.dim('·')} ${wrap(printable(`no sweep over ${sweep.table}: ${sweep.failed}`), layout.width, 6)}`,
      ]

const queryLines = (query: ValidatedQuery, layout: Layout): readonly string[] => [
  `  ${layout.paint.strong(wrap(printable(filledText(query)), layout.width, 2))}`,
  ...query.calls.map((call) => callLine(call, query, layout)),
  ...query.projected.slice(0, 1).map((call) => projectedLine(call, layout)),
  ...(query.sweeps ?? []).flatMap((sweep) => sweptLines(sweep, layout)),
  ...query.unsolved.map((why) => `    ${layout.paint.bad('✗')} ${wrap(printable(why), layout.width, 6)}`),
]

const indexLine = (cost: IndexCost, { paint, width }: Layout): string => {
  const by =
    cost.neededBy.length > 0
      ? `${queriesText(cost.neededBy.length)} ${cost.neededBy.length === 1 ? 'needs' : 'need'} it`
      : cost.otherRules.length > 0
        ? `asked for by ${cost.otherRules[0]!}`
        : 'no query needs it'
  const mark = cost.neededBy.length + cost.otherRules.length > 0 ? paint.good('✓') : paint.dim('·')
  const write =
    cost.walPerInsert === null
      ? ''
      : `, ${cost.buffersPerInsert} buffers and ${cost.walPerInsert} bytes of log an insert`
  const text = `${cost.structure}: ${by}; ${cost.bytesPerRow} bytes a row${write}`
  return `    ${mark} ${wrap(printable(text), width, 6)}`
}

/** Without a final newline. */
export const validateText = (result: ValidateResult, layout: Layout): string => {
  const { paint, width } = layout
  const { architecture, queries, writes, indexes, findings, rows, calibration } = result
  const isFaulty = ({ id }: ValidatedQuery): boolean =>
    findings.some(({ rule, severity }) => rule === id && severity === 'error')
  const over = queries.filter(
    (q) =>
      isFaulty(q) ||
      q.unsolved.length > 0 ||
      [...q.calls, ...q.projected].some((call) => call.broken !== null),
  )
  const overWrites = writes.filter(
    (w) => w.unsolved.length > 0 || w.calls.some((call) => call.broken !== null),
  )
  const loaded = Object.values(rows).reduce((sum, n) => sum + n, 0)
  const asked = [
    ...(queries.length === 0
      ? []
      : [`${queriesText(queries.length)}${loaded === 0 ? '' : ` on ${loaded.toLocaleString('en')} rows`}`]),
    ...(writes.length === 0 ? [] : [`${counted(writes.length, 'write')} on filled tables`]),
  ]
  const head = `${architecture}: ${asked.join(', ')}; the calibration query takes ${milliseconds(calibration)}`
  const what = [...(queries.length === 0 ? [] : ['query']), ...(writes.length === 0 ? [] : ['write'])].join(
    ' and every ',
  )
  const [failed, all] = [over.length + overWrites.length, queries.length + writes.length]
  const verdict =
    failed === 0
      ? paint.good(`Every ${what} stays within its budget.`)
      : paint.bad(
          `${failed} of ${all} do not stay within their budget, could not be run, or are told as an error.`,
        )
  return [
    [paint.strong(wrap(head, width, 0)), ...queries.flatMap((query) => queryLines(query, layout))].join('\n'),
    ...(writes.length === 0
      ? []
      : [[paint.strong('Writes'), ...writes.flatMap((write) => writeLines(write, layout))].join('\n')]),
    ...(indexes.length === 0
      ? []
      : [[paint.strong('Indexes'), ...indexes.map((cost) => indexLine(cost, layout))].join('\n')]),
    ...(findings.length === 0 ? [] : [findingsText(findings, layout).join('\n')]),
    verdict,
  ].join('\n\n')
}
