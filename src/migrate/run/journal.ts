/** The journal of a database: schema `assay`, made by the first run and written with what it tells of. */
import { createHash } from 'node:crypto'
import { AssayError } from '../../ground/errors.ts'
import { PgError } from '../../postgres/fault.ts'
import { ident } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { journalSchema } from '../files/history-fingerprint.ts'
import type { MigrationStep } from '../files/steps.ts'
import { asItStands, type JournalRow } from './journal-row.ts'
import { createJournalSql, journalExistsSql, readJournalSql } from './journal-sql.ts'

/** Who runs: what the journal keeps beside what PostgreSQL knows itself. */
export interface JournalWriter {
  /** Such as the name of the machine. */
  readonly runFrom: string
  /** Version of Assay. */
  readonly assay: string
}

/** Of what is done: a script may change behind its last committed step, never before it. */
export const digestOfSteps = (steps: readonly Pick<MigrationStep, 'text' | 'copyData'>[]): string =>
  createHash('sha256')
    .update(JSON.stringify(steps.map(({ text, copyData }) => [text.replaceAll('\r\n', '\n'), copyData])))
    .digest('hex')
    .slice(0, 16)

/** `reads`: whoever only looks needs no more than that. */
const noRight = (db: Session, cause: PgError, hasSchema: boolean, reads: boolean): AssayError => {
  const { user, database } = db.address
  const schema = ident(journalSchema)
  return new AssayError(`The role ${user} may not ${hasSchema ? 'use' : 'make'} the schema of the journal.`, {
    code: 'migrate.no-right',
    exit: 3,
    asked: `the table migrations in the schema ${journalSchema}, where it is written which migrations ran`,
    found: `${cause.fault.message} (SQLSTATE ${cause.fault.sqlstate})`,
    why: 'without a journal nobody could tell what an interrupted run has done',
    mend: reads
      ? `As the owner of the schema, or a superuser; to migrate, it needs more:\ngrant usage on schema ${schema} to ${ident(user)};\ngrant select on all tables in schema ${schema} to ${ident(user)};`
      : hasSchema
        ? `As the owner of the schema, or a superuser:\ngrant usage, create on schema ${schema} to ${ident(user)};\ngrant select, insert, update on all tables in schema ${schema} to ${ident(user)};`
        : `As the owner of the database, or a superuser, one of the two:\ngrant create on database ${ident(database)} to ${ident(user)};\ncreate schema ${schema} authorization ${ident(user)};`,
    cause,
  })
}

const isDenied = (cause: unknown): cause is PgError =>
  cause instanceof PgError && cause.fault.sqlstate === '42501'

/** null when this database has none: nothing of ours ran here. */
export const readJournal = async (
  db: Session,
  use: 'read' | 'write' = 'write',
): Promise<readonly JournalRow[] | null> => {
  const reads = use === 'read'
  const [found] = await db
    .json<{ hasTable: boolean; hasSchema: boolean }>(journalExistsSql)
    .catch((cause: unknown) => {
      throw isDenied(cause) ? noRight(db, cause, true, reads) : cause
    })
  if (found?.hasTable !== true) return null
  try {
    return (await db.json<JournalRow>(readJournalSql)).map(asItStands)
  } catch (cause) {
    throw isDenied(cause) ? noRight(db, cause, true, reads) : cause
  }
}

/** Makes the journal when it is not there. Throws AssayError with the grant that is missing. */
export const openJournal = async (db: Session): Promise<readonly JournalRow[]> => {
  const found = await readJournal(db)
  if (found !== null) return found
  const [before] = await db.json<{ hasSchema: boolean }>(journalExistsSql)
  try {
    await db.query(createJournalSql)
  } catch (cause) {
    throw isDenied(cause) ? noRight(db, cause, before?.hasSchema === true, false) : cause
  }
  return []
}

export const rowOf = (rows: readonly JournalRow[], name: string): JournalRow | undefined =>
  rows.find((row) => row.name === name)
