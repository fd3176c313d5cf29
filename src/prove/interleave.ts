/**
 * Two sessions that write at once and commit, in a forced order, on a disposable clone. What decides when the next
 * step goes out is PostgreSQL's own lock table, never a clock: a step that waits for the other session lets it go on.
 *
 *   step sent → answered            → next step
 *             → blocked by the other → next step; this session's later steps queue up behind it
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { PgFault } from '../postgres/fault.ts'
import { literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { Experiment } from '../rules/experiment.ts'
import type { Observation } from './result.ts'

/** What became of one step. */
interface StepOutcome {
  readonly session: 1 | 2
  readonly sql: string
  /** Whether it was seen to wait for a lock of the other session. */
  readonly waited: boolean
  /** Why PostgreSQL refused it (a rule that held, a deadlock, a serialization failure); null when it ran. */
  readonly fault: PgFault | null
}

export interface InterleavingObservation extends Observation {
  /** In the order in which the steps ended: one that another let go on behind it, whichever answer came first. */
  readonly steps: readonly StepOutcome[]
}

/** How often the lock table is asked; paces the questions, decides nothing. */
const pollMilliseconds = 2

interface Step {
  readonly sql: string
  /** False for the rollback that only cleans up. */
  readonly isOwn: boolean
}

/** One of the two sessions with the steps that it still has to run. */
interface Lane {
  readonly number: 1 | 2
  readonly session: Session
  readonly waiting: Step[]
  /** The step under way: null between steps. */
  running: { waited: boolean; readonly answer: Promise<void> } | null
  /**
   * What came of a step that the other session's step under way has let go on, and of those behind it: PostgreSQL lets go
   * before it answers.
   */
  released: StepOutcome[]
}

const isBlockedBy = async (watcher: Session, lane: Lane, other: Lane): Promise<boolean> => {
  const [answer] = await watcher.query(
    `select ${other.session.pid} = any (pg_catalog.pg_blocking_pids(${lane.session.pid}))`,
  )
  return answer?.rows[0]?.[0] === 't'
}

/** Sends the lane's next steps one after the other, until none is left or one is under way. */
const advance = (lane: Lane, other: Lane, log: StepOutcome[]): void => {
  const step = lane.waiting.shift()
  if (step === undefined) return
  const { sql, isOwn } = step
  const running = {
    waited: false,
    answer: lane.session.batch([sql]).then(([reply]) => {
      const outcome = { session: lane.number, sql, waited: running.waited, fault: reply!.fault }
      const isLetGo = running.waited && other.running?.waited === false
      if (isOwn) (isLetGo || lane.released.length > 0 ? lane.released : log).push(outcome)
      log.push(...other.released.splice(0))
      lane.running = null
      advance(lane, other, log)
    }),
  }
  // A lost connection is told by whoever waits in settle(); it must not also end the process.
  running.answer.catch(() => undefined)
  lane.running = running
}

/** Comes back when each lane is either idle or blocked by the other: then nothing moves until another step goes out. */
const settle = async (lanes: readonly [Lane, Lane], watcher: Session): Promise<void> => {
  const [first, second] = lanes
  const isAtRest = async (lane: Lane, other: Lane): Promise<boolean> => {
    const { running } = lane
    if (running === null) return true
    if (!(await isBlockedBy(watcher, lane, other)) || lane.running !== running) return false
    running.waited = true
    return true
  }
  for (;;) {
    const moving = [first, second].filter((lane) => lane.running !== null)
    if (moving.length === 0) return
    const rest = [await isAtRest(first, second), await isAtRest(second, first)]
    // Both blocked by each other is a deadlock: PostgreSQL ends it, and only then is anything at rest.
    const isDeadlock = moving.length === 2 && rest.every(Boolean)
    if (rest.every(Boolean) && !isDeadlock) return
    await Promise.race([...moving.map((lane) => lane.running?.answer), pause(pollMilliseconds)])
  }
}

const failed = (fault: PgFault, stage: Observation['stage']): InterleavingObservation => ({
  fault,
  stage,
  affected: 0,
  rows: [],
  steps: [],
})

/** Commits what both sessions stand on; answers why not. */
const prepare = async (session: Session, statements: readonly string[]): Promise<PgFault | null> => {
  if (statements.length === 0) return null
  const [reply] = await session.batch([['begin', ...statements, 'commit'].join(';\n')])
  return reply!.fault
}

/** A step that neither ends nor waits for the other session is given up after this long (57014, inconclusive). */
const statementTimeout = '30s'

const runSteps = async (
  sessions: readonly [Session, Session],
  watcher: Session,
  experiment: Experiment,
): Promise<InterleavingObservation> => {
  const { steps, violations } = experiment.interleaving!
  const lanes: readonly [Lane, Lane] = [
    { number: 1, session: sessions[0], waiting: [], running: null, released: [] },
    { number: 2, session: sessions[1], waiting: [], running: null, released: [] },
  ]
  const log: StepOutcome[] = []
  for (const { session, sql } of steps) {
    const lane = lanes[session - 1]!
    lane.waiting.push({ sql, isOwn: true })
    if (lane.running === null) advance(lane, lanes[2 - session]!, log)
    await settle(lanes, watcher)
  }
  // A transaction that the steps left open would let the other session wait for ever.
  for (const lane of lanes) {
    lane.waiting.push({ sql: 'rollback', isOwn: false })
    if (lane.running === null) advance(lane, lanes[2 - lane.number]!, log)
    await settle(lanes, watcher)
  }
  const [reply] = await watcher.batch([violations])
  const last = reply!.commands.at(-1)
  const rows = last?.rows ?? []
  const hung = log.find((step) => step.fault?.sqlstate === '57014')
  return {
    fault: reply!.fault ?? hung?.fault ?? null,
    stage: 'when',
    affected: rows.length,
    rows,
    steps: log,
  }
}

/**
 * Runs an experiment's interleaving. `open` opens a prover session on a clone that nobody else uses: everything is
 * committed there. Refusals of steps are no fault; the observation's rows are the violations found at the end.
 */
export const runInterleaving = async (
  open: () => Promise<Session>,
  experiment: Experiment,
): Promise<InterleavingObservation> => {
  const sessions: Session[] = []
  const opened = async (): Promise<Session> => {
    const session = await open()
    sessions.push(session)
    await session.query(
      `set statement_timeout = ${literal(statementTimeout)}; set client_min_messages = error`,
    )
    return session
  }
  try {
    const watcher = await opened()
    for (const [stage, statements] of [
      ['world', experiment.world.statements],
      ['given', experiment.given],
    ] as const) {
      const fault = await prepare(watcher, statements)
      if (fault) return failed(fault, stage)
    }
    return await runSteps([await opened(), await opened()], watcher, experiment)
  } finally {
    await Promise.all(sessions.map((s) => s.end()))
  }
}
