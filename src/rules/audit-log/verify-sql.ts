/**
 * The questions that verify an audit log. They are sent from here and call nothing but PostgreSQL's own functions: what
 * stands in the database is not trusted to judge itself. Each answers what is wrong, in order, with how many there are.
 */
import { relationId, type RelationName } from '../../ground/names.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import { chunkDigest, linkHash, rowsPerChunk, statementDigest } from './hash.ts'

export interface AuditRelations {
  readonly statements: RelationName
  readonly rows: RelationName
  readonly personal: RelationName
}

export const auditRelations = ({ schema, name }: RelationName): AuditRelations => ({
  statements: { schema, name: `${name}_statements` },
  rows: { schema, name: `${name}_rows` },
  personal: { schema, name: `${name}_personal` },
})

/** What can be wrong, each kind once. */
export type AuditFaultKind =
  | 'statement-changed'
  | 'statement-removed'
  | 'link-broken'
  | 'entries-changed'
  | 'entries-replaced'
  | 'entries-unsealed'
  | 'personal-changed'
  | 'personal-missing'

export interface AuditFault {
  readonly kind: AuditFaultKind
  readonly lane: number
  readonly number: number
  /** First and last of what is concerned: entries of the statement, numbers of statements; null: the whole statement. */
  readonly from: number | null
  readonly to: number | null
  /** Of this question, shown or not. */
  readonly total: number
}

/** Shown of each kind: the first tells where to look, the count how bad it is. */
const shown = 20

const limited = (faults: string): string =>
  `select f.*, count(*) over () as total from (${faults}) f order by lane, number, "from" limit ${shown}`

/** Each statement by itself, and against the one before it. */
const links = (statements: string): string => `
select case when s.hash is distinct from ${linkHash('s')} then 'statement-changed'
            when s.number <> s.last_number + 1 then 'statement-removed'
            else 'link-broken' end as kind,
       s.lane, s.number,
       case when s.number <> s.last_number + 1 then s.last_number + 1 end as "from",
       case when s.number <> s.last_number + 1 then s.number - 1 end as "to"
  from (select s.*, lag(s.hash, 1, '') over chain as last_hash, lag(s.number, 1, 0::bigint) over chain as last_number
          from ${statements} s window chain as (partition by s.lane order by s.number)) s
 where s.hash is distinct from ${linkHash('s')} or s.number <> s.last_number + 1 or s.previous <> s.last_hash`

/** Each chunk by itself. */
const chunks = (rows: string): string => `
select 'entries-changed' as kind, r.lane, r.number, r.chunk::bigint * ${rowsPerChunk} + 1 as "from",
       r.chunk::bigint * ${rowsPerChunk} + r.entries as "to"
  from ${rows} r where r.digest is distinct from ${chunkDigest('r.entries', 'r.old', 'r.new')}`

/** All chunks of a statement against what was sealed. */
const sealed = (statements: string, rows: string): string => `
select case when s.lane is null then 'entries-unsealed' else 'entries-replaced' end as kind,
       coalesce(s.lane, r.lane) as lane, coalesce(s.number, r.number) as number, null::bigint as "from", null::bigint as "to"
  from (select lane, number, digest, entries from ${statements}) s
  full join (select lane, number, ${statementDigest('digest', 'chunk')} as digest, sum(entries) as entries
               from ${rows} group by lane, number) r on r.lane = s.lane and r.number = s.number
 where s.digest is distinct from r.digest or s.entries is distinct from r.entries`

const keptValues = (personal: string): string => `
select 'personal-changed' as kind, p.lane, p.number, null::bigint as "from", null::bigint as "to"
  from ${personal} p
 where p.commitment <> 'sha256:' || encode(sha256(convert_to(p.salt::text || ':' || p.value, 'UTF8')), 'hex')`

/** Values that were kept, less those that were erased with an entry, are still there. */
const missingValues = (statements: string, rows: string, personal: RelationName): string => `
select 'personal-missing' as kind, coalesce(s.lane, p.lane) as lane, coalesce(s.number, p.number) as number, null::bigint as "from", null::bigint as "to"
  from (select lane, number, personal from ${statements}) s
  full join (select lane, number, count(*) as kept from ${qualified(personal)} group by lane, number) p
    on p.lane = s.lane and p.number = s.number
  left join (select g.lane::integer as lane, g.number::bigint as number, count(*) as gone
               from ${statements} e join ${rows} r on r.lane = e.lane and r.number = e.number
               cross join lateral rows from (json_array_elements_text(r.old -> 'lane'), json_array_elements_text(r.old -> 'number')) g(lane, number)
              where e.relation = ${literal(relationId(personal))} and e.operation = 'DELETE' group by 1, 2) g
    on g.lane = s.lane and g.number = s.number
 where coalesce(s.personal, 0) <> coalesce(p.kept, 0) + coalesce(g.gone, 0)`

/** In order; each answers rows of AuditFault. */
export const auditFaultQuestions = (relations: AuditRelations): readonly string[] => {
  const [statements, rows] = [qualified(relations.statements), qualified(relations.rows)]
  return [
    links(statements),
    chunks(rows),
    sealed(statements, rows),
    keptValues(qualified(relations.personal)),
    missingValues(statements, rows, relations.personal),
  ].map(limited)
}

/** The last link of each chain. */
export const auditHeads = ({ statements }: AuditRelations): string =>
  `select distinct on (lane) lane, number, encode(hash, 'hex') as hash from ${qualified(statements)} order by lane, number desc`

export const auditCounts = ({ statements, rows, personal }: AuditRelations): string =>
  `select (select count(*) from ${qualified(statements)}) as statements,
  (select coalesce(sum(entries), 0) from ${qualified(rows)}) as entries,
  (select count(*) from ${qualified(personal)}) as personal`

export interface Head {
  readonly lane: number
  readonly number: number
  /** Hexadecimal. */
  readonly hash: string
}

/** Earlier heads that are not in their chain any more, with what stands there now. */
export const lostHeads = ({ statements }: AuditRelations, heads: readonly Head[]): string =>
  `select h.lane, h.number, encode(s.hash, 'hex') as hash,
  (select max(l.number) from ${qualified(statements)} l where l.lane = h.lane) as last
  from json_to_recordset(${literal(JSON.stringify(heads))}) h(lane integer, number bigint, hash text)
  left join ${qualified(statements)} s on s.lane = h.lane and s.number = h.number
 where encode(s.hash, 'hex') is distinct from h.hash order by h.lane`
