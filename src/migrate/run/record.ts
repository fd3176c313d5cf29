/** Writes into the journal what a person knows and no run has seen: a baseline, and how an unfinished migration is resolved. */
import { hostname } from 'node:os'
import { AssayError } from '../../ground/errors.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { historyFingerprint } from '../files/history-fingerprint.ts'
import type { Direction, Migration } from '../files/migration.ts'
import { scriptOf } from '../files/migration.ts'
import { stepsOf } from '../files/steps.ts'
import { madeByRepeatables, passOf } from '../files/tested.ts'
import { refuseClosed, type ClosedGate, type GateName } from './gate.ts'
import { digestOfSteps, openJournal, readJournal, rowOf } from './journal.ts'
import { isAbsent, isApplied, type JournalRow } from './journal-row.ts'
import { acceptHashSql, beginSql, doneSql, stepAgainSql, stepsDoneSql } from './journal-sql.ts'
import type { Repository } from './migrate.ts'
import { refuseOtherHistory } from './other-history.ts'
import { readStanding } from './read-standing.ts'
import { findMigration } from './plan-run.ts'
import type { Resolution } from './resolutions.ts'
import { takeRunnerLock } from './runner-lock.ts'
import type { MigrationSession } from './session.ts'

interface RecordWish {
  readonly allowed: readonly GateName[]
  readonly waitSeconds: number
  readonly assay: string
}

/** As if all of it had run in this direction. */
const writeWhole = async (
  db: Session,
  migration: Pick<Migration, 'name' | 'kind'> & {
    readonly hash: string
    readonly steps: number
    readonly doneHash: string
  },
  direction: Direction,
  { assay }: RecordWish,
  allowed: readonly string[],
): Promise<void> => {
  const { name, kind, hash, steps, doneHash } = migration
  const begin = beginSql({
    name,
    kind,
    direction,
    hash,
    steps,
    stepsDone: steps,
    doneHash,
    runFrom: hostname(),
    assay,
    allowed,
  })
  await db.query(`begin;\n${begin};\n${doneSql(name, direction)};\ncommit`)
}

const wholeOf = (migration: Migration, direction: Direction) => {
  const script = scriptOf(migration, direction)
  const steps = script === null ? [] : stepsOf(script)
  return {
    name: migration.name,
    kind: migration.kind,
    hash: script?.hash ?? '',
    steps: steps.length,
    doneHash: digestOfSteps(steps),
  }
}

const baselineGates = async (
  { db, major }: MigrationSession,
  { tested, leftAlone }: Repository,
  last: Migration,
): Promise<readonly ClosedGate[]> => {
  const pass = passOf(tested.passes, last, major)
  const found = historyFingerprint(
    await readStanding(db, { retries: 8 }),
    leftAlone,
    madeByRepeatables(tested.passes),
  )
  if (pass === null)
    return [
      {
        gate: 'untested',
        code: 'migrate.untested',
        migrations: [last.name],
        summary: `It is not recorded what ${last.name} leaves.`,
        found: `no pass of \`assay migrate test\` on PostgreSQL ${major}`,
        why: 'so it cannot be told whether this database is the one that a baseline says it is',
        mend: 'Test the migrations, and commit what that records:\nassay migrate test --all',
        next: ['assay migrate test --all'],
      },
    ]
  if (pass.after === found) return []
  return [
    {
      gate: 'drift',
      code: 'migrate.drift',
      migrations: [last.name],
      summary: `This database is not the one that ${last.name} leaves.`,
      found: `its schema has the fingerprint ${found}, and the test ended at ${pass.after}`,
      why: 'what is recorded as done would be missing, or other, in this database',
      mend: 'See what differs, and take it in or out:\nassay drift --url …',
      next: ['assay drift --url …'],
    },
  ]
}

/** Records migrations up to and with one as applied, without running them. Answers the names that were written. */
export const recordBaseline = async (
  session: MigrationSession,
  repository: Repository,
  to: string,
  wish: RecordWish,
): Promise<readonly string[]> => {
  await loadParser()
  const versioned = repository.migrations.filter(({ kind }) => kind !== 'repeatable')
  const last = findMigration(versioned, to)
  await takeRunnerLock(session.db, wish.waitSeconds)
  const closed = await baselineGates(session, repository, last)
  refuseClosed(closed, wish.allowed)
  const rows = await openJournal(session.db)
  const names: string[] = []
  for (const migration of versioned.slice(0, versioned.indexOf(last) + 1)) {
    if (isApplied(rowOf(rows, migration.name))) continue
    const allowed = [...new Set(closed.map(({ gate }) => gate))]
    await writeWhole(session.db, wholeOf(migration, 'up'), 'up', wish, ['baseline', ...allowed])
    names.push(migration.name)
  }
  return names
}

const seeStatus = 'assay migrate status --url …'
const see = `See how it stands:\n${seeStatus}`

const noSense = (name: string, as: Resolution, found: string, mend: string): AssayError =>
  new AssayError(`${name} cannot be resolved as ${as}.`, {
    code: 'migrate.resolve',
    exit: 2,
    asked: `assay migrate resolve ${name} --as ${as}`,
    found,
    mend,
    next: [seeStatus],
  })

/** One alone would say of all before it that they have yet to run. */
const noJournal = (name: string, as: Resolution): AssayError => {
  const baseline = `${shellCommand('assay', 'migrate', 'baseline', '--to', name)} --url …`
  return new AssayError(`${name} cannot be resolved as ${as}: this database has no journal.`, {
    code: 'migrate.resolve',
    exit: 2,
    asked: `assay migrate resolve ${name} --as ${as}`,
    found: 'no migration that Assay ran or knows of',
    why: 'migrations that stand before it would run, though what they make may be there',
    mend: `Where it and all before it stand, say so of all of them:\n${baseline}`,
    next: as === 'applied' ? [baseline] : [],
  })
}

const resolveStep = async (
  db: Session,
  migration: Migration,
  row: JournalRow | undefined,
  as: Resolution,
): Promise<void> => {
  const script = row === undefined ? null : scriptOf(migration, row.direction)
  const steps = script === null ? [] : stepsOf(script)
  const index = steps.findIndex(({ number }) => number === row?.stepBegun)
  if (index < 0)
    throw noSense(migration.name, as, 'no statement of which it is not known whether it is done', see)
  const done = index + 1
  await db.query(
    as === 'step-done'
      ? stepsDoneSql(migration.name, done, digestOfSteps(steps.slice(0, done)))
      : stepAgainSql(migration.name),
  )
}

/** Says how a migration stands, when the journal cannot know. Throws AssayError for what makes no sense. */
export const resolveMigration = async (
  session: MigrationSession,
  { migrations }: Pick<Repository, 'migrations'>,
  name: string,
  as: Resolution,
  wish: RecordWish,
): Promise<void> => {
  const { db } = session
  await loadParser()
  await takeRunnerLock(db, wish.waitSeconds)
  if (((await readJournal(db)) ?? []).length === 0) {
    await refuseOtherHistory(db, migrations)
    throw noJournal(findMigration(migrations, name).name, as)
  }
  const rows = await openJournal(db)
  const row = rowOf(rows, name)
  // Of one whose file is gone the journal alone knows.
  const migration =
    migrations.some((one) => one.name === name) || row === undefined ? findMigration(migrations, name) : null
  const kept =
    row === undefined
      ? null
      : { name, kind: row.kind, hash: row.hash, steps: row.steps, doneHash: row.doneHash }
  if (as === 'reverted') {
    if (isAbsent(row)) throw noSense(name, as, 'nothing of it stands in the journal', see)
    const whole = migration === null ? kept : wholeOf(migration, 'down')
    if (whole !== null) await writeWhole(db, whole, 'down', wish, ['resolved'])
    return
  }
  if (migration === null)
    throw noSense(name, as, 'its file is not there', 'Bring the file back, or resolve it as reverted.')
  if (as === 'applied') {
    if (isApplied(row)) throw noSense(name, as, 'it is applied', see)
    await writeWhole(db, wholeOf(migration, 'up'), 'up', wish, ['resolved'])
  } else if (as === 'edited') {
    if (!isApplied(row)) throw noSense(name, as, 'it is not applied', see)
    await db.query(acceptHashSql(name, migration.up.hash))
  } else await resolveStep(db, migration, row, as)
}
