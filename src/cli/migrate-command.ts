/** assay migrate up, down, plan, status, baseline and resolve. */
import { nextOf, parseAllowed, type ClosedGate } from '../migrate/run/gate.ts'
import type { PlannedRun } from '../migrate/run/migrate.ts'
import type { Resolution } from '../migrate/run/resolutions.ts'
import {
  baselineDatabase,
  migrateDatabase,
  planDatabase,
  resolveInDatabase,
  statusOfDatabase,
  type MigrateSettings,
  type ProjectStatus,
} from '../project/migrate-database.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { dryRunSql, gateFinding, planText, runText, statusText } from '../report/migrate-run.ts'
import { printable } from '../report/printable.ts'
import type { Answer, ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import { placed, type RunPlace } from './placed.ts'
import type { CommonOptions } from './run-command.ts'
import { version } from './version.ts'

export interface MigrateOptions extends CommonOptions {
  readonly architecture?: string
  readonly allow?: string
  readonly wait?: number
  readonly lockTimeout?: number
  readonly lockRetries?: number
  readonly steps?: number
  readonly to?: string
  readonly dryRun?: boolean
  readonly as?: Resolution
}

const settingsOf = (directory: string, options: MigrateOptions, output: Output): MigrateSettings => {
  const { url, architecture, allow, wait, lockTimeout, lockRetries, steps, to } = options
  return {
    directory,
    assay: version(),
    ...(url === undefined ? {} : { url }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(allow === undefined ? {} : { allow: [allow] }),
    ...(wait === undefined ? {} : { wait }),
    ...(lockTimeout === undefined ? {} : { lockTimeout }),
    ...(lockRetries === undefined ? {} : { lockRetries }),
    ...(steps === undefined ? {} : { steps }),
    ...(to === undefined ? {} : { to }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  }
}

interface Told {
  readonly code: ExitCode
  readonly summary: unknown
  readonly findings?: readonly EnvelopeFinding[]
  readonly next?: readonly string[]
  readonly text: string
}

const answer = (command: string, { json }: MigrateOptions, told: Told): Answer => {
  const { code, summary, findings = [], next = [], text } = told
  if (json !== true) return { code, text }
  return {
    code,
    text: envelopeText({
      ok: code === 0,
      command: `migrate ${command}`,
      summary,
      findings,
      next,
      artifacts: [],
    }),
  }
}

/** With commands as they are to be typed where this one was. */
const placedGate =
  (place: RunPlace) =>
  (gate: ClosedGate): ClosedGate => ({
    ...gate,
    mend: placed(place)(gate.mend),
    ...(gate.next === undefined ? {} : { next: gate.next.map(placed(place)) }),
  })

const planSummary = ({ plan }: PlannedRun) =>
  plan.map(({ migration, direction, because, stages }) => ({
    name: migration.name,
    kind: migration.kind,
    direction,
    because,
    stages: stages.map(({ begin, steps }) => ({
      transaction: begin !== null,
      statements: steps.map(({ text }) => text),
    })),
  }))

const planned = async (
  command: string,
  direction: 'up' | 'down',
  settings: MigrateSettings,
  options: MigrateOptions,
  { layout }: Output,
): Promise<Answer> => {
  const allowed = parseAllowed(settings.allow ?? [])
  const found = await planDatabase(settings, direction)
  const run = { ...found, gates: found.gates.map(placedGate(options)) }
  const closed = run.gates.filter(({ gate }) => !allowed.includes(gate))
  return answer(command, options, {
    code: command === 'plan' && run.plan.length > 0 && closed.length > 0 ? 4 : 0,
    summary: { plan: planSummary(run) },
    findings: run.gates.map((gate) => gateFinding(gate, allowed)),
    next:
      closed.length > 0
        ? nextOf(closed)
        : run.plan.length > 0
          ? [placed(options)(`assay migrate ${direction} --url …`)]
          : [],
    text: options.dryRun === true ? dryRunSql(run) : planText(run, allowed, layout),
  })
}

const ranNow = async (
  direction: 'up' | 'down',
  settings: MigrateSettings,
  options: MigrateOptions,
  { layout }: Output,
): Promise<Answer> => {
  const allowed = parseAllowed(settings.allow ?? [])
  const run = await migrateDatabase(settings, direction)
  return answer(direction, options, {
    code: 0,
    summary: { ran: run.ran, plan: planSummary(run) },
    findings: run.gates
      .filter(({ gate }) => allowed.includes(gate))
      .map((gate) => gateFinding(placedGate(options)(gate), allowed)),
    text: runText(run, allowed, layout),
  })
}

/** Of a migration that is a phase of a change of shape. */
const phaseOf = (name: string, { phaseOfMigration }: ProjectStatus) => {
  const phase = phaseOfMigration.get(name)
  return phase === undefined ? {} : { phase }
}

const statusNow = async (
  settings: MigrateSettings,
  options: MigrateOptions,
  { layout }: Output,
): Promise<Answer> => {
  const found = await statusOfDatabase(settings)
  const status = { ...found, closed: found.closed.map(placedGate(options)) }
  const next = status.isCurrent ? [] : [placed(options)('assay migrate plan --url …')]
  return answer('status', options, {
    code: status.isCurrent ? 0 : 1,
    summary: status.migrations.map((one) => ({ ...one, ...phaseOf(one.name, status) })),
    findings: status.closed.map((gate) => gateFinding(gate)),
    next: [...nextOf(status.closed), ...next],
    text: statusText(status, layout),
  })
}

const baselineNow = async (
  settings: MigrateSettings,
  options: MigrateOptions,
  { layout }: Output,
): Promise<Answer> => {
  const names = await baselineDatabase({ ...settings, to: options.to ?? '' })
  const said =
    names.length === 0 ? 'They were recorded already.' : `Recorded as applied, and not run: ${names.length}.`
  return answer('baseline', options, {
    code: 0,
    summary: { recorded: names },
    next: [placed(options)('assay migrate status --url …')],
    text: [`${layout.paint.good('✓')} ${said}`, ...names.map((name) => `  ${printable(name)}`)].join('\n'),
  })
}

/** By the name of the subcommand. */
export const migrateCommand = (
  name: string,
  directory: string,
  given: MigrateOptions,
  output: Output,
): Promise<Answer> => {
  const options = { ...given, directory }
  const settings = settingsOf(directory, options, output)
  if (name === 'status') return statusNow(settings, options, output)
  if (name === 'baseline') return baselineNow(settings, options, output)
  if (name === 'plan') return planned(name, 'up', settings, options, output)
  const direction = name === 'down' ? 'down' : 'up'
  return options.dryRun === true
    ? planned(direction, direction, settings, options, output)
    : ranNow(direction, settings, options, output)
}

export const resolveCommand = async (
  name: string,
  directory: string,
  given: MigrateOptions,
  output: Output,
): Promise<Answer> => {
  const options = { ...given, directory }
  const as = options.as ?? 'applied'
  await resolveInDatabase(settingsOf(directory, options, output), name, as)
  return answer('resolve', options, {
    code: 0,
    summary: { name, as },
    next: [placed(options)('assay migrate status --url …')],
    text: `${output.layout.paint.good('✓')} ${printable(name)} is recorded as ${as}.`,
  })
}
