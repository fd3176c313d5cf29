/**
 * SQL that holds an audit log against its table: what stood before and what stands now, taken as the log writes it,
 * and every entry since then compared with both, column by column.
 */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { linkHash, chunkDigest, statementDigest } from '../audit-log/hash.ts'
import { auditLogSql } from '../audit-log/names.ts'
import type { AuditedColumn, AuditedTable } from './design.ts'
import { relationId } from '../../ground/names.ts'

/** The value as the log has it: the text of its JSON, or PostgreSQL's own text. */
const loggedText = (table: AuditedTable, column: AuditedColumn): string => {
  const value = `t.${ident(column.name)}`
  const isPlain = column.isScalar && !table.personal.includes(column.name)
  return isPlain ? `(to_json(${value}) #>> '{}')` : `${value}::text`
}

/** All rows of the table as one JSON object, by key. */
const snapshot = (table: AuditedTable): string => {
  const object = table.columns.map(
    (column) => `select ${literal(column.name)} as c, ${loggedText(table, column)} as v`,
  )
  const key = table.key.map((name) =>
    loggedText(
      table,
      table.columns.find((c) => c.name === name)!,
    ),
  )
  return (
    `coalesce((select json_object_agg(json_build_array(${key.join(', ')})::text, ` +
    `(select json_object_agg(c, v) from (${object.join(' union all ')}) x)) from ${qualified(table.relation)} t), '{}')`
  )
}

/** The log writes times in UTC, whoever asks. */
const inUtc = `set local timezone = 'UTC'`

/** Remembers the table and the moment: entries are counted from here. Settings, since nothing else outlives a role. */
export const rememberNow = (table: AuditedTable): readonly string[] => [
  inUtc,
  `select set_config('assay.before', ${snapshot(table)}::text, true), set_config('assay.mark', to_json(clock_timestamp()) #>> '{}', true)`,
]

/** Becomes the prover again, who may read everything. */
export const asProver: readonly string[] = ['set local role none', inUtc]

const since = (table: AuditedTable): string =>
  `e.relation = ${literal(relationId(table.relation))} and e.clock > current_setting('assay.mark')::timestamptz`

/** A personal value is looked up where it is kept, under its own column and person. */
const resolved = (table: AuditedTable, side: 'old' | 'new', whole: string): string => {
  const entry = `(e.${side} ->> x.c)`
  if (table.personal.length === 0) return entry
  const person = table.person.map((name) => `${whole} ->> ${literal(name)}`)
  const names = table.personal.map(literal).join(', ')
  return `case when x.c in (${names}) then (select p.value from ${auditLogSql(table.log).personal} p
        where p.commitment = e.${side} ->> x.c and p.column_name = x.c and p.lane = e.lane and p.number = e.number
          and p.relation = e.relation
          and (select array_agg(w.value) from jsonb_array_elements_text(p.person) w) is not distinct from array[${person.join(', ')}]::text[])
      else ${entry} end`
}

/** Of every operation: how many entries, and whether each says what happened. */
export const entriesSince = (table: AuditedTable): string => {
  const columns = table.columns.map((column) => literal(column.name)).join(', ')
  const old = table.key.map((name) => `e.key ->> ${literal(name)}`).join(', ')
  const now = table.key
    .map((name) => `coalesce(e.new ->> ${literal(name)}, e.key ->> ${literal(name)})`)
    .join(', ')
  const before = `(current_setting('assay.before')::json -> json_build_array(${old})::text)`
  return `with now_ as materialized (select ${snapshot(table)} as rows)
select e.operation, count(*), bool_and(case e.operation
    when 'INSERT' then e.old is null and (select bool_and(${resolved(table, 'new', 'a.row')} is not distinct from a.row ->> x.c
        and (e.new -> x.c) is not null) from unnest(array[${columns}]) x(c))
    when 'DELETE' then e.new is null and (select bool_and(${resolved(table, 'old', 'b.row')} is not distinct from b.row ->> x.c
        and (e.old -> x.c) is not null) from unnest(array[${columns}]) x(c))
    else (select bool_and(case when a.row ->> x.c is not distinct from b.row ->> x.c
        then (e.old -> x.c) is null and (e.new -> x.c) is null
        else ${resolved(table, 'old', 'b.row')} is not distinct from b.row ->> x.c and (e.old -> x.c) is not null
          and ${resolved(table, 'new', 'a.row')} is not distinct from a.row ->> x.c and (e.new -> x.c) is not null end)
      from unnest(array[${columns}]) x(c)) end)
  from ${auditLogSql(table.log).view} e
  cross join lateral (select ${before} as row) b
  cross join lateral (select now_.rows -> json_build_array(${now})::text as row from now_) a
 where ${since(table)}
 group by e.operation order by e.operation`
}

/** Who wrote and when, of the entries since then; `role` is SQL. */
export const writersSince = (table: AuditedTable, role: string, identity: string): string =>
  `select count(*) > 0, bool_and(e.role = ${role}), bool_and(e.login = session_user), bool_and(e.identity = ${identity}),
  bool_and(e.at = now()), bool_and(e.clock between now() and clock_timestamp()), bool_and(e.transaction = pg_current_xact_id()::text::bigint)
  from ${auditLogSql(table.log).view} e where ${since(table)}`

/** Statements whose link, digest, count or number is not what it has to be. */
export const brokenLinks = (log: string): string => {
  const sql = auditLogSql(log)
  return `select s.lane, s.number from (
    select s.*, lag(s.hash, 1, '\\x') over w as last_hash, lag(s.number, 1, 0) over w as last_number from ${sql.statements} s
    window w as (partition by s.lane order by s.number)) s
  left join lateral (select ${statementDigest('r.digest', 'r.chunk')} as digest, sum(r.entries) as entries,
      bool_and(r.digest = ${chunkDigest('r.entries', 'r.old', 'r.new')}) as whole
    from ${sql.rows} r where r.lane = s.lane and r.number = s.number) r on true
  where s.hash is distinct from ${linkHash('s')} or s.previous <> s.last_hash or s.number <> s.last_number + 1
    or s.digest is distinct from r.digest or s.entries is distinct from r.entries or r.whole is not true
    or s.personal is distinct from (select count(*) from ${sql.personal} p where p.lane = s.lane and p.number = s.number)`
}
