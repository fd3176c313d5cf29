/** What stands in the way of filling a database that the user names, found before anything is written. */
import type { Table } from '../catalog/table.ts'
import { AssayError } from '../ground/errors.ts'
import { PgError } from '../postgres/fault.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { inTransaction } from '../rows/volume/fill-database.ts'
import type { PlannedVolume } from '../rows/volume/plan-volume.ts'
import { boundBy } from '../rows/volume/policies.ts'
import { tablesWithRows } from '../rows/volume/standing.ts'

const shown = (ids: readonly string[]): string =>
  ids.length <= 6 ? ids.join(', ') : `${ids.slice(0, 6).join(', ')} and ${ids.length - 6} more`

const noRight = (
  { address: { user } }: Session,
  right: 'INSERT' | 'SELECT',
  tables: readonly Table[],
): AssayError =>
  new AssayError(
    `The role may not ${right === 'INSERT' ? 'insert into' : 'read'} every table that is to be filled.`,
    {
      code: 'fill.no-right',
      exit: 3,
      asked: `rows in ${shown(tables.map(({ id }) => id))}`,
      found: `no ${right} for ${user}`,
      why: 'rows are written by COPY, and read to see what is empty and what keys are there',
      mend: `Give the connection string of the role that owns the tables; or, as that role:\ngrant select, insert on ${tables.map(qualified).join(', ')} to ${ident(user)};`,
    },
  )

/** Not so where every table that was asked for has rows. */
export const assertOpen = ({ plan: { tables }, problems }: PlannedVolume): void => {
  if (problems.length > 0 || tables.some(({ stands }) => !stands)) return
  const standing = tables.map(({ id }) => id)
  throw standing.length === 0
    ? new AssayError('There is no table to fill.', {
        code: 'fill.no-tables',
        exit: 2,
        found: 'a database without tables, or with such alone as are left to triggers',
        mend: 'Name a table with --rows; where there is none yet: npx assay migrate up --url …',
      })
    : new AssayError('There is no empty table to fill.', {
        code: 'fill.not-empty',
        exit: 4,
        asked: 'rows in every table',
        found: `rows in ${shown(standing)}`,
        why: 'rows of yours and rows made up are never mixed, and --truncate takes only those of tables that --rows names',
        mend: `Fill an empty copy of the database; or, when their rows may go, name the tables: --rows ${standing[0]}=… --truncate`,
      })
}

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
    next: ['assay fill --url …'],
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

/** Throws AssayError `fill.no-right` (exit 3), with the grant. */
export const assertMay = async (
  db: Session,
  right: 'INSERT' | 'SELECT',
  tables: readonly Table[],
): Promise<void> => {
  if (tables.length === 0) return
  const each = tables.map(
    (table, at) =>
      `(${at}, pg_catalog.has_table_privilege(${literal(qualified(table))}::pg_catalog.regclass, '${right}'))`,
  )
  const found = await db.json<{ readonly at: number }>(
    `select at from (values ${each.join(', ')}) as t (at, may) where not may order by at`,
  )
  if (found.length > 0)
    throw noRight(
      db,
      right,
      found.map(({ at }) => tables[at]!),
    )
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
