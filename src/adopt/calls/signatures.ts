/** How functions are called: names and types of their arguments, and the columns of what they answer. One query for all. */
import type { FunctionFacts } from '../../catalog/function.ts'
import { argumentTypes } from '../../catalog/uses.ts'
import type { Session } from '../../postgres/session.ts'
import { inTransaction } from '../observe/work.ts'

export interface ArgumentType {
  /** As a cast names it. */
  readonly type: string
  /** Under its domains; of an array its elements'. */
  readonly base: string
  readonly isArray: boolean
  readonly labels: readonly string[] | null
  /** `p`: a pseudo-type. */
  readonly kind: string
  /** Of a table's rows: the table. */
  readonly table: { readonly schema: string; readonly name: string } | null
  /** Of a composite type of its own: the types of its attributes. */
  readonly attributes: readonly { readonly name: string; readonly type: string }[] | null
}

export interface Argument extends ArgumentType {
  /** Empty where it has none. */
  readonly name: string
}

export interface Signature {
  readonly schema: string
  readonly name: string
  readonly args: readonly string[]
  /** Both as SQL writes them, quoted where they have to be. */
  readonly schemaSql: string
  readonly nameSql: string
  readonly arguments: readonly Argument[]
  readonly isVariadic: boolean
  /** Another function has its name: arguments need their casts. */
  readonly isOverloaded: boolean
  /** Columns of its answer, where there are several. */
  readonly columns: readonly string[]
  readonly isRecord: boolean
}

const attributesOf = (relation: string): string => `(
  select json_agg(json_build_object('name', attribute.attname, 'type', pg_catalog.format_type(attribute.atttypid, attribute.atttypmod))
    order by attribute.attnum)
  from pg_catalog.pg_attribute attribute
  where attribute.attrelid = ${relation} and attribute.attnum > 0 and not attribute.attisdropped)`

const signaturesSql = `
with recursive under(type, base) as (
  select oid, oid from pg_catalog.pg_type where typtype <> 'd'
  union all
  select t.oid, under.base from under join pg_catalog.pg_type t on t.typtype = 'd' and t.typbasetype = under.type
)
select
  n.nspname as schema, p.proname as name, ${argumentTypes('p')} as args,
  pg_catalog.quote_ident(n.nspname) as "schemaSql", pg_catalog.quote_ident(p.proname) as "nameSql",
  p.provariadic <> 0 as "isVariadic",
  (select count(*) > 1 from pg_catalog.pg_proc o where o.proname = p.proname) as "isOverloaded",
  p.prorettype = 'pg_catalog.record'::pg_catalog.regtype and p.proargmodes is null as "isRecord",
  coalesce(
    (select json_agg(p.proargnames[argument.at] order by argument.at)
      from unnest(p.proargmodes) with ordinality argument(mode, at)
      where argument.mode in ('o', 'b', 't') having count(*) > 1),
    (select json_agg(attribute.name order by attribute.at) from (
      select a.attname as name, a.attnum as at from pg_catalog.pg_type t
      join pg_catalog.pg_attribute a on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
      where t.oid = p.prorettype and t.typtype = 'c') attribute),
    '[]'::json) as columns,
  (select coalesce(json_agg(json_build_object(
      'name', coalesce((array_agg_names.names)[argument.at], ''),
      -- A cast to character or bit as they are called otherwise cuts off all but the first place.
      'type', pg_catalog.format_type(argument.type, -1),
      'base', pg_catalog.format_type(
        case coalesce(element.oid, base.oid) when 'pg_catalog.bpchar'::pg_catalog.regtype then 'pg_catalog.text'::pg_catalog.regtype
          else coalesce(element.oid, base.oid) end, null),
      'isArray', element.oid is not null,
      'kind', coalesce(element.typtype, base.typtype),
      'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e
        where e.enumtypid = coalesce(element.oid, base.oid)),
      'table', case when relation.relkind in ('r', 'p') then
        json_build_object('schema', relation_schema.nspname, 'name', relation.relname) end,
      'attributes', case when relation.relkind = 'c' then ${attributesOf('relation.oid')} end
    ) order by argument.at), '[]'::json)
    from unnest(p.proargtypes::oid[]) with ordinality argument(type, at)
    join under on under.type = argument.type
    join pg_catalog.pg_type base on base.oid = under.base
    left join pg_catalog.pg_type element on base.typcategory = 'A' and element.oid = base.typelem
    left join pg_catalog.pg_class relation on relation.oid = base.typrelid
    left join pg_catalog.pg_namespace relation_schema on relation_schema.oid = relation.relnamespace
    cross join lateral (select case when p.proargmodes is null then p.proargnames else
      (select array_agg(p.proargnames[mode.at] order by mode.at)
        from unnest(p.proargmodes) with ordinality mode(mode, at) where mode.mode in ('i', 'b', 'v')) end as names) array_agg_names
  ) as arguments
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.prokind in ('f', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
order by p.oid`

const keyOf = ({ schema, name, args }: Pick<Signature, 'schema' | 'name' | 'args'>): string =>
  JSON.stringify([schema, name, args])

/** What answers the signature of a function of the catalog. */
export const readSignatures = async (
  db: Session,
): Promise<(facts: Pick<FunctionFacts, 'schema' | 'name' | 'args'>) => Signature | undefined> => {
  const rows = await inTransaction(db, async () => {
    // Types are named as the catalog names them: with their schema.
    await db.query(`set local search_path = ''`)
    return db.json<Signature>(signaturesSql)
  })
  const all = new Map(rows.map((row) => [keyOf(row), row]))
  return (facts) => all.get(keyOf(facts))
}
