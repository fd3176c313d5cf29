/**
 * Sequences that functions, triggers and rewrite rules draw from while rows are written: a rolled-back number is not
 * given back, and after a thousand experiments the next one would be a key of the rows that experiments stand on. What
 * is asked on such a session begins where the rows under it left these sequences, whatever was asked before.
 */
import { literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'

export interface SequenceSteps {
  /** Back to where they were when they were read. */
  readonly restart: string
  /** Notes where they are, in a setting of the transaction. */
  readonly keep: string
  /** Back to where `keep` found them. */
  readonly restore: string
  /** The same, but that `restart` goes some numbers further: what is drawn then differs. */
  readonly ahead: SequenceSteps | null
}

const numbersAhead = 17

interface Drawn {
  readonly oid: string
  readonly last: string | null
}

/** Spaces and comments. */
const gap = String.raw`(?:\s|/\*(?:[^*]|\*[^/])*\*/|--[^\n]*\n)+`

/**
 * Their own name stands in a text that runs when rows are written; or that of the table whose column they number, where
 * the text inserts: as its target, or anywhere in a text that puts its statements together. Where a trigger's function
 * puts the table's name together from what the trigger gives it, any table may be meant.
 */
const drawnSql = String.raw`
  with texts as (
    select lower(p.prosrc || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), '')) as text
    from pg_catalog.pg_proc p
    join pg_catalog.pg_language l on l.oid = p.prolang and l.lanname not in ('internal', 'c')
    where p.pronamespace <> 'pg_catalog'::regnamespace and p.pronamespace <> 'information_schema'::regnamespace
    union all
    select lower(pg_catalog.pg_get_ruledef(r.oid)) from pg_catalog.pg_rewrite r
    join pg_catalog.pg_class c on c.oid = r.ev_class and c.relnamespace <> 'pg_catalog'::regnamespace
    where r.rulename <> '_RETURN' and c.relnamespace <> 'information_schema'::regnamespace),
  targets as (
    select found[1] as text from texts, pg_catalog.regexp_matches(text, '\m(?:insert|merge)${gap}into([^(;]*)', 'g') found
    union all
    select text from texts where text ~ '\mexecute\M' and text ~ '\m(?:insert|merge)\M'),
  numbers as (
    select s.seqrelid, lower(replace(t.relname, '"', '""')) as name from pg_catalog.pg_sequence s
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = s.seqrelid
      and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')
    join pg_catalog.pg_class t on t.oid = d.refobjid
    union all
    select d.refobjid, lower(replace(t.relname, '"', '""')) from pg_catalog.pg_depend d
    join pg_catalog.pg_attrdef a on d.classid = 'pg_catalog.pg_attrdef'::regclass and a.oid = d.objid
    join pg_catalog.pg_class t on t.oid = a.adrelid
    where d.refclassid = 'pg_catalog.pg_class'::regclass)
  select s.seqrelid::bigint::text as oid, pg_catalog.pg_sequence_last_value(s.seqrelid)::text as last
  from pg_catalog.pg_sequence s
  join pg_catalog.pg_class c on c.oid = s.seqrelid
  where (exists (select from texts where text ~ '\mexecute\M' and text ~ '\m(?:insert|merge)\M' and text ~ '\mtg_(?:table_name|relname|relid|argv)\M')
      or exists (select from texts t where pg_catalog.strpos(t.text, lower(replace(c.relname, '"', '""'))) > 0)
      or exists (select from numbers n join targets t on pg_catalog.strpos(t.text, n.name) > 0 where n.seqrelid = s.seqrelid))
    and pg_catalog.has_sequence_privilege(s.seqrelid, 'UPDATE') and pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT')
  order by s.seqrelid`

const setting = 'assay.sequences'

/** A broken sequence may not reach as far. `{"16390": "12", "16402": null}`, null where no number was drawn yet. */
const setFrom = (positions: string, ahead = 0): string =>
  `select pg_catalog.setval(s.seqrelid, coalesce(k.value::bigint, s.seqstart) + ${ahead} * s.seqincrement, ${ahead === 0 ? 'k.value is not null' : 'true'})
   from pg_catalog.json_each_text(${positions}) k join pg_catalog.pg_sequence s on s.seqrelid = k.key::oid
   where ${ahead === 0 ? 'pg_catalog.pg_sequence_last_value(s.seqrelid) is distinct from k.value::bigint and ' : ''}coalesce(k.value::bigint, s.seqstart) + ${ahead} * s.seqincrement between s.seqmin and s.seqmax`

/** Null where nothing draws any. */
export const readSequenceSteps = async (db: Session): Promise<SequenceSteps | null> => {
  const drawn = await db.json<Drawn>(drawnSql)
  if (drawn.length === 0) return null
  const positions = JSON.stringify(Object.fromEntries(drawn.map(({ oid, last }) => [oid, last])))
  const oids = drawn.map(({ oid }) => oid).join(', ')
  const from = (ahead: number): SequenceSteps => ({
    restart: setFrom(`${literal(positions)}::json`, ahead),
    keep: `select pg_catalog.set_config('${setting}', (
      select coalesce(pg_catalog.json_object_agg(s.seqrelid, pg_catalog.pg_sequence_last_value(s.seqrelid)), '{}')::text
      from pg_catalog.pg_sequence s where s.seqrelid in (${oids})), true)`,
    restore: setFrom(`nullif(pg_catalog.current_setting('${setting}', true), '')::json`),
    ahead: ahead === 0 ? from(numbersAhead) : null,
  })
  return from(0)
}

const known = new WeakMap<Session, SequenceSteps>()

/** What is tried on this session from now on begins with these sequences as they were. */
export const useSequenceSteps = (db: Session, steps: SequenceSteps | null): void => {
  if (steps !== null) known.set(db, steps)
}

/** Null: they run on. */
export const sequenceStepsOn = (db: Session): SequenceSteps | null => known.get(db) ?? null
