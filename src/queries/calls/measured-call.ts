/**
 * Declared calls on filled clones: what one call did, counted and held against its budget, and its times, warm. Each is
 * measured on a clone of its own, so that none meets what another left.
 */
import { PgError, type PgFault } from '../../postgres/fault.ts'
import type { Server } from '../../postgres/server.ts'
import { workIn, type CallWork } from '../../prove/call-work.ts'
import { differenceFrom } from '../../prove/judge.ts'
import type { ExperimentResult, Observation } from '../../prove/result.ts'
import { isFault, runCall } from '../../prove/run-call.ts'
import type { Call, Experiment } from '../../rules/experiment.ts'
import { measureCall, type CallTimes } from './measure-call.ts'

export type Callable = Experiment & { readonly call: Call }

export const isCallable = (experiment: Experiment): experiment is Callable => experiment.call !== undefined

/** Tables of tenants are filled with as few as this, so that one tenant has rows enough. */
const fewTenants = 10

const widened = (call: Call, sizes: ReadonlyMap<string, number>): Call => {
  const filled = new Map(call.filled)
  for (const [id, rows] of sizes) {
    const own = filled.get(id) ?? { rows: null, distinct: {} }
    if (own.rows === null || own.rows > fewTenants)
      filled.set(id, { ...own, rows: Math.max(own.rows ?? 0, rows) })
  }
  return { ...call, filled }
}

/** With at least as many rows as are wished, by relation id; null: what the calls need. */
export const widenAll = (
  experiments: readonly Experiment[],
  sizes: ReadonlyMap<string, number> | null,
): readonly Experiment[] =>
  sizes === null
    ? experiments
    : experiments.map((experiment) =>
        isCallable(experiment) ? { ...experiment, call: widened(experiment.call, sizes) } : experiment,
      )

export interface Measured {
  /** Null: it was refused. */
  readonly work: CallWork | null
  readonly result: ExperimentResult
  readonly times: CallTimes & { readonly ratio: number }
  /** Why the budget breaks, or why it could not be run; null: neither. */
  readonly broken: string | null
}

/** A run that PostgreSQL does not even let begin. */
const refusal = (cause: unknown): PgFault => {
  if (cause instanceof PgError) return cause.fault
  throw cause
}

const unrun: CallTimes = { median: 0, p95: 0, runs: 0, calibration: 0, refused: {} }

const observe = async (server: Server, database: string, call: Call): Promise<Observation> => {
  const db = await server.connect(database, 'prover')
  try {
    await db.query(`set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`)
    return await runCall({ db, owner: server.owner, ddl: [], call })
  } finally {
    await db.end()
  }
}

export interface MeasureWays {
  /** False: it is counted alone. */
  readonly isTimed: boolean
}

/** `filled`: a database that nobody is connected to; it stays as it is. */
export const measureOn = async (
  server: Server,
  filled: string,
  experiment: Callable,
  { isTimed }: MeasureWays = { isTimed: true },
): Promise<Measured> => {
  const { call } = experiment
  const database = await server.clone(filled, 'measured')
  try {
    const observed = await observe(server, database, call)
    const difference = differenceFrom(experiment, observed)
    const run =
      isTimed && !observed.fault
        ? await measureCall(() => server.connect(database, 'prover'), call).catch(refusal)
        : unrun
    const times = isFault(run) ? unrun : run
    const broken = isFault(run) ? `it could not be run: ${run.message}` : difference
    return {
      work: observed.fault ? null : workIn(observed.rows),
      result: { experiment, observed, holds: broken === null, difference: broken },
      times: { ...times, ratio: times.calibration === 0 ? 0 : times.median / times.calibration },
      broken,
    }
  } finally {
    await server.dropDatabase(database)
  }
}

export const statementsIn = (work: CallWork | null): number =>
  work?.statements.reduce((sum, { times }) => sum + times, 0) ?? 0

/** Over all tables. */
export const sumIn = (work: CallWork | null, key: 'read' | 'written' | 'indexEntries'): number =>
  work?.tables.reduce((sum, table) => sum + table[key], 0) ?? 0

/** How many rows tables were filled with, by relation id. */
export const filledFor = (experiments: readonly Experiment[]): Readonly<Record<string, number>> => {
  const [first] = experiments.filter(isCallable)
  return Object.fromEntries(
    [...(first?.call.filled ?? [])].flatMap(([id, { rows }]) => (rows === null ? [] : [[id, rows]])),
  )
}
