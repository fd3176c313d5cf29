/** assay migrate backfill. */
import { AssayError } from '../ground/errors.ts'
import { durationText } from '../migrate/backfill/remaining-time.ts'
import type { BackfillProgress } from '../migrate/backfill/run-backfill.ts'
import { literal } from '../postgres/quote.ts'
import type { Finding } from '../prove/result.ts'
import {
  backfillDatabase,
  knownBackfills,
  pauseBackfill,
  planBackfill,
  sameBackfill,
  type BackfillSettings,
} from '../project/backfill-database.ts'
import { backfillPausedText, backfillPlanText, backfillsText, backfillText } from '../report/backfill.ts'
import { envelopeText } from '../report/envelope.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { typed } from './placed.ts'
import type { CommonOptions } from './run-command.ts'

export interface BackfillOptions extends CommonOptions {
  readonly sql?: string
  readonly name?: string
  readonly key?: string
  readonly again?: boolean
  readonly maxLag: string
  readonly maxActive?: string
  readonly dryRun?: boolean
  readonly pause?: boolean
  readonly status?: boolean
}

const command = 'migrate backfill'
const example = 'assay migrate backfill fill_slug.sql --url postgres://owner:password@host:5432/shop'

const usage = (summary: string, code: string, mend: string): AssayError =>
  new AssayError(summary, { code, exit: 2, found: `assay ${command}`, mend })

const urlOf = ({ url }: BackfillOptions): string => {
  if (url !== undefined) return url
  throw usage(
    'It is not said in which database.',
    'usage.no-url',
    `Name it, DATABASE_URL is never read: ${example}`,
  )
}

const numberOf = (option: string, text: string): number => {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0 && text.trim() !== '') return value
  throw usage(`${option} is no number.`, 'usage.number', `Write it so: ${option} 10`)
}

const sourceOf = (file: string | undefined, { sql }: BackfillOptions): BackfillSettings['source'] => {
  if (file !== undefined && sql === undefined) return { file }
  if (file === undefined && sql !== undefined) return { sql }
  throw usage(
    file === undefined ? 'No statement is named.' : 'Two statements are named.',
    'usage.no-statement',
    `Name a file with one UPDATE, DELETE or INSERT … SELECT, or give it with --sql: ${example}`,
  )
}

const settingsOf = (
  file: string | undefined,
  options: BackfillOptions,
  onProgress: Output['onProgress'],
): BackfillSettings => ({
  url: urlOf(options),
  source: sourceOf(file, options),
  again: options.again ?? false,
  limits: {
    lagSeconds: numberOf('--max-lag', options.maxLag),
    active: options.maxActive === undefined ? null : numberOf('--max-active', options.maxActive),
  },
  ...(options.name === undefined ? {} : { name: options.name }),
  ...(options.key === undefined ? {} : { key: options.key.split(',').map((part) => part.trim()) }),
  ...(onProgress ? { onProgress: (progress) => onProgress(...progressWords(progress)) } : {}),
})

const progressWords = ({
  walked,
  total,
  remainingSeconds,
  waitsFor,
}: BackfillProgress): [string, number, number] => {
  const left = remainingSeconds === null ? '' : `${durationText(remainingSeconds)} left`
  return [waitsFor === null ? left : `waits: ${waitsFor}`, walked, Math.max(total ?? 0, walked)]
}

const deadFinding = (name: string, dead: number): Finding => ({
  code: 'backfill.dead-rows',
  severity: 'error',
  summary: `${dead} row${dead === 1 ? '' : 's'} of ${name} could not be changed`,
  why: 'PostgreSQL refuses the change of each by itself; the reasons stand beside their keys',
  fix: `Look at them: select * from assay.backfill_dead_rows where backfill = ${literal(name)}; mend the rows or the statement, and run it with --again.`,
})

const runAnswer = async (
  settings: BackfillSettings,
  { json }: BackfillOptions,
  { layout }: Output,
): Promise<Answer> => {
  const run = await backfillDatabase(settings)
  const ok = run.state === 'complete' && run.dead === 0
  const findings = run.dead > 0 ? [deadFinding(run.name, run.dead)] : []
  return {
    code: ok ? 0 : 1,
    text: json
      ? envelopeText({
          ok,
          command,
          summary: run,
          findings,
          next: run.state === 'paused' ? [typed(sameBackfill(settings))] : [],
          artifacts: [],
        })
      : backfillText(run, layout),
  }
}

const envelope = (summary: unknown, next: readonly string[] = []): string =>
  envelopeText({ ok: true, command, summary, findings: [], next, artifacts: [] })

export const backfillCommand = async (
  file: string | undefined,
  options: BackfillOptions,
  output: Output,
): Promise<Answer> => {
  const { json = false } = options
  if (options.status) {
    const backfills = await knownBackfills(urlOf(options))
    return { code: 0, text: json ? envelope({ backfills }) : backfillsText(backfills, output.layout) }
  }
  if (options.pause) {
    const paused = await pauseBackfill(urlOf(options), options.name ?? null)
    return { code: 0, text: json ? envelope(paused) : backfillPausedText(paused) }
  }
  const settings = settingsOf(file, options, output.onProgress)
  if (!options.dryRun) return runAnswer(settings, options, output)
  const plan = await planBackfill(settings)
  return {
    code: 0,
    text: json
      ? envelope({ ...plan, dryRun: true }, [typed(sameBackfill(settings))])
      : backfillPlanText(plan, output.layout),
  }
}
