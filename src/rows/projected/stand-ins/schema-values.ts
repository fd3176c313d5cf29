/**
 * Values that the schema's own text names of a column: in its checks, its default, predicates of indexes that name it, bounds
 * of partitions that it decides. What the text says of another column says nothing of this one.
 */
import { idPart, relationId } from '../../../ground/names.ts'
import type { Session } from '../../../postgres/session.ts'

/** `named`: the column as SQL, where the text may be about others alone. */
const textsSql = `
with texts (relation, attnum, text, named) as (
  select c.conrelid, k.attnum, pg_catalog.pg_get_constraintdef(c.oid), null
    from pg_catalog.pg_constraint c, pg_catalog.unnest(c.conkey) k (attnum)
   where c.contype = 'c' and c.conrelid <> 0
  union all
  select i.indrelid, a.attnum, pg_catalog.pg_get_expr(i.indpred, i.indrelid), pg_catalog.quote_ident(a.attname)
    from pg_catalog.pg_index i join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum > 0
   where i.indpred is not null
  union all
  select adrelid, adnum, pg_catalog.pg_get_expr(adbin, adrelid), null from pg_catalog.pg_attrdef
  union all
  select r.relation, a.attnum, pg_catalog.pg_get_expr(p.relpartbound, p.oid), null
    from pg_catalog.pg_class p
    join pg_catalog.pg_inherits h on h.inhrelid = p.oid
    join pg_catalog.pg_partitioned_table t on t.partrelid = h.inhparent
    join pg_catalog.pg_attribute w on w.attrelid = h.inhparent and w.attnum = any (t.partattrs::smallint[])
    cross join lateral (values (p.oid), (h.inhparent)) r (relation)
    join pg_catalog.pg_attribute a on a.attrelid = r.relation and a.attname = w.attname
   where p.relpartbound is not null
  union all
  select a.attrelid, a.attnum, pg_catalog.pg_get_constraintdef(c.oid), null
    from pg_catalog.pg_attribute a join pg_catalog.pg_constraint c on c.contypid = a.atttypid and c.contype = 'c'
  union all
  select a.attrelid, a.attnum, pg_catalog.pg_get_indexdef(a.attrelid, a.attnum, true), null
    from pg_catalog.pg_index i join pg_catalog.pg_attribute a on a.attrelid = i.indexrelid
   where i.indkey[a.attnum - 1] = 0
)
select n.nspname as schema, c.relname as name, a.attname as column, t.named, pg_catalog.json_agg(t.text) as texts
  from texts t
  join pg_catalog.pg_class c on c.oid = t.relation
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = t.attnum
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 group by n.nspname, c.relname, a.attname, t.named`

interface TextsRow {
  readonly schema: string
  readonly name: string
  readonly column: string
  readonly named: string | null
  readonly texts: readonly string[]
}

const constants = /'(?<text>(?:[^']|'')*)'|(?<![\w.])(?<number>-?\d+(?:\.\d+)?)(?![\w.])/gu

/** Texts without their quotes, and numbers. */
export const constantsOf = (text: string): readonly string[] =>
  [...text.matchAll(constants)].map(
    ({ groups }) => groups?.['text']?.replaceAll("''", "'") ?? groups?.['number'] ?? '',
  )

/** A name in quotes is found as it stands, another one as a word; what constants say is no name. */
const names = (text: string, column: string): boolean => {
  const bare = text.replaceAll(/'(?:[^']|'')*'/gu, "''")
  if (column.startsWith('"')) return bare.includes(column)
  return bare.split(/[^\p{L}\p{N}_$"]+/u).includes(column)
}

/** `relation.column` → the constants in its expressions, as texts. */
export const readSchemaValues = async (db: Session): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const found = new Map<string, Set<string>>()
  for (const { column, named, texts, ...relation } of await db.json<TextsRow>(textsSql)) {
    const id = `${relationId(relation)}.${idPart(column)}`
    const values = found.get(id) ?? new Set<string>()
    for (const text of texts)
      if (named === null || names(text, named)) for (const value of constantsOf(text)) values.add(value)
    found.set(id, values)
  }
  return found
}
