/** What stands in the way of filling a database that the user names, found before anything is written. */
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { AssayError } from '../ground/errors.ts'
import { ConnectionLost, PgError } from '../postgres/fault.ts'
import { literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { inTransaction } from '../rows/volume/fill-database.ts'
import { boundBy } from '../rows/volume/policies.ts'
import { tablesWithRows } from '../rows/volume/standing.ts'

const shown = (ids: readonly string[]): string =>
  ids.length <= 6 ? ids.join(', ') : `${ids.slice(0, 6).join(', ')} and ${ids.length - 6} more`

const noRight = (db: Session, of: string): AssayError =>
  new AssayError('The role may not insert into every table that is to be filled.', {
    code: 'fill.no-right',
    exit: 3,
    asked: `rows in ${of}`,
    found: `no INSERT for ${db.address.user}`,
    mend: 'Give the connection string of the role that owns the tables.',
  })

/** Two runs would write the same keys. The lock goes with the session. */
export const lockFilling = async (db: Session): Promise<void> => {
  const [lock] = await db.json<{ readonly is: boolean }>(
    `select pg_catalog.pg_try_advisory_lock(pg_catalog.hashtext('assay fill')) as is`,
  )
  if (lock?.is) return
  throw new AssayError('Another assay fill is at work in this database.', {
    code: 'fill.running',
    exit: 4,
    found: 'it holds the lock of fillings',
    why: 'two at once would write the same keys',
    mend: 'Wait until it has ended, or stop it; then run this again.',
  })
}

/**
 * Rows must go into every table, and COPY is refused where policies bind the role. Where it is the owner that they bind,
 * it may say that they do not; those tables are the answer.
 */
export const assertWritable = async (db: Session, tables: readonly Table[]): Promise<readonly Table[]> => {
  const bound = await boundBy(db, tables)
  const foreign = bound.filter(({ isOwn }) => !isOwn)
  if (foreign.length > 0)
    throw new AssayError('Policies bind the role that is to fill the tables.', {
      code: 'fill.row-security',
      exit: 3,
      asked: `COPY into ${shown(foreign.map(({ table }) => table.id))}`,
      found: `row-level security holds for ${db.address.user}`,
      why: 'PostgreSQL refuses COPY FROM there, and only their owner may pass them',
      mend: 'Give the connection string of the role that owns the tables, or as a superuser: alter role … bypassrls;',
    })
  return bound.map(({ table }) => table)
}

/** Of the tables that are to be filled. */
export const assertMayInsert = async (db: Session, tables: readonly Table[]): Promise<void> => {
  if (tables.length === 0) return
  const each = tables.map(
    (table, at) =>
      `(${at}, pg_catalog.has_table_privilege(${literal(qualified(table))}::pg_catalog.regclass, 'INSERT'))`,
  )
  const found = await db.json<{ readonly at: number }>(
    `select at from (values ${each.join(', ')}) as t (at, may) where not may order by at`,
  )
  if (found.length > 0) throw noRight(db, shown(found.map(({ at }) => tables[at]!.id)))
}

export interface Emptying {
  readonly truncate: boolean
  /** Tables whose rows policies hide from their owner. */
  readonly forced: readonly Table[]
}

/** Only what is empty is filled, unless its rows are to go. */
export const assertEmpty = async (
  db: Session,
  tables: readonly Table[],
  { truncate, forced }: Emptying,
): Promise<void> => {
  const full = await inTransaction(db, forced, () => tablesWithRows(db, tables))
  if (full.length === 0) return
  if (!truncate)
    throw new AssayError('There are rows already where some are to be written.', {
      code: 'fill.not-empty',
      exit: 4,
      asked: 'empty tables',
      found: `rows in ${shown(full)}`,
      why: 'rows of yours and rows made up are never mixed',
      mend: 'Name other tables with --rows, fill an empty copy of the database, or, when these rows may go: --truncate',
    })
  const doomed = tables.filter(({ id }) => full.includes(id))
  try {
    await db.query(`truncate ${doomed.map(qualified).join(', ')}`)
  } catch (cause) {
    if (!(cause instanceof PgError)) throw cause
    throw new AssayError('The rows that stand there could not be taken away.', {
      code: 'fill.truncate',
      exit: 3,
      asked: `truncate ${shown(full)}`,
      found: cause.fault.message,
      mend: 'Name the tables that point to them with --rows too, or empty them yourself.',
      cause,
    })
  }
}

const away = (cause: unknown, isResumable: boolean): AssayError =>
  new AssayError('The connection was lost while rows were written.', {
    code: 'fill.lost',
    exit: 3,
    found: cause instanceof Error ? cause.message : String(cause),
    mend: isResumable
      ? 'Run the same command again: it goes on behind the last stretch that was written.'
      : 'Look at the free memory and the free disk of this machine, then run the same command again.',
    cause,
  })

/** What PostgreSQL refused while rows were written, told with what is left and how to go on. */
export const fillFault = (cause: unknown, isResumable: boolean, catalog: Catalog): unknown => {
  if (cause instanceof ConnectionLost) return away(cause, isResumable)
  if (!(cause instanceof PgError)) return cause
  const { sqlstate, message, schema, table } = cause.fault
  const where = [...catalog.tables.values()].find((one) => one.schema === schema && one.name === table)
  const left = isResumable
    ? 'What was written stays, and the same command goes on there'
    : 'The copy is gone with its server'
  if (sqlstate === '42501')
    return new AssayError('The role may not do what filling the tables needs.', {
      code: 'fill.no-right',
      exit: 3,
      ...(where ? { asked: `rows in ${where.id}` } : {}),
      found: message,
      why: `foreign keys that lead in a circle are written by way of a temporary table, or set by an update. ${left}`,
      mend: 'Give the connection string of the role that owns the tables.',
      cause,
    })
  if (sqlstate === '53100')
    return new AssayError('The disk of the server is full.', {
      code: 'fill.disk-full',
      exit: 3,
      found: message,
      why: left,
      mend: 'Make room, or take fewer rows: --rows … (with --truncate, to begin anew).',
      cause,
    })
  return new AssayError('PostgreSQL refused a row that was made up.', {
    code: 'fill.refused-row',
    exit: 1,
    ...(where ? { asked: `rows in ${where.id}` } : {}),
    found: `${message} (SQLSTATE ${sqlstate})`,
    why: `its conditions take such values seldom, so the trial did not meet one. ${left}`,
    mend: 'Say how the column’s values are spread, with volumes in architecture(…), and begin anew with --truncate.',
    cause,
  })
}
