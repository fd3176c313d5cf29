/** Values that the schema's own text names: in checks, in predicates of indexes, in defaults, in bounds of partitions. */
import { relationId } from '../../../ground/names.ts'
import type { Session } from '../../../postgres/session.ts'

const textsSql = `
with texts (relation, text) as (
  select conrelid, pg_catalog.pg_get_constraintdef(oid) from pg_catalog.pg_constraint where contype = 'c' and conrelid <> 0
  union all
  select indrelid, pg_catalog.pg_get_expr(indpred, indrelid) from pg_catalog.pg_index where indpred is not null
  union all
  select adrelid, pg_catalog.pg_get_expr(adbin, adrelid) from pg_catalog.pg_attrdef
  union all
  select oid, pg_catalog.pg_get_expr(relpartbound, oid) from pg_catalog.pg_class where relpartbound is not null
  union all
  select a.attrelid, pg_catalog.pg_get_constraintdef(c.oid)
    from pg_catalog.pg_attribute a join pg_catalog.pg_constraint c on c.contypid = a.atttypid and c.contype = 'c'
)
select n.nspname as schema, c.relname as name, pg_catalog.json_agg(t.text) as texts
  from texts t
  join pg_catalog.pg_class c on c.oid = t.relation
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
 group by n.nspname, c.relname`

const constants = /'(?<text>(?:[^']|'')*)'|(?<![\w.])(?<number>-?\d+(?:\.\d+)?)(?![\w.])/gu

/** Relation id → the constants in its expressions, as texts. */
export const readSchemaValues = async (db: Session): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const rows = await db.json<{
    readonly schema: string
    readonly name: string
    readonly texts: readonly string[]
  }>(textsSql)
  return new Map(
    rows.map((row) => [
      relationId(row),
      new Set(
        row.texts.flatMap((text) =>
          [...text.matchAll(constants)].map(
            ({ groups }) => groups?.['text']?.replaceAll("''", "'") ?? groups?.['number'] ?? '',
          ),
        ),
      ),
    ]),
  )
}
