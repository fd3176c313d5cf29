/**
 * Who changed the schema: an event trigger that a superuser puts up once keeps it, and drift reads it. PostgreSQL itself
 * keeps nobody. What a row of its catalog was written by is told by the number of the transaction, which stands in both.
 */
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { schemaLogSchema } from '../files/history-fingerprint.ts'

/** What the log says of a change. */
export interface ChangedBy {
  /** Who it ran as, and who had logged in. */
  readonly role: string
  readonly login: string
  /** As the client named itself; empty: it did not. */
  readonly application: string
  /** `ALTER TABLE`. */
  readonly command: string
  /** `2026-01-31T12:00:00Z`. */
  readonly at: string
}

const table = `${schemaLogSchema}.changes`

/** For a superuser, once. A second time it changes nothing that is kept. */
export const schemaLogSql = `-- Keeps who changes the schema, for assay drift. Run once, as a superuser, in the database itself.
begin;
create schema if not exists ${schemaLogSchema};
create table if not exists ${table} (
  id bigint generated always as identity primary key,
  at timestamptz not null default pg_catalog.clock_timestamp(),
  xid bigint not null default (pg_catalog.pg_current_xact_id()::text::numeric % 4294967296)::bigint,
  login name not null default session_user,
  role name not null default coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
  application text not null default pg_catalog.current_setting('application_name'),
  command text not null,
  class oid,
  object oid,
  dropped text[]
);
create index if not exists changes_xid on ${table} (xid);
create index if not exists changes_object on ${table} (class, object);
create or replace function ${schemaLogSchema}.keep() returns event_trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_event = 'sql_drop' then
    insert into ${table} (command, dropped)
    select tg_tag, address_names from pg_catalog.pg_event_trigger_dropped_objects()
     where not is_temporary and address_names <> '{}';
  else
    insert into ${table} (command, class, object)
    select distinct tg_tag, classid, objid from pg_catalog.pg_event_trigger_ddl_commands()
     where schema_name is distinct from 'pg_temp' and not in_extension;
  end if;
end $$;
revoke all on function ${schemaLogSchema}.keep() from public;
drop event trigger if exists assay_schema_changed;
create event trigger assay_schema_changed on ddl_command_end execute function ${schemaLogSchema}.keep();
drop event trigger if exists assay_schema_dropped;
create event trigger assay_schema_dropped on sql_drop execute function ${schemaLogSchema}.keep();
-- Who runs assay drift has to read it: the owner of the database may; give it to others.
grant usage on schema ${schemaLogSchema} to pg_database_owner;
grant select on ${table} to pg_database_owner;
commit;
`

const changeOf = (
  alias: string,
): string => `pg_catalog.json_build_object('role', ${alias}.role, 'login', ${alias}.login,
  'application', ${alias}.application, 'command', ${alias}.command,
  'at', pg_catalog.to_char(${alias}.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))`

/** Which command of its transaction wrote a row: an entry is written behind its command, and before the next one. */
const commandOf = (alias: string): string => `${alias}.cmin::text::bigint`

/**
 * The entry about a row of the catalog, as SQL of one value: of the transaction that wrote it (several statements of one
 * are told apart by their object, and by the order in which they wrote), else the last one about the object. `object`,
 * `relation`: SQL of their OIDs.
 */
export const changedBySql = (alias: string, object: string, relation: string): string => `coalesce(
  (select ${changeOf('l')} from ${table} l where l.xid = ${alias}.xmin::text::bigint
    order by l.class = ${alias}.tableoid and l.object = ${object} desc nulls last, l.object = ${relation} desc nulls last,
      ${commandOf('l')} >= ${commandOf(alias)} desc, case when ${commandOf('l')} >= ${commandOf(alias)} then ${commandOf('l')} end, l.id desc limit 1),
  (select ${changeOf('l')} from ${table} l where l.class = ${alias}.tableoid and l.object = ${object} order by l.id desc limit 1))`

/** `refused`: it is there, and this role may not read it. */
export type SchemaLog = 'read' | 'refused' | 'none'

export const findSchemaLog = async (db: Session): Promise<SchemaLog> => {
  const [found] = await db.json<{ readonly mayRead: boolean }>(`
    select pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') as "mayRead"
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = ${literal(schemaLogSchema)} and c.relname = 'changes' and c.relkind = 'r'`)
  return found === undefined ? 'none' : found.mayRead ? 'read' : 'refused'
}

const mostDropped = 100_000

/** Who dropped what, by its names: schema and name, or schema, table and name. The last of each. */
export const readDropped = async (db: Session): Promise<ReadonlyMap<string, ChangedBy>> => {
  const rows = await db.json<{ readonly names: readonly string[]; readonly by: ChangedBy }>(`
    select l.dropped as names, ${changeOf('l')} as by
      from (select * from ${table} d where d.dropped is not null order by d.id desc limit ${mostDropped}) l
     order by l.id`)
  return new Map(rows.map(({ names, by }) => [JSON.stringify(names), by]))
}
