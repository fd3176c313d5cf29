/**
 * What is known of a cutover, in both databases: which side this is, whether it is open for writing, and who was refused
 * at its door. Each side notes its own closing and opening in the transaction that closes or opens it, so that any moment
 * at which a run was killed can be told from the two rows.
 */
import { AssayError } from '../../ground/errors.ts'
import { PgError } from '../../postgres/fault.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { cutoverSchema, holdLockText, inJournal, type SideKey } from './names.ts'

/** A role, or (null) everybody, that could enter before the door was closed. */
export interface Guest {
  readonly role: string | null
  readonly mayGrant: boolean
}

export interface SideRow {
  readonly id: string
  readonly side: SideKey
  /** Counts openings over both sides: of two open ones the greater would be the later. */
  readonly epoch: number
  readonly isOpen: boolean
  readonly guests: readonly Guest[]
  /** Roles that were let in beside, so that the cutover itself can come back. */
  readonly letIn: readonly string[]
  /** Tables whose replica identity was set to FULL, by quoted name. */
  readonly identities: readonly string[]
  /** Digest of the schema as it was when the copy began. */
  readonly schema: string | null
  /** There is nothing that follows after the switch. */
  readonly isOneWay: boolean
  readonly beganAt: string
}

const refusal =
  'This database takes no writes: it moves, or has moved, to another server (assay migrate cutover).'

/** Over all tables, as a trigger; what it does decides about all of them in one statement and without a table lock. */
export const doorSql = (isOpen: boolean): string => `
create or replace function ${inJournal('door')}() returns trigger language plpgsql set search_path = '' as $door$
begin
  ${isOpen ? 'return null;' : `raise exception using errcode = '25006', message = ${literal(refusal)};`}
end
$door$`

/** The other side waits behind a mark for whoever compares both (verify.ts). */
const holdSql = `
create or replace function ${inJournal('hold')}() returns trigger language plpgsql set search_path = '' as $hold$
begin
  perform pg_catalog.pg_advisory_xact_lock_shared(${holdLockText});
  return null;
end
$hold$`

/** For one transaction. */
export const createJournalSql = (row: {
  readonly side: SideKey
  readonly id: string
  readonly isOpen: boolean
  readonly isOneWay: boolean
}): readonly string[] => [
  `create schema ${ident(cutoverSchema)}`,
  `comment on schema ${ident(cutoverSchema)} is 'A cutover to or from another server is under way: assay migrate cutover'`,
  `create table ${inJournal('side')} (
    the_only_row boolean primary key default true check (the_only_row),
    id text not null,
    side text not null check (side in ('from', 'to')),
    epoch integer not null,
    is_open boolean not null,
    guests jsonb not null default '[]',
    let_in jsonb not null default '[]',
    identities jsonb not null default '[]',
    schema text,
    is_one_way boolean not null,
    began_at timestamptz not null default pg_catalog.now()
  )`,
  `create table ${inJournal('marks')} (key integer primary key, n bigint not null)`,
  `create table ${inJournal('verified')} (
    schema text not null,
    name text not null,
    rows bigint not null,
    checksum text not null,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    primary key (schema, name)
  )`,
  doorSql(row.isOpen),
  holdSql,
  `create trigger assay_hold after insert or update on ${inJournal('marks')} for each row execute function ${inJournal('hold')}()`,
  `alter table ${inJournal('marks')} enable replica trigger assay_hold`,
  `insert into ${inJournal('side')} (id, side, epoch, is_open, is_one_way)
    values (${literal(row.id)}, ${literal(row.side)}, ${row.isOpen ? 1 : 0}, ${row.isOpen}, ${row.isOneWay})`,
]

const hasJournalSql = `select pg_catalog.to_regclass(${literal(inJournal('side'))}) is not null as there`

const noRight = (db: Session, cause: PgError): AssayError =>
  new AssayError(`The role ${db.address.user} may not read the journal of the cutover.`, {
    code: 'cutover.no-right',
    exit: 3,
    asked: `the schema ${cutoverSchema} of ${db.address.database}`,
    found: cause.fault.message,
    mend: 'Go on with the role that began the cutover, or as a superuser.',
    cause,
  })

/** null: no cutover of this database. */
export const readJournal = async (db: Session): Promise<SideRow | null> => {
  const [found] = await db.json<{ readonly there: boolean }>(hasJournalSql)
  if (found?.there !== true) return null
  try {
    const [row] = await db.json<SideRow>(`
      select id, side, epoch, is_open as "isOpen", guests, let_in as "letIn", identities, schema, is_one_way as "isOneWay",
        pg_catalog.to_char(began_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "beganAt"
      from ${inJournal('side')}`)
    return row ?? null
  } catch (cause) {
    if (cause instanceof PgError && cause.fault.sqlstate === '42501') throw noRight(db, cause)
    throw cause
  }
}

export const noteSql = (set: string): string => `update ${inJournal('side')} set ${set}`

export const jsonLiteral = (value: unknown): string => `${literal(JSON.stringify(value))}::pg_catalog.jsonb`

export const dropJournalSql = `drop schema if exists ${ident(cutoverSchema)} cascade`
