/**
 * Runs a migration for good on a clone that has rows, as a runner would run it, and traces every statement: the file in
 * one transaction unless it holds what cannot run in one; then each statement by itself.
 */
import type { PgFault } from '../../postgres/fault.ts'
import { PgError } from '../../postgres/fault.ts'
import { literal } from '../../postgres/quote.ts'
import type { ScriptStep } from '../../postgres/script.ts'
import type { Session } from '../../postgres/session.ts'
import { transactionNeed } from '../files/transaction-need.ts'
import type { DatabaseState, RelationState } from './database-state.ts'
import { takeDdlEvents, type DdlEvents } from './ddl-events.ts'
import { runGated } from './gated-run.ts'
import { compareModes } from './lock-modes.ts'
import { mergeLocks, newLocks, readHeldLocks, type LockTable } from './read-locks.ts'
import {
  activitySince,
  nothingDone,
  readActivity,
  readChangedState,
  readSetting,
  readWholeState,
  type Activities,
} from './read-state.ts'
import { tablesNamedBy } from './statement-facts.ts'
import type { MigrationTrace, StatementTrace } from './trace.ts'

export interface Lab {
  /** Runs the migration: the owner. */
  readonly runner: Session
  /** Looks at it from outside. */
  readonly watcher: Session
  /** A further session of the owner in the same database. */
  readonly open: () => Promise<Session>
  /** Whether event triggers tell of rewrites and drops. */
  readonly isWatched: boolean
  readonly major: number
}

export interface LintScript {
  /** Whether its statements run together where they can. */
  readonly inTransaction: boolean
  /** What runs together is rolled back, only its trace is wanted; the state that it begins with is known. */
  readonly trialOn?: DatabaseState
  /** `rest`: statements that run with it, and tell the same. */
  readonly steps: readonly (Exclude<ScriptStep, { readonly kind: 'meta' }> & { readonly rest?: string })[]
}

const none: LockTable = new Map()
const noEvents: DdlEvents = { rewrites: [], drops: [] }

const difference = (after: Activities, before: Activities): Activities =>
  new Map(
    [...after].flatMap(([oid, activity]) => {
      const done = activitySince(activity, before.get(oid) ?? nothingDone)
      return Object.values(done).some((n) => n !== 0) ? [[oid, done] as const] : []
    }),
  )

/** Where the migration stands between two statements. */
interface Standing {
  state: DatabaseState
  held: LockTable
  activity: Activities
  lockTimeout: string
  /** Ordinal of the open transaction; null: none is open. */
  transaction: number | null
  transactions: number
}

const begins = /^(?:begin|start)\b/iu
const ends = /^(?:commit|end|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b)|abort)\b/iu

/** Roles belong to the whole server, where the clone without rows has made or dropped them already. */
const aboutRoles = /^(?:create|drop)\s+(?:role|user|group)\b(?!\s+mapping)/iu
const isDoneAlready: ReadonlySet<string> = new Set(['42710', '42704'])

const runRoleStep = async ({ runner }: Lab, text: string): Promise<PgFault | null> => {
  await runner.query('savepoint assay_role')
  const [reply] = await runner.batch([text])
  const fault = reply!.fault
  await runner.query(`${fault ? 'rollback to' : 'release'} savepoint assay_role`)
  return fault !== null && isDoneAlready.has(fault.sqlstate) ? null : fault
}

const runStep = async (lab: Lab, step: LintScript['steps'][number]): Promise<PgFault | null> => {
  if (step.kind === 'statement' && aboutRoles.test(step.text)) return runRoleStep(lab, step.text)
  if (step.kind === 'statement') {
    const text = step.rest === undefined ? step.text : `${step.text};\n${step.rest}`
    return (await lab.runner.batch([text]))[0]!.fault
  }
  try {
    await lab.runner.copyIn(step.text, step.data)
    return null
  } catch (cause) {
    if (cause instanceof PgError) return cause.fault
    throw cause
  }
}

/** Privileges change without a lock that says so, and whole schemas without a lock of what is in them. */
const changesGrants = /^(?:grant|revoke)\b/iu
const changesSchemas =
  /^(?:alter\s+schema|drop\s+owned|reassign\s+owned)\b|^(?:grant|revoke)\b[^]*\bin\s+schema\b/iu

/** What may have changed: whatever is locked for more than writing, and what was not known. */
const touched = (text: string, locks: LockTable, state: DatabaseState): readonly number[] => {
  if (changesSchemas.test(text)) return [...new Set([...state.relations.keys(), ...locks.keys()])]
  const locked = [...locks].flatMap(([oid, mode]) =>
    compareModes(mode, 'ROW EXCLUSIVE') > 0 || !state.relations.has(oid) ? [oid] : [],
  )
  if (!changesGrants.test(text)) return locked
  return [...new Set([...locked, ...tablesNamedBy(text, state).map(({ oid }) => oid)])]
}

type Measured = Pick<
  StatementTrace,
  'after' | 'taken' | 'phases' | 'activity' | 'events' | 'fault' | 'transaction' | 'heldBefore'
>

/** In the transaction that is open. */
const measureInside = async (
  lab: Lab,
  standing: Standing,
  step: LintScript['steps'][number],
): Promise<Measured> => {
  const { runner, watcher } = lab
  const heldBefore = standing.held
  const fault = await runStep(lab, step)
  const base = { transaction: standing.transaction, heldBefore, phases: [], fault }
  if (fault !== null)
    return { ...base, after: standing.state, taken: none, activity: new Map(), events: noEvents }
  const held = await readHeldLocks(watcher, runner.pid)
  const taken = newLocks(heldBefore, held)
  const after = await readChangedState(runner, standing.state, touched(step.text, held, standing.state), true)
  const activity = await readActivity(runner, 'transaction')
  const done = difference(activity, standing.activity)
  const events = lab.isWatched ? await takeDdlEvents(runner) : noEvents
  standing.state = after
  standing.held = held
  standing.activity = activity
  return { ...base, after, taken, activity: done, events }
}

/** What other sessions and this one have sent to the statistics so far. */
const readCommittedActivity = async (lab: Lab): Promise<Activities> => {
  await lab.runner.query('select pg_catalog.pg_stat_force_next_flush()')
  await lab.runner.query('select 1')
  return readActivity(lab.watcher, 'everybody')
}

/** More gates are more sessions than a server has. */
const mostGates = 8

/** The tables that it names; of what works on all of them, the first. */
const gatedTables = (statement: string, state: DatabaseState): readonly RelationState[] => {
  const named = tablesNamedBy(statement, state)
  const isOfAll = /^(?:vacuum|cluster|reindex)\b/iu.test(statement)
  const all = isOfAll ? [...state.relations.values()].filter(({ kind }) => kind === 'r') : []
  return (named.length > 0 ? named : all).slice(0, mostGates)
}

/** A statement that cannot run in a transaction. */
const measureOutside = async (
  lab: Lab,
  standing: Standing,
  statement: string,
  lockTimeout: string,
): Promise<Measured> => {
  const { runner, watcher, open } = lab
  const hasStatistics = lab.major >= 15
  const before = hasStatistics ? await readCommittedActivity(lab) : new Map()
  // It would give up waiting for the gates.
  await runner.query('set lock_timeout = 0')
  const { phases, fault } = await runGated({
    statement,
    runner,
    watcher,
    open,
    tables: gatedTables(statement, standing.state),
  })
  await runner.query(`select pg_catalog.set_config('lock_timeout', ${literal(lockTimeout)}, false)`)
  const activity = hasStatistics ? difference(await readCommittedActivity(lab), before) : new Map()
  const events = lab.isWatched ? await takeDdlEvents(runner) : noEvents
  standing.state = await readWholeState(runner, false)
  const taken = phases.reduce<LockTable>(
    (all, { held, awaited }) => mergeLocks(all, mergeLocks(held, awaited)),
    none,
  )
  return {
    after: standing.state,
    taken,
    phases,
    activity,
    events,
    fault,
    transaction: null,
    heldBefore: none,
  }
}

/** What earlier transactions counted and did not send yet is counted still. */
const openTransaction = async (lab: Lab, standing: Standing): Promise<void> => {
  standing.transaction = standing.transactions
  standing.transactions += 1
  standing.held = none
  standing.activity = await readActivity(lab.runner, 'transaction')
}

const closeTransaction = (standing: Standing): void => {
  standing.transaction = null
  standing.held = none
  standing.activity = new Map()
}

const noMeasure = (standing: Standing, fault: PgFault | null): Measured => ({
  after: standing.state,
  taken: none,
  heldBefore: standing.held,
  phases: [],
  activity: new Map(),
  events: noEvents,
  fault,
  transaction: standing.transaction,
})

/** BEGIN, COMMIT and their like, written in the file. */
const control = async (lab: Lab, standing: Standing, text: string): Promise<Measured> => {
  const [reply] = await lab.runner.batch([text])
  const measured = noMeasure(standing, reply!.fault)
  if (begins.test(text) && standing.transaction === null) await openTransaction(lab, standing)
  if (ends.test(text)) {
    closeTransaction(standing)
    // Rolled back, nothing of it stands.
    if (!/^(?:commit|end)\b/iu.test(text)) standing.state = await readWholeState(lab.runner, false)
  }
  return measured
}

/** invalid_transaction_termination: a procedure or a block that commits. */
const commitsItself = '2D000'

/** A statement that its file does not put into a transaction has one of its own, which ends with it. */
const measureAlone = async (
  lab: Lab,
  standing: Standing,
  step: LintScript['steps'][number],
  lockTimeout: string,
): Promise<Measured> => {
  await lab.runner.query('begin')
  await openTransaction(lab, standing)
  const measured = await measureInside(lab, standing, step)
  const [reply] = await lab.runner.batch([measured.fault === null ? 'commit' : 'rollback'])
  closeTransaction(standing)
  if (measured.fault?.sqlstate === commitsItself) return measureOutside(lab, standing, step.text, lockTimeout)
  return { ...measured, fault: measured.fault ?? reply!.fault }
}

/** A refusal ends the trace: its statement is the last one. */
export const runMigration = async (
  lab: Lab,
  script: LintScript,
  rows: ReadonlyMap<number, number>,
): Promise<MigrationTrace> => {
  const { runner } = lab
  const before = script.trialOn ?? (await readWholeState(runner, false))
  const needs = script.steps.map((step) => (step.kind === 'copy' ? 'any' : transactionNeed(step.text)))
  const together = script.inTransaction && needs.every((need) => need === 'any')
  const standing: Standing = {
    state: before,
    held: none,
    activity: new Map(),
    lockTimeout: '',
    transaction: null,
    transactions: 0,
  }
  if (together) {
    await runner.query('begin')
    await openTransaction(lab, standing)
  }
  const statements: StatementTrace[] = []
  for (const [number, step] of script.steps.entries()) {
    const lockTimeout = await readSetting(runner, 'lock_timeout')
    const from = standing.state
    const need = needs[number]
    const measured =
      need === 'control'
        ? await control(lab, standing, step.text)
        : standing.transaction !== null
          ? await measureInside(lab, standing, step)
          : need === 'outside'
            ? await measureOutside(lab, standing, step.text, lockTimeout)
            : await measureAlone(lab, standing, step, lockTimeout)
    statements.push({ number, text: step.text, start: step.start, lockTimeout, before: from, ...measured })
    if (measured.fault !== null) break
  }
  const last = statements.at(-1)
  if (standing.transaction !== null) {
    const [reply] = await runner.batch([
      last?.fault == null && script.trialOn === undefined ? 'commit' : 'rollback',
    ])
    // Deferred constraints are looked at here.
    if (last && last.fault === null && reply!.fault !== null)
      statements[statements.length - 1] = { ...last, fault: reply!.fault }
  }
  const isRefused = statements.at(-1)?.fault != null
  const after = isRefused ? await readWholeState(runner, false) : standing.state
  // The next file starts as in a session of its own.
  await runner.query('discard all')
  return { before, after, statements, rows, isWatched: lab.isWatched, major: lab.major }
}
