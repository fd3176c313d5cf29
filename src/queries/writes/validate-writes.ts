/**
 * The declared writes, measured for real: on filled tables with every constraint live, with the rows and the writers at
 * once that they declare, each run taken back. One call alone is held against its budget.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { WriteRule } from '../../architecture/kinds/write.ts'
import { millisecondsOf } from '../../architecture/query-budget.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { PgError, type PgFault } from '../../postgres/fault.ts'
import type { Server } from '../../postgres/server.ts'
import { isAskedFor } from '../../prove/asked.ts'
import type { Binding, BoundRule } from '../../prove/bind.ts'
import { workIn, type CallWork } from '../../prove/call-work.ts'
import { openFilledClones, type FilledClones } from '../../prove/filled-clones.ts'
import { differenceFrom } from '../../prove/judge.ts'
import type { ExperimentResult, Finding, Observation, RuleResult } from '../../prove/result.ts'
import { isFault, runCall } from '../../prove/run-call.ts'
import type { TestedRule } from '../../prove/write-tests.ts'
import type { Call, Experiment } from '../../rules/experiment.ts'
import { callsToMeasure, fewestMeasured, mostMeasured } from '../../rules/write.ts'
import type { MeasuredWrite, ValidatedWrite } from '../result.ts'
import { validatedRule } from '../validated-rule.ts'
import { measureCall } from './measure-call.ts'
import { fewerRows, writeFindings } from './write-findings.ts'

export interface WritesWish {
  readonly architecture: Architecture
  readonly server: Server
  readonly template: string
  readonly catalog: Catalog
  readonly binding: Binding
  readonly only: readonly string[]
  /** How many rows to fill tables with at least, by relation id; null: what the calls need. */
  readonly sizes: ReadonlyMap<string, number> | null
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

export interface ValidatedWrites {
  readonly writes: readonly ValidatedWrite[]
  readonly rules: readonly RuleResult[]
  readonly findings: readonly Finding[]
  /** Milliseconds of the calibration query, one for each call. */
  readonly calibrations: readonly number[]
}

type BoundWrite = BoundRule & { readonly rule: WriteRule }
type LoadedWrite = TestedRule & { readonly rule: WriteRule }

const isWrite = (bound: BoundRule): bound is BoundWrite => bound.rule.kind === 'write'

/** Tables of tenants are filled with as few as this, so that one tenant has rows enough. */
const fewTenants = 10

/** With as many rows as are wished, where the call itself asks for no more. */
const widened = (call: Call, sizes: ReadonlyMap<string, number>): Call => {
  const filled = new Map(call.filled)
  for (const [id, rows] of sizes) {
    const own = filled.get(id) ?? { rows: null, distinct: {} }
    if (own.rows === null || own.rows > fewTenants)
      filled.set(id, { ...own, rows: Math.max(own.rows ?? 0, rows) })
  }
  return { ...call, filled }
}

const experimentsOf = async (bound: BoundWrite, wish: WritesWish, limit: number): Promise<LoadedWrite> => {
  if (bound.missing !== null) return { ...bound, experiments: [], unsolved: [] }
  const { architecture, catalog, sizes } = wish
  const written = await callsToMeasure(bound.rule, { architecture, catalog }, limit)
  return {
    ...bound,
    ...written,
    experiments: written.experiments.map((experiment) =>
      experiment.call && sizes !== null
        ? { ...experiment, call: widened(experiment.call, sizes) }
        : experiment,
    ),
  }
}

const sumOf = (work: CallWork | null, key: 'read' | 'written' | 'indexEntries'): number =>
  work?.tables.reduce((sum, table) => sum + table[key], 0) ?? 0

type Callable = Experiment & { readonly call: Call }

const isCallable = (experiment: Experiment): experiment is Callable => experiment.call !== undefined

interface Measured {
  readonly told: MeasuredWrite
  readonly result: ExperimentResult
}

/** A run that PostgreSQL does not even let begin. */
const refusal = (cause: unknown): PgFault => {
  if (cause instanceof PgError) return cause.fault
  throw cause
}

const unrun = { median: 0, p95: 0, ratio: 0, runs: 0, calibration: 0, refused: {} }

/** `database`: a clone of the filled one; it is worth nothing afterwards. */
const measureOne = async (
  server: Server,
  database: string,
  experiment: Callable,
): Promise<Measured & { readonly calibration: number }> => {
  const { call, title } = experiment
  const open = () => server.connect(database, 'prover')
  const counter = await open()
  let observed: Observation
  try {
    await counter.query(
      `set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`,
    )
    observed = await runCall({ db: counter, owner: server.owner, ddl: [], call })
  } finally {
    await counter.end()
  }
  const work = observed.fault ? null : workIn(observed.rows)
  const difference = differenceFrom(experiment, observed)
  const times = observed.fault ? unrun : await measureCall(open, call).catch(refusal)
  const { calibration, ...measured } = isFault(times) ? unrun : times
  const broken = isFault(times) ? `it could not be run: ${times.message}` : difference
  return {
    calibration,
    result: { experiment, observed, holds: broken === null, difference: broken },
    told: {
      title,
      writers: call.writers,
      ...measured,
      ratio: calibration === 0 ? 0 : measured.median / calibration,
      statements: work?.statements.reduce((sum, { times: sent }) => sum + sent, 0) ?? 0,
      buffers: work?.buffers ?? 0,
      rowsRead: sumOf(work, 'read'),
      rowsWritten: sumOf(work, 'written'),
      indexEntries: sumOf(work, 'indexEntries'),
      wal: work?.wal ?? null,
      triggerCalls: work?.triggerCalls ?? null,
      broken,
    },
  }
}

const filledFor = (experiments: readonly Experiment[]): ValidatedWrite['filled'] => {
  const [first] = experiments.filter(isCallable)
  return Object.fromEntries(
    [...(first?.call.filled ?? [])].flatMap(([id, { rows }]) => (rows === null ? [] : [[id, rows]])),
  )
}

interface Filled {
  readonly loaded: LoadedWrite
  /** Why fewer rows are given to writers at once than are declared. */
  readonly fewer: readonly Finding[]
}

const fill = async (clones: FilledClones, bound: BoundWrite, wish: WritesWish): Promise<Filled> => {
  const { rule } = bound
  const volumes = wish.architecture.volumes ?? {}
  const fillFor = async (limit: number): Promise<LoadedWrite> => {
    const [filled] = await clones.fill([await experimentsOf(bound, wish, limit)], volumes)
    return { ...filled!, rule }
  }
  try {
    return { loaded: await fillFor(mostMeasured), fewer: [] }
  } catch (cause) {
    if (!(cause instanceof PgError) || wish.sizes !== null) throw cause
    const fewer = fewerRows(rule, cause.fault)
    const loaded = await fillFor(fewestMeasured(rule)).catch((again: unknown): LoadedWrite => {
      if (!(again instanceof PgError)) throw again
      const summary = `its tables could not be filled: ${again.message}`
      return { ...bound, experiments: [], unsolved: [{ rule: rule.id, summary, tried: 'rows by COPY' }] }
    })
    return { loaded, fewer: [fewer] }
  }
}

/** Leaves nothing behind. */
export const validateWrites = async (wish: WritesWish): Promise<ValidatedWrites> => {
  const { server, template, catalog, binding, only, onProgress } = wish
  const asked = binding.rules.filter(isWrite).filter(({ rule }) => isAskedFor(rule.id, rule.table, only))
  const writes: ValidatedWrite[] = []
  const rules: RuleResult[] = []
  const findings: Finding[] = []
  const calibrations: number[] = []
  const clones = openFilledClones(server, template)
  clones.use(catalog)
  try {
    for (const [done, bound] of asked.entries()) {
      const { sentence, id, rows, concurrency, budget } = bound.rule
      onProgress?.(`filling tables for "${sentence}"`, done, asked.length)
      const { loaded, fewer } = await fill(clones, bound, wish)
      const { experiments, unsolved } = loaded
      const calls: MeasuredWrite[] = []
      const results: ExperimentResult[] = []
      for (const experiment of unsolved.length > 0 ? [] : experiments.filter(isCallable)) {
        onProgress?.(`measuring "${sentence}"`, done, asked.length)
        const database = await server.clone(clones.of(experiment.call)!.database, 'measured')
        try {
          const { told, result, calibration } = await measureOne(server, database, experiment)
          calls.push(told)
          results.push(result)
          if (calibration > 0) calibrations.push(calibration)
        } finally {
          await server.dropDatabase(database)
        }
      }
      const target = budget.p95 === undefined ? null : millisecondsOf(budget.p95)
      const missing = bound.missing === null ? [] : [bound.missing]
      const validated: ValidatedWrite = {
        id,
        sentence,
        rows,
        concurrency,
        filled: filledFor(experiments),
        target,
        calls,
        unsolved: [...missing, ...unsolved.map(({ summary }) => summary)],
      }
      writes.push(validated)
      const times = calls.map(({ title, ...call }) => ({ ...call, call: title, target }))
      rules.push(validatedRule(loaded, results, { times }))
      findings.push(...writeFindings(bound.rule, validated), ...fewer)
    }
  } finally {
    await clones.close()
  }
  return { writes, rules, findings, calibrations }
}
