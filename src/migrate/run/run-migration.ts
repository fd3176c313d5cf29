/**
 * Runs one direction of one migration, from where the journal says that it stands. Killed at any moment it leaves a
 * journal from which the next run goes on.
 *
 *   absent ──begin──▶ running ──each stage──▶ running ──last──▶ done
 *                        │ refused                 ▲
 *                        ▼                         │ run again: behind what is committed
 *                      failed ─────────────────────┘
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { AssayError } from '../../ground/errors.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import { ConnectionLost } from '../../postgres/fault.ts'
import type { Direction, Migration, MigrationScript } from '../files/migration.ts'
import { scriptOf } from '../files/migration.ts'
import { isSessionSetting } from '../files/session-settings.ts'
import { stagesOf, stepsOf, type MigrationStep, type Stage } from '../files/steps.ts'
import { digestOfSteps, type JournalWriter } from './journal.ts'
import type { JournalRow } from './journal-row.ts'
import { beginSql, doneSql, failedSql, stepAgainSql, stepsDoneSql } from './journal-sql.ts'
import { backoffMs, lookAfterMs } from './patience.ts'
import { runAlone, settleStep } from './run-alone.ts'
import { runTogether, type StageRefusal } from './run-together.ts'
import { resetSession, type MigrationSession } from './session.ts'
import { isRetryable, lockFault, lostFault, stepFault, type StepPlace } from './step-fault.ts'
import { watchBlockers } from './watch-blockers.ts'

export interface MigrationRun {
  readonly session: MigrationSession
  readonly migration: Migration
  readonly direction: Direction
  /** As it stands in the journal. */
  readonly row: JournalRow | undefined
  readonly writer: JournalWriter
  /** Names of gates that were overridden. */
  readonly allowed: readonly string[]
  /** How often a stage is tried again that did not get its lock. */
  readonly retries: number
  readonly onStage?: (stage: Stage, of: number) => void
  readonly onRetry?: (stage: Stage, attempt: number, waitMs: number) => void
  /** Told again and again while a statement waits for others, who are named in words. */
  readonly onHeld?: (stage: Stage, of: number, holders: readonly string[]) => void
}

const changedBehind = ({ name }: Migration, script: MigrationScript, done: number): AssayError =>
  new AssayError(`${name} was changed where it has run already.`, {
    code: 'migrate.changed-half-way',
    exit: 4,
    asked: `to go on behind the ${done} statements that are committed`,
    found: `other statements at the beginning of ${script.file}`,
    why: 'what is committed is not what the file says now; only what comes behind it may be changed',
    mend: `Put the first ${done} statements back as they were, and change those behind them; or say that all of it is done, or none:\n${shellCommand('assay', 'migrate', 'resolve', name, '--as', 'applied')} --url …\n${shellCommand('assay', 'migrate', 'resolve', name, '--as', 'reverted')} --url …`,
  })

/** A step that began outside of a transaction, in a run that died: what became of it is written down. */
const settleBegun = async (
  { session: { db }, migration }: MigrationRun,
  row: JournalRow,
  steps: readonly MigrationStep[],
): Promise<number> => {
  if (row.stepBegun === null) return row.stepsDone
  const step = steps.find(({ number }) => number === row.stepBegun)
  if (step === undefined) return row.stepsDone
  const outcome = await settleStep(db, migration.name, step, row.stepNote ?? {})
  if (outcome.is === 'again') {
    await db.query(stepAgainSql(migration.name))
    return row.stepsDone
  }
  const done = steps.indexOf(step) + 1
  await db.query(stepsDoneSql(migration.name, done, digestOfSteps(steps.slice(0, done))))
  return done
}

/** What the committed steps have set for their session is set in this one too. */
const restoreSettings = async (
  { session: { db }, migration }: MigrationRun,
  done: readonly MigrationStep[],
): Promise<void> => {
  const replies = await db.batch(done.filter(isSessionSetting).map(({ text }) => text))
  const fault = replies.find((reply) => reply.fault !== null)?.fault
  if (fault)
    throw new AssayError(`A setting that ${migration.name} made before it was interrupted is refused now.`, {
      code: 'migrate.setting',
      exit: 1,
      asked: 'the settings of its committed statements, for those that follow',
      found: `${fault.message} (SQLSTATE ${fault.sqlstate})`,
      mend: 'Give back what the setting names (a role, a right), then run the same command again.',
    })
}

/** How many steps of the script are committed, once nothing is in doubt. */
const standing = async (run: MigrationRun, script: MigrationScript, row: JournalRow): Promise<number> => {
  const steps = stepsOf(script)
  const before = steps.slice(0, row.stepsDone)
  if (row.stepsDone > steps.length || digestOfSteps(before) !== row.doneHash)
    throw changedBehind(run.migration, script, row.stepsDone)
  await restoreSettings(run, before)
  return settleBegun(run, row, steps)
}

/** Where this run begins: behind what an earlier one of the same direction has committed, or at the first step. */
const resumeAt = async (run: MigrationRun, script: MigrationScript): Promise<number | 'nothing'> => {
  const { row, migration, direction } = run
  if (row === undefined || row.state === 'done') return 0
  if (row.direction === direction) return standing(run, script, row)
  // The other direction stopped half way: what of it is in doubt is settled first, as far as its script is the same.
  const other = scriptOf(migration, row.direction)
  const done = other === null ? row.stepsDone : await standing(run, other, row)
  if (done > 0) return 0
  // The other direction has done nothing after all: it stands as far as it stood before.
  if (row.prior === null) return row.direction === 'up' ? 'nothing' : 0
  return row.prior.state === 'done'
    ? 'nothing'
    : standing(run, script, { ...row, ...row.prior, direction, stepBegun: null })
}

const setsLockTimeout = (steps: readonly MigrationStep[]): boolean =>
  steps.some(({ text }) => /\block_timeout\b/iu.test(text))

interface Running {
  readonly run: MigrationRun
  readonly script: MigrationScript
  readonly steps: readonly MigrationStep[]
  readonly stages: number
  done: number
}

const otherWay = ({ row, direction }: MigrationRun): StepPlace['other'] =>
  row === undefined || row.state === 'done' || row.direction === direction || row.stepsDone === 0
    ? null
    : { done: row.stepsDone, of: row.steps }

const placeOf = ({ run, script, steps, done }: Running, step: MigrationStep): StepPlace => ({
  migration: run.migration,
  direction: run.direction,
  script,
  step,
  of: steps.length,
  done,
  other: otherWay(run),
  user: run.session.db.address.user,
})

/**
 * Below deadlock_timeout, after which PostgreSQL may end a writer's transaction: whoever holds locks while it waits for
 * another gives way first. What is seen to hold none may wait as long as it was told.
 */
const holdingTimeoutMs = 500

/** Settings of a session end with it: a migration that is refused behind nothing else has left nothing. */
const isNothingYet = (steps: readonly MigrationStep[]): boolean => steps.every(isSessionSetting)

const tryStage = async (
  running: Running,
  stage: Stage,
  isLast: boolean,
  isBare: boolean,
): Promise<StageRefusal | null> => {
  const { run, steps } = running
  const { db } = run.session
  const {
    migration: { name },
    direction,
  } = run
  const last = stage.steps.at(-1)
  if (last === undefined) return null
  const done = steps.indexOf(last) + 1
  const before = steps.slice(0, done)
  const written =
    !isLast && isNothingYet(before)
      ? 'select'
      : stepsDoneSql(name, done, digestOfSteps(before)) + (isLast ? `;\n${doneSql(name, direction)}` : '')
  if (stage.begin !== null) {
    const { lockTimeoutMs } = run.session
    const isOwn = isBare || lockTimeoutMs <= holdingTimeoutMs || setsLockTimeout(before)
    return runTogether(db, stage.begin, isOwn ? null : holdingTimeoutMs, stage.steps, written)
  }
  const fault = await runAlone(db, name, last, setsLockTimeout(before))
  if (fault !== null) return { fault, step: last }
  await db.query(`begin;\n${written};\ncommit`)
  return null
}

const runStage = async (running: Running, stage: Stage, isLast: boolean): Promise<void> => {
  const { run } = running
  const { db } = run.session
  let holders: readonly string[] = []
  let isHolding: boolean | null = null
  const attempt = (): Promise<StageRefusal | null> => tryStage(running, stage, isLast, isHolding === false)
  for (let tries = 1; ; tries += 1) {
    const afterMs = lookAfterMs(tries, run.retries)
    const onHeld = (held: readonly string[]): void => run.onHeld?.(stage, running.stages, held)
    const watched = await watchBlockers(db, attempt, { afterMs, onHeld })
    const refusal = watched.result
    ;({ holders, isHolding } = watched)
    if (refusal === null) return
    const { fault, step } = refusal
    if (!isRetryable(fault) || tries > run.retries) {
      await db.query(failedSql(run.migration.name, `${fault.message} (SQLSTATE ${fault.sqlstate})`))
      throw fault.sqlstate === '55P03'
        ? lockFault(placeOf(running, step), tries, holders, isHolding === true)
        : stepFault(fault, placeOf(running, step))
    }
    const waitMs = backoffMs(tries)
    run.onRetry?.(stage, tries, waitMs)
    await sleep(waitMs)
  }
}

/** What of a stage is to run still. */
const remaining = (
  stages: readonly Stage[],
  steps: readonly MigrationStep[],
  done: number,
): readonly Stage[] => {
  const committed = new Set(steps.slice(0, done).map(({ number }) => number))
  return stages.flatMap((stage): readonly Stage[] => {
    const left = stage.steps.filter(({ number }) => !committed.has(number))
    return left.length === 0 ? [] : [{ ...stage, steps: left }]
  })
}

/**
 * Throws AssayError: a statement that PostgreSQL refuses, a lock that does not come, a connection that is lost, a step
 * of which nobody knows whether it is done. Call `loadParser` before.
 */
export const runMigration = async (run: MigrationRun): Promise<void> => {
  const { session, migration, direction, row, writer, allowed } = run
  const { db } = session
  const script = scriptOf(migration, direction)
  if (script === null) throw new Error(`${migration.name} has no ${direction}`)
  const stages = stagesOf(script)
  const steps = stages.flatMap((stage) => stage.steps)
  // What was overridden in an earlier try stays written.
  const goesOn = row !== undefined && row.state !== 'done' && row.direction === direction
  const running: Running = { run, script, steps, stages: stages.length, done: 0 }
  let at: MigrationStep | undefined = steps[0]
  try {
    await resetSession(session, `assay migrate ${direction} ${migration.name}`)
    const from = await resumeAt(run, script)
    running.done = from === 'nothing' ? steps.length : from
    await db.query(
      beginSql({
        name: migration.name,
        kind: migration.kind,
        direction,
        hash: script.hash,
        steps: steps.length,
        stepsDone: running.done,
        doneHash: digestOfSteps(steps.slice(0, running.done)),
        runFrom: writer.runFrom,
        assay: writer.assay,
        allowed: goesOn ? [...new Set([...row.allowed, ...allowed])].toSorted() : allowed,
      }),
    )
    const open = remaining(stages, steps, running.done)
    if (open.length === 0) await db.query(`begin;\n${doneSql(migration.name, direction)};\ncommit`)
    for (const [index, stage] of open.entries()) {
      at = stage.steps[0]
      run.onStage?.(stage, stages.length)
      await runStage(running, stage, index === open.length - 1)
      const last = stage.steps.at(-1)
      const done = last === undefined ? running.done : steps.indexOf(last) + 1
      running.done = isNothingYet(steps.slice(0, done)) ? running.done : done
    }
    await resetSession(session)
  } catch (cause) {
    if (cause instanceof ConnectionLost && at !== undefined)
      throw lostFault(cause, placeOf(running, at), session.watch?.why() ?? null, db.pid)
    throw cause
  }
}
