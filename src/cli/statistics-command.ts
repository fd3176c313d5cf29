/** assay statistics export, assay statistics plan. */
import { AssayError } from '../ground/errors.ts'
import { exportStatistics } from '../project/export-statistics.ts'
import { projectPlan, type PlanValue } from '../project/project-plan.ts'
import { envelopeText } from '../report/envelope.ts'
import { printable } from '../report/printable.ts'
import { projectedPlanText } from '../report/projected-plan.ts'
import { sweepChart } from '../report/sweep-chart.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { readyFile, writeReport } from './report-place.ts'
import type { CommonOptions } from './run-command.ts'

export interface ExportStatisticsOptions extends CommonOptions {
  readonly public?: readonly string[]
}

export interface PlanOptions extends CommonOptions {
  readonly sql?: string
  readonly value?: readonly string[]
  readonly from?: string
  readonly rows?: readonly string[]
  readonly sweep?: string
  readonly chart?: string
  readonly architecture?: string
}

const usage = (summary: string, code: string, found: string, mend: string): AssayError =>
  new AssayError(summary, { code, exit: 2, found, mend })

export const exportStatisticsCommand = async (
  { url, json, public: publicColumns = [] }: ExportStatisticsOptions,
  output: Output,
): Promise<Answer> => {
  if (url === undefined)
    throw usage(
      'It is not said of which database.',
      'usage.no-url',
      'no --url; DATABASE_URL is never read',
      'Name it: assay statistics export --url postgres://reader:password@host:5432/database',
    )
  const statistics = await exportStatistics({ url, publicColumns })
  output.settle()
  if (!json) {
    const { gaps } = statistics
    // The result is a file; what it lacks is told beside it.
    if (gaps.length > 0)
      output.fault(
        [
          gaps.length === 1
            ? 'One thing that the planner there knows is not in it:'
            : `${gaps.length} things that the planner there knows are not in it:`,
          ...gaps.slice(0, 10).map(({ of, why }) => `  ${printable(of)}: ${printable(why)}`),
          ...(gaps.length > 10 ? [`  and ${gaps.length - 10} more: they stand in the file, under gaps`] : []),
        ].join('\n'),
      )
    return { code: 0, text: `${JSON.stringify(statistics)}\n` }
  }
  const findings = statistics.gaps.map(({ code, of, why }) => ({
    code,
    severity: 'warning' as const,
    structure: of,
    summary: `Of ${of} not all is there.`,
    why,
    fix: 'Plans that depend on it are estimated by a guess.',
  }))
  const next = ["npx assay statistics plan --sql 'select …' --from statistics.json"]
  return {
    code: 0,
    text: envelopeText({
      ok: true,
      command: 'statistics export',
      summary: statistics,
      findings,
      next,
      artifacts: [],
    }),
  }
}

/** `7`, `@orders.status:#1`, `@orders.ordered_at:0.95`, `@@home`. */
export const parseValue = (text: string): PlanValue => {
  if (!text.startsWith('@')) return text
  if (text.startsWith('@@')) return text.slice(1)
  if (text === '@null') return null
  const place = /^@(?<of>.+):(?:#(?<common>[1-9]\d*)|(?<below>0(?:\.\d+)?|1(?:\.0+)?|\.\d+))$/u.exec(
    text,
  )?.groups
  if (!place)
    throw usage(
      `--value ${text} names no place.`,
      'usage.value',
      text,
      'Write @orders.ordered_at:0.95 (95 % of the rows are below), @orders.status:#1 (the commonest), @null, or @@ for a text that begins with @.',
    )
  const { of = '', common, below } = place
  return { of, at: common === undefined ? { below: Number(below) } : { common: Number(common) } }
}

/** `orders=1e9`; an id may have any sign but the last `=`. */
export const parseRows = (texts: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    texts.map((text) => {
      const at = text.lastIndexOf('=')
      const size = text.slice(at + 1)
      if (at > 0 && /^\d[\d_]*(?:\.\d+)?(?:e\d+)?$/iu.test(size))
        return [text.slice(0, at), Number(size.replaceAll('_', ''))]
      throw usage(
        `--rows ${text} is no size of a table.`,
        'usage.rows',
        text,
        'Write it so: --rows orders=1e9',
      )
    }),
  )

export const planCommand = async (
  directory: string,
  options: PlanOptions,
  output: Output,
): Promise<Answer> => {
  const { sql, value = [], from, rows = [], sweep, chart, architecture, json = false } = options
  if (sql === undefined)
    throw usage(
      'No statement is given.',
      'usage.no-statement',
      'no --sql',
      "Give one: assay statistics plan --sql 'select * from orders where id = 7' --rows orders=1e9",
    )
  if (chart !== undefined && sweep === undefined)
    throw usage(
      'There is nothing to draw.',
      'usage.no-sweep',
      '--chart without --sweep',
      'Name the table whose size changes: --sweep orders --chart plan.svg',
    )
  if (chart !== undefined) await readyFile('--chart', chart)
  const outcome = await projectPlan({
    directory,
    statement: sql,
    values: value.map(parseValue),
    sizes: parseRows(rows),
    ...(from === undefined ? {} : { statisticsFile: from }),
    ...(sweep === undefined ? {} : { sweep }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  const artifacts =
    chart === undefined || outcome.sweep === null
      ? []
      : [await writeReport('--chart', chart, sweepChart(outcome.sweep, { title: sql, rows: sweep ?? '' }))]
  if (!json) return { code: 0, text: projectedPlanText(outcome, output.layout) }
  const { findings, ...summary } = outcome
  return {
    code: 0,
    text: envelopeText({ ok: true, command: 'statistics plan', summary, findings, next: [], artifacts }),
  }
}
