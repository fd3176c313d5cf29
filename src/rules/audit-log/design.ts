/** The DDL of an audit log: finding a lane, sealing a statement's entry, guards, erasure, and the view for people. */
import type { Architecture } from '../../architecture/architecture.ts'
import { ident, literal } from '../../postgres/quote.ts'
import { auditLogNames, auditLogSql } from './names.ts'
import { linkHash } from './hash.ts'
import { auditedFunctionBody, auditSettings } from '../audited/design.ts'
import { settingsOf } from '../isolated-by/identity.ts'

/** The number that all lanes of a log are locked under: advisory locks of others have other numbers. */
const laneLock = (log: string): string => `hashtext(${literal(`assay audit ${log}`)})`

/** Settings of the architecture's identity, by which the application says who asks. */
const identitySettings = (architecture: Pick<Architecture, 'identity'>): readonly string[] =>
  Object.keys(settingsOf({ who: null }, architecture, '1'))

/** The application's identity as one JSON object; a setting that was never set, or is blank, is null. */
export const identityValue = (architecture: Pick<Architecture, 'identity'>): string =>
  `jsonb_build_object(${identitySettings(architecture)
    .map((name) => `${literal(name)}, nullif(current_setting(${literal(name)}, true), '')`)
    .join(', ')})`

/** Who wrote: the role that was set, else the one that logged in. */
const roleValue = `coalesce(nullif(current_setting('role'), 'none'), session_user)`

const fixedPath = 'set search_path = pg_catalog, pg_temp'

/**
 * The smallest lane that nobody writes to. Locks are let go after the commit is seen by others, so that the head is the
 * last one. An older snapshot (repeatable read) may miss it: then the key refuses the next number, and another lane is
 * tried. More writers at once than there are lanes end in an error, as no lane is answered.
 */
const openFunction = (log: string): string => {
  const sql = auditLogSql(log)
  const own = ident(auditLogNames(log).open.name)
  return `create or replace function ${sql.open}(out lane integer, out number bigint, out previous bytea)
language plpgsql as $audit$
begin
  for free in 0 .. 9999 loop
    continue when not pg_try_advisory_xact_lock(${laneLock(log)}, free);
    lane := free;
    select s.number + 1, s.hash into number, previous
      from ${sql.statements} s where s.lane = free order by s.number desc limit 1;
    number := coalesce(number, 1);
    if starts_with(current_setting('transaction_isolation'), 'read') then
      return;
    end if;
    begin
      insert into ${sql.rows} (lane, number, chunk, entries, digest) values (free, ${own}.number, 0, 0, '');
      raise exception using errcode = 'AS001', message = 'the number is free';
    exception
      when sqlstate 'AS001' then
        return;
      when unique_violation then
        null;
    end;
  end loop;
end
$audit$;`
}

const sealFunction = (log: string, architecture: Pick<Architecture, 'identity'>): string => {
  const sql = auditLogSql(log)
  return `create or replace function ${sql.seal}(
  lane integer, number bigint, previous bytea, relation text, operation text, key_columns text[],
  entries bigint, personal bigint, digest bytea) returns void
language sql volatile as $audit$
insert into ${sql.statements} (lane, number, at, clock, transaction, role, login, identity, relation, operation,
  key_columns, entries, personal, digest, previous, hash)
select e.*, ${linkHash('e')}
  from (select $1 as lane, $2 as number, now() as at, clock_timestamp() as clock,
    pg_current_xact_id()::text::bigint as transaction,
    ${roleValue}::text as role, session_user::text as login,
    ${identityValue(architecture)} as identity,
    $4 as relation, $5 as operation, $6 as key_columns, $7 as entries, $8 as personal, $9 as digest, coalesce($3, '') as previous) e
$audit$;`
}

const guardFunction = (log: string): string => {
  const sql = auditLogSql(log)
  return `create or replace function ${sql.guard}() returns trigger
language plpgsql as $audit$
begin
  raise exception 'audit: % of %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege', hint = 'What an audit log holds is never changed; rows of audited tables go by DELETE.';
end
$audit$;`
}

const eraseFunction = (log: string): string => {
  const sql = auditLogSql(log)
  return `create or replace function ${sql.erase}(person jsonb) returns bigint
language sql volatile security definer ${fixedPath} as $audit$
with gone as (delete from ${sql.personal} p where p.person = $1 returning 1)
select count(*) from gone
$audit$;`
}

const revokeExecute = (signature: string): string => `revoke all on function ${signature} from public;`

/** Values of one side, one row each: which entry of the chunk, which column. */
const valuesOf = (side: 'old' | 'new'): string =>
  `select v.entry, c.key as name, v.value
        from json_each(r.${side}) c
        cross join json_array_elements(case json_typeof(c.value) when 'array' then c.value end) with ordinality v(value, entry)`

/** Readable: one row per entry. Of an update only what changed; a personal value is its salted hash. */
const viewText = (log: string): string => {
  const sql = auditLogSql(log)
  const object = (value: string, condition: string): string =>
    `json_object_agg(v.name, ${value}) filter (where ${condition})`
  const shown = (other: 'old' | 'new'): string =>
    `r.${other} is null or v.old_value::text <> v.new_value::text`
  return `create or replace view ${sql.view} as
select s.lane, s.number, r.chunk, v.entry, s.at, s.clock, s.transaction, s.role, s.login, s.identity, s.relation, s.operation,
  ${object('coalesce(v.old_value, v.new_value)', 'v.name = any (s.key_columns)')} as key,
  ${object('v.old_value', shown('new'))} as old,
  ${object('v.new_value', shown('old'))} as new
from ${sql.statements} s
join ${sql.rows} r using (lane, number)
cross join lateral (
  select entry, name, o.value as old_value, n.value as new_value
    from (${valuesOf('old')}) o
    full join (${valuesOf('new')}) n using (entry, name)
) v
group by s.lane, s.number, r.chunk, v.entry;`
}

/** A trigger that refuses these events on this table of the log. */
const guardTrigger = (log: string, table: string, events: string): readonly string[] => {
  const sql = auditLogSql(log)
  const name = ident(`${auditLogNames(log).view.name}_guard`)
  return [
    `create or replace trigger ${name} before ${events} on ${table} for each statement execute function ${sql.guard}();`,
    // Also in a session that plays changes in as a replica does.
    `alter table ${table} enable always trigger ${name};`,
  ]
}

const functionsOf = (log: string, architecture: Architecture): readonly string[] => {
  const sql = auditLogSql(log)
  const seal = `${sql.seal}(integer, bigint, bytea, text, text, text[], bigint, bigint, bytea)`
  return [
    guardFunction(log),
    openFunction(log),
    sealFunction(log, architecture),
    revokeExecute(`${sql.guard}()`),
    revokeExecute(`${sql.open}()`),
    revokeExecute(seal),
  ]
}

/** What goes leaves an entry as well: which personal values, of whom, and none of them. */
const erasedTrigger = (log: string): readonly string[] => {
  const sql = auditLogSql(log)
  const { personal, view } = auditLogNames(log)
  const name = ident(`${view.name}_erased`)
  const body = auditedFunctionBody({
    log,
    relation: personal,
    columns: [
      { name: 'commitment', isScalar: true },
      { name: 'lane', isScalar: true },
      { name: 'number', isScalar: true },
    ],
    key: ['commitment'],
    personal: [],
    person: [],
    operations: ['DELETE'],
    mayLack: false,
  })
  return [
    `create or replace function ${sql.erased}() returns trigger\nlanguage plpgsql security definer ${auditSettings} as ${body};`,
    revokeExecute(`${sql.erased}()`),
    `create or replace trigger ${name} after delete on ${sql.personal} referencing old table as old_rows for each statement execute function ${sql.erased}();`,
    `alter table ${sql.personal} enable always trigger ${name};`,
  ]
}

export const auditLogDesign = {
  statements: (log: string, architecture: Architecture): readonly string[] => {
    const sql = auditLogSql(log)
    return [
      ...functionsOf(log, architecture),
      ...guardTrigger(log, sql.statements, 'update or delete or truncate'),
    ]
  },
  rows: (log: string, readers: readonly string[]): readonly string[] => {
    const sql = auditLogSql(log)
    return [
      // Compressing costs more than writing: a bulk insert into an audited table took 1.2 times as long.
      `alter table ${sql.rows} alter column "old" set storage external, alter column "new" set storage external;`,
      ...guardTrigger(log, sql.rows, 'update or delete or truncate'),
      viewText(log),
      ...readers.map((role) => `grant select on ${sql.view} to ${ident(role)};`),
    ]
  },
  personal: (log: string, eraser: string | null): readonly string[] => {
    const sql = auditLogSql(log)
    return [
      ...guardTrigger(log, sql.personal, 'update or truncate'),
      ...erasedTrigger(log),
      eraseFunction(log),
      revokeExecute(`${sql.erase}(jsonb)`),
      ...(eraser === null ? [] : [`grant execute on function ${sql.erase}(jsonb) to ${ident(eraser)};`]),
    ]
  },
}
