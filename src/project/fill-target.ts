/** What stands in the way of filling a database that the user names, found before anything is written. */
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { AssayError } from '../ground/errors.ts'
import { ConnectionLost, PgError } from '../postgres/fault.ts'
import { literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { tablesWithRows } from '../rows/volume/standing.ts'

const shown = (ids: readonly string[]): string =>
  ids.length <= 6 ? ids.join(', ') : `${ids.slice(0, 6).join(', ')} and ${ids.length - 6} more`

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

/** COPY is refused where policies bind the role, and rows must go into every table. */
export const assertWritable = async (db: Session, tables: readonly Table[]): Promise<void> => {
  const each = tables.map(
    (table, at) =>
      `(${at}, ${[`pg_catalog.row_security_active(${literal(qualified(table))}::pg_catalog.regclass)`, `pg_catalog.has_table_privilege(${literal(qualified(table))}::pg_catalog.regclass, 'INSERT')`].join(', ')})`,
  )
  if (each.length === 0) return
  const found = await db.json<{ readonly at: number; readonly bound: boolean; readonly may: boolean }>(
    `select * from (values ${each.join(', ')}) as t (at, bound, may)`,
  )
  const named = (of: typeof found): string => shown(of.map(({ at }) => tables[at]!.id))
  const noRight = found.filter(({ may }) => !may)
  if (noRight.length > 0)
    throw new AssayError('The role may not insert into every table that is to be filled.', {
      code: 'fill.no-right',
      exit: 3,
      asked: `rows in ${named(noRight)}`,
      found: `no INSERT for ${db.address.user}`,
      mend: 'Give the connection string of the role that owns the tables.',
    })
  const bound = found.filter((one) => one.bound)
  if (bound.length > 0)
    throw new AssayError('Policies bind the role that is to fill the tables.', {
      code: 'fill.row-security',
      exit: 3,
      asked: `COPY into ${named(bound)}`,
      found: `row-level security holds for ${db.address.user}`,
      why: 'PostgreSQL refuses COPY FROM there',
      mend: `Give the connection string of a role that passes policies, or as a superuser: alter role … bypassrls;`,
    })
}

/** Only what is empty is filled, unless its rows are to go. */
export const assertEmpty = async (
  db: Session,
  tables: readonly Table[],
  truncate: boolean,
): Promise<void> => {
  const full = await tablesWithRows(db, tables)
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

const away = (cause: unknown): AssayError =>
  new AssayError('The connection was lost while rows were written.', {
    code: 'fill.lost',
    exit: 3,
    found: cause instanceof Error ? cause.message : String(cause),
    mend: 'Run the same command again: it goes on behind the last stretch that was written.',
    cause,
  })

/** What PostgreSQL refused while rows were written, told with what is left and how to go on. */
export const fillFault = (cause: unknown, isResumable: boolean, catalog: Catalog): unknown => {
  if (cause instanceof ConnectionLost) return away(cause)
  if (!(cause instanceof PgError)) return cause
  const { sqlstate, message, schema, table } = cause.fault
  const where = [...catalog.tables.values()].find((one) => one.schema === schema && one.name === table)
  const left = isResumable
    ? 'What was written stays, and the same command goes on there'
    : 'The copy is gone with its server'
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
