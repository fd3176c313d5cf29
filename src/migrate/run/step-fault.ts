/** What PostgreSQL refused of a migration, told in its file, with what stands now and how to go on. */
import { AssayError } from '../../ground/errors.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import { offsetOfPosition, placeInFile } from '../../ground/source-place.ts'
import type { ConnectionLost, PgFault } from '../../postgres/fault.ts'
import { ident } from '../../postgres/quote.ts'
import { isUnknownName, repeatableOrder } from '../files/repeatable-order.ts'
import type { Direction, Migration, MigrationScript } from '../files/migration.ts'
import type { MigrationStep } from '../files/steps.ts'
import { idleMinutes } from './session.ts'

export interface StepPlace {
  readonly migration: Migration
  readonly direction: Direction
  readonly script: MigrationScript
  readonly step: MigrationStep
  /** How many steps the script has, and how many are committed. */
  readonly of: number
  readonly done: number
  /** How far the other direction had come before this one began; null: it was whole, or nothing of it stood. */
  readonly other: { readonly done: number; readonly of: number } | null
  readonly user: string
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 100)

const retryable = new Set(['55P03', '40P01', '40001'])

/** A lock that did not come, two that waited for each other, a serialization failure: it may go well a moment later. */
export const isRetryable = (fault: PgFault): boolean => retryable.has(fault.sqlstate)

/** The script looked, and says with RAISE what it waits for: nothing in it is to be corrected. */
const isSaidByItself = ({ routine, hint }: PgFault): boolean => routine === 'exec_stmt_raise' && hint !== null

/** For what the time has to bring (55000): asked again, it says the same. */
const waits = (fault: PgFault): boolean => isSaidByItself(fault) && fault.sqlstate === '55000'

/** The first that fits. */
const mends: readonly (readonly [
  (fault: PgFault, migration: Migration) => boolean,
  (fault: PgFault, user: string) => string,
])[] = [
  [(fault) => waits(fault), ({ hint }) => hint ?? ''],
  [isSaidByItself, ({ hint }) => `${hint ?? ''}\nThe same command goes on from there.`],
  [
    (f) => f.sqlstate === '53100',
    () => 'The disk of the server is full: free some space, then run the same command again.',
  ],
  [
    (f) => f.sqlstate === '42501',
    (f, user) =>
      `Migrations run as ${user}: give it the right that is missing, or own the object:\n` +
      (/^permission denied for schema (?<schema>.+)$/u.test(f.message)
        ? `grant usage, create on schema ${f.message.slice('permission denied for schema '.length)} to ${ident(user)};`
        : `reassign it: alter … owner to ${ident(user)};`),
  ],
  [
    (f) => f.sqlstate === '25001' || f.sqlstate === '2D000',
    () => 'It cannot run inside a transaction: write `-- assay: transaction none` at the head of the file.',
  ],
  [
    (f) => f.sqlstate === '2BP01',
    () =>
      'Drop what stands on it by name before it; CASCADE takes along what nobody reads here. What a repeatable file makes may be dropped: the file runs again behind this migration.',
  ],
  [(f, { kind }) => kind === 'repeatable' && isUnknownName(f), () => repeatableOrder],
  [
    (f, { kind }) => kind === 'repeatable' && (f.sqlstate === '42P16' || f.sqlstate === '42P13'),
    () =>
      'CREATE OR REPLACE cannot change that of what an older text of this file made. Drop it first, in the same file (drop view if exists …; drop function if exists …), without CASCADE.',
  ],
  [
    (f) => f.sqlstate === '55P04',
    () =>
      'A label that ALTER TYPE … ADD VALUE adds can be used after its transaction: write commit; begin; between the two.',
  ],
  [
    (f) => f.sqlstate === '57014',
    () => 'Somebody cancelled it, or a statement_timeout of the script did: run the same command again.',
  ],
]

const again = ({ direction }: StepPlace): string => `assay migrate ${direction} --url …`

const are = (done: number): string => (done === 1 ? 'is' : 'are')

const stands = ({ done, of, other, migration, direction }: StepPlace): string =>
  done === 0
    ? other === null
      ? 'nothing of it stands: what it did was rolled back'
      : `${other.done} of the ${other.of} statements of its way ${direction === 'up' ? 'back' : 'up'} ${are(other.done)} committed and this way has done nothing, so it stands half way; \`assay migrate ${direction === 'up' ? 'down' : 'up'}\` goes on there`
    : `${done} of its ${of} statements ${are(done)} committed; the next run goes on behind them, \`assay migrate ${direction === 'up' ? 'down' : 'up'} --to …\` goes the other way (${migration.name})`

/** Statement by position, or its first word. */
const placeOf = ({ script, step }: StepPlace, fault: PgFault) =>
  placeInFile(
    script.file,
    script.text,
    step.start + (fault.position === null ? 0 : offsetOfPosition(step.text, fault.position)),
  )

export const stepFault = (fault: PgFault, place: StepPlace): AssayError => {
  const { migration, step, of, user } = place
  const known = mends.find(([fits]) => fits(fault, migration))?.[1](fault, user)
  const test = shellCommand('assay', 'migrate', 'test', migration.name)
  const mend =
    known ??
    `Correct the statement (what is committed stays as it is), test it, then run the same command again:\n${test}`
  const hint = fault.hint === null || isSaidByItself(fault) ? '' : `\nPostgreSQL hints: ${fault.hint}`
  const context = fault.context === null ? '' : `\nin ${fault.context.split('\n')[0] ?? ''}`
  return new AssayError(`PostgreSQL refused statement ${step.number} of ${migration.name}.`, {
    code: 'migrate.statement',
    exit: 1,
    asked: firstLine(step.text),
    found: `${fault.message} (SQLSTATE ${fault.sqlstate})${context}${hint}`,
    why: stands({ ...place, of }),
    mend,
    next: waits(fault)
      ? ['assay migrate status --url …']
      : known === undefined
        ? [test, again(place)]
        : [again(place)],
    where: placeOf(place, fault),
  })
}

const whileHolding =
  'it held locks while it waited for this one, so that it gives up before PostgreSQL may end a writer to break a deadlock (deadlock_timeout)'

/** `holders`: sessions that had what it waited for, in words. `isHolding`: it had locks itself. */
export const lockFault = (
  place: StepPlace,
  tries: number,
  holders: readonly string[],
  isHolding: boolean,
): AssayError => {
  const { migration, step } = place
  return new AssayError(`Statement ${step.number} of ${migration.name} did not get its lock.`, {
    code: 'migrate.lock',
    exit: 3,
    asked: firstLine(step.text),
    found: `${tries} ${tries === 1 ? 'try' : 'tries'}, each ended by lock_timeout${holders.length === 0 ? '' : `; in the way:\n${holders.join('\n')}`}`,
    why: `${isHolding ? whileHolding : 'whoever waits longer makes every later query on the table wait too'}; ${stands(place)}`,
    mend: isHolding
      ? "Lock one table a migration, or one a transaction (commit; begin; between them). To wait longer all the same, say so in the file: set lock_timeout = '3s';"
      : `Run it again when the sessions in the way have ended, or wait longer or oftener:\n${again(place)} --lock-timeout 10 --lock-retries 20`,
    next: [again(place)],
    where: placeInFile(place.script.file, place.script.text, step.start),
  })
}

/** `why`: what a second connection saw. `pid`: of the session that the server may still hold. */
export const lostFault = (
  cause: ConnectionLost,
  place: StepPlace,
  why: string | null,
  pid: number,
): AssayError => {
  const { migration, step } = place
  const held =
    why === null
      ? ''
      : `\nThe server may hold the old session, and its locks, for up to ${idleMinutes} minutes; the next run waits for it. To end it at once: select pg_terminate_backend(${pid});`
  return new AssayError(`The connection was lost in statement ${step.number} of ${migration.name}.`, {
    code: 'migrate.connection-lost',
    exit: 3,
    asked: firstLine(step.text),
    found: why ?? cause.message,
    why: 'the journal in the database knows what was committed',
    mend: `${/No space left on device|Disk quota exceeded/u.test(cause.message) ? 'The disk of the server is full: free some space first.\n' : ''}Run the same command again, it goes on from there: ${again(place)}${held}`,
    next: [again(place)],
    where: placeInFile(place.script.file, place.script.text, step.start),
    cause,
  })
}
