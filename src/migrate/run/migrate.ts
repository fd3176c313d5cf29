/** A run of the runner: takes the lock, reads the journal, asks the gates, then runs one migration after the other. */
import { hostname } from 'node:os'
import type { Catalog } from '../../catalog/structure.ts'
import { AssayError } from '../../ground/errors.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Ledger } from '../../prove/ledger/page.ts'
import type { Direction, Migration } from '../files/migration.ts'
import { historyFingerprint, structuresOfHistory } from '../files/history-fingerprint.ts'
import { scriptOf } from '../files/migration.ts'
import { stagesOf, type Stage } from '../files/steps.ts'
import { madeByRepeatables, passOf, type TestedFile } from '../files/tested.ts'
import { checkHistory } from './check-history.ts'
import { evidenceGates, expectedAfter, type Evidence } from './evidence-gates.ts'
import { overriddenFor, refuseClosed, type ClosedGate, type GateName } from './gate.ts'
import { openJournal, readJournal, rowOf } from './journal.ts'
import type { JournalRow } from './journal-row.ts'
import { isApplied } from './journal-row.ts'
import { refuseOtherHistory } from './other-history.ts'
import { readStanding, type Patience } from './read-standing.ts'
import { planDown, planUp, type PlannedMigration, type RunGoal } from './plan-run.ts'
import { runMigration } from './run-migration.ts'
import { goneBetween, watchRepeatables } from './repeatables.ts'
import { keepRunnerLock, takeRunnerLock } from './runner-lock.ts'
import type { MigrationSession } from './session.ts'

/** What the repository says. */
export interface Repository {
  readonly migrations: readonly Migration[]
  readonly tested: TestedFile
  readonly ledger: Ledger
  /** What the architecture leaves to others. */
  readonly leftAlone: readonly string[]
  /** What stands only while a change of shape lasts. Absent: nothing. */
  readonly temporary?: readonly string[]
}

export interface RunWish extends RunGoal {
  readonly direction: Direction
  readonly allowed: readonly GateName[]
  /** How long another runner is waited for. */
  readonly waitSeconds: number
  /** How often a stage is tried again that did not get its lock. */
  readonly retries: number
  /** Version of Assay, for the journal. */
  readonly assay: string
  readonly onProgress?: (what: string, done: number, of: number) => void
}

export interface PlannedRun {
  readonly plan: readonly (PlannedMigration & { readonly stages: readonly Stage[] })[]
  readonly gates: readonly ClosedGate[]
}

export interface RunResult extends PlannedRun {
  /** Names of those that ran, in their order. */
  readonly ran: readonly string[]
}

const readEvidence = async (
  { db, major }: MigrationSession,
  { tested, ledger, leftAlone, temporary = [] }: Repository,
  isWhole: boolean,
  patience: Patience,
): Promise<Evidence> => ({
  tested,
  ledger,
  major,
  isWhole,
  temporary,
  fingerprint: historyFingerprint(
    await readStanding(db, patience),
    leftAlone,
    madeByRepeatables(tested.passes),
  ),
})

const unexpected = (name: string, expected: string, found: string): AssayError =>
  new AssayError(`${name} ran, and left another schema than in its test.`, {
    code: 'migrate.unexpected-result',
    exit: 1,
    asked: `the fingerprint ${expected}`,
    found,
    why: 'a statement did something else here (an IF EXISTS, a function that stands otherwise), or somebody changed the schema meanwhile; what would follow was tested on the other one',
    mend: 'See what differs, and take it in or out:\nassay drift --url …\nThen go on with:\nassay migrate up --url … --allow drift',
    next: ['assay drift --url …'],
  })

const withStages = (one: PlannedMigration): PlannedRun['plan'][number] => {
  const script = scriptOf(one.migration, one.direction)
  return { ...one, stages: script === null ? [] : stagesOf(script) }
}

/** Plans what would run, from the journal as it stands. Nothing is written. */
const planOf = async (
  session: MigrationSession,
  repository: Repository,
  wish: RunWish,
  rows: readonly JournalRow[],
): Promise<PlannedRun & { readonly evidence: Evidence }> => {
  const { migrations } = repository
  const plan = wish.direction === 'up' ? planUp(migrations, rows, wish) : planDown(migrations, rows, wish)
  const isWhole = migrations.every(
    ({ name, kind }) =>
      kind === 'repeatable' ||
      isApplied(rowOf(rows, name)) ||
      plan.some((one) => one.migration.name === name && one.direction === 'up'),
  )
  const evidence = await readEvidence(session, repository, isWhole, wish)
  const history = wish.direction === 'up' ? checkHistory(migrations, rows) : []
  return {
    evidence,
    gates: [...history, ...evidenceGates(plan, evidence)],
    plan: plan.map(withStages),
  }
}

/** What a run would do, and what the gates say. Writes nothing, takes no lock. */
export const planRun = async (
  session: MigrationSession,
  repository: Repository,
  wish: RunWish,
): Promise<PlannedRun> => {
  await loadParser()
  const rows = await readJournal(session.db, 'read')
  if (rows === null) await refuseOtherHistory(session.db, repository.migrations)
  const { plan, gates } = await planOf(session, repository, wish, rows ?? [])
  return { plan, gates }
}

const runOne = async (
  session: MigrationSession,
  planned: PlannedMigration,
  row: JournalRow | undefined,
  wish: RunWish,
  allowed: readonly GateName[],
  done: number,
  of: number,
): Promise<void> => {
  const { migration, direction } = planned
  const label = `${direction === 'up' ? 'running' : 'taking back'} ${migration.name}`
  await runMigration({
    session,
    migration,
    direction,
    row,
    writer: { runFrom: hostname(), assay: wish.assay },
    allowed,
    retries: wish.retries,
    onStage: (stage, stages) => wish.onProgress?.(`${label}, stage ${stage.number} of ${stages}`, done, of),
    onHeld: (stage, stages, [holder = '']) =>
      wish.onProgress?.(`${label}, stage ${stage.number} of ${stages}, waits for ${holder}`, done, of),
    onRetry: (_stage, attempt, waitMs) =>
      wish.onProgress?.(`${label}: no lock, try ${attempt + 1} in ${waitMs / 1000} s`, done, of),
  })
  await keepRunnerLock(session.db, migration.name)
}

const takenAlong = (migration: Migration): PlannedMigration => ({
  migration,
  direction: 'up',
  because: 'taken-along',
})

/** A repeatable file may drop what it made itself; what migrations made it may not take along, where that is known. */
const refuseTakenAway = async (
  { db, major }: MigrationSession,
  { migrations, tested, leftAlone }: Repository,
  before: Catalog,
  fingerprint: string,
  patience: Patience,
): Promise<void> => {
  const last = migrations.findLast(({ kind }) => kind !== 'repeatable')
  const expected = last === undefined ? null : (passOf(tested.passes, last, major)?.after ?? null)
  if (expected !== fingerprint) return
  const own = madeByRepeatables(tested.passes)
  const kept = structuresOfHistory(before, leftAlone)
  const gone = goneBetween(before, await readStanding(db, patience)).filter(
    (id) => kept.has(id) && !own.has(id),
  )
  if (gone.length === 0) return
  throw new AssayError('A repeatable file took away what migrations made.', {
    code: 'migrate.unexpected-result',
    exit: 1,
    asked: `what ${last?.name ?? ''} leaves, and what repeatable files make beside it`,
    found: `gone are ${gone.join(', ')}`,
    why: 'a DROP … CASCADE of the file took it along, and no migration makes it again',
    mend: 'Make it again, with what this writes, and let the file do without CASCADE (create or replace; drop what it made by name):\nassay drift --url …',
    next: ['assay drift --url …'],
  })
}

/**
 * Runs what is pending, or takes back. Throws AssayError or AssayErrors: closed gates (4), another runner (4), a
 * statement that is refused (1), a connection that is lost (3). What is committed is in the journal, whatever happens.
 */
export const runMigrations = async (
  session: MigrationSession,
  repository: Repository,
  wish: RunWish,
): Promise<RunResult> => {
  const { db } = session
  await loadParser()
  await takeRunnerLock(db, wish.waitSeconds, (holder) =>
    wish.onProgress?.(`waiting for another runner: ${holder}`, 0, 1),
  )
  const before = await readJournal(db)
  if (before === null) await refuseOtherHistory(db, repository.migrations)
  const { plan, gates, evidence } = await planOf(session, repository, wish, before ?? [])
  if (plan.length > 0) refuseClosed(gates, wish.allowed)
  else
    refuseClosed(
      gates.filter(({ gate }) => gate === 'edited' || gate === 'missing'),
      wish.allowed,
    )
  const ran: string[] = []
  if (plan.length === 0) return { plan, gates, ran }
  const rows = await openJournal(db)
  const repeatables = watchRepeatables(db, repository.migrations, rows)
  const fingerprintOf = (catalog: Catalog): string =>
    historyFingerprint(catalog, repository.leftAlone, madeByRepeatables(repository.tested.passes))
  const runPlanned = async (planned: PlannedMigration, of: number): Promise<void> => {
    const { name } = planned.migration
    const allowed = overriddenFor(gates, wish.allowed, name)
    await runOne(session, planned, rowOf(rows, name), wish, allowed, ran.length, of)
    ran.push(name)
  }
  let standing: Catalog | null = null
  let beforeRepeatables: Catalog | null = null
  for (const planned of plan) {
    const { name, kind } = planned.migration
    const isRepeatable = kind === 'repeatable'
    const isWatched = planned.direction === 'up' && (isRepeatable || !repeatables.isEmpty())
    const before: Catalog | null = isWatched ? (standing ?? (await readStanding(db, wish))) : null
    if (isRepeatable) beforeRepeatables ??= before
    if (isWatched) await repeatables.mark(name)
    await runPlanned(planned, plan.length)
    const expected = isRepeatable || wish.allowed.includes('drift') ? null : expectedAfter(planned, evidence)
    standing = isWatched || expected !== null ? await readStanding(db, wish) : null
    if (standing === null) continue
    if (before !== null) await repeatables.settle(planned.migration, goneBetween(before, standing))
    const found = expected === null ? null : fingerprintOf(standing)
    if (expected !== null && found !== null && found !== expected) throw unexpected(name, expected, found)
  }
  const again = (evidence.isWhole ? repeatables.again() : []).map(takenAlong)
  for (const planned of again) await runPlanned(planned, plan.length + again.length)
  if (beforeRepeatables !== null && !wish.allowed.includes('drift'))
    await refuseTakenAway(session, repository, beforeRepeatables, fingerprintOf(beforeRepeatables), wish)
  return { plan: [...plan, ...again.map(withStages)], gates, ran }
}
