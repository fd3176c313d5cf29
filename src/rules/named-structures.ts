/**
 * Which foreign key or key a refusal names, and its columns. A partition's copies of what its whole has are listed
 * nowhere, and have names of their own: of these PostgreSQL is asked.
 */
import { excludesOf } from '../catalog/excludes.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import type { ReferencesFacts } from '../catalog/foreign-key.ts'
import { referencesOf } from '../catalog/references.ts'
import type { Table } from '../catalog/table.ts'
import { uniquesOf } from '../catalog/unique.ts'
import { relationId, type RelationName } from '../ground/names.ts'
import type { PgFault } from '../postgres/fault.ts'
import { literal, qualified } from '../postgres/quote.ts'
import { columnsIn } from './expression-columns.ts'
import type { RuleContext } from './rule-kind.ts'
import { selectEach } from './trial.ts'

type Ground = Pick<RuleContext, 'catalog' | 'db'>

export type NamedKey = Pick<ReferencesFacts, 'columns' | 'target' | 'targetColumns'>

const regclass = (fault: PgFault): string =>
  `${literal(qualified({ schema: fault.schema ?? '', name: fault.table ?? '' }))}::pg_catalog.regclass`

const columnNames = (relation: string, key: string): string =>
  `(select json_agg(a.attname order by part.n) from pg_catalog.unnest(${key}) with ordinality part (attnum, n)
      join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = part.attnum)`

/** The foreign key that is named, and those that it is a copy of. */
const copiesOf = (fault: PgFault): string => `
  with recursive copies as (
    select k.oid, k.conparentid from pg_catalog.pg_constraint k
     where k.conrelid = ${regclass(fault)} and k.conname = ${literal(fault.constraint ?? '')} and k.contype = 'f'
    union all
    select k.oid, k.conparentid from pg_catalog.pg_constraint k join copies on k.oid = copies.conparentid
  )`

/** The key at the top: what leads to a partition of the target leads to the target. */
const copiedKeySql = (fault: PgFault): string => `${copiesOf(fault)}
  select ${columnNames('k.conrelid', 'k.conkey')}::text, n.nspname, c.relname, ${columnNames('k.confrelid', 'k.confkey')}::text
    from copies
    join pg_catalog.pg_constraint k on k.oid = copies.oid and k.conparentid = 0
    join pg_catalog.pg_class c on c.oid = k.confrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace`

/** The foreign key that a 23503 names. */
export const foreignKeyNamed = async (
  { catalog, db }: Ground,
  fault: PgFault,
  table: Table,
): Promise<NamedKey | undefined> => {
  const own = referencesOf(catalog, table.id).find((s) => s.facts.name === fault.constraint)?.facts
  if (own || fault.table === null || fault.constraint === null) return own
  const [found] = await selectEach(db, [], [copiedKeySql(fault)])
  const [columns, schema, name, targetColumns] = found?.[0] ?? []
  if (columns == null || schema == null || name == null || targetColumns == null) return undefined
  return {
    columns: JSON.parse(columns) as readonly string[],
    target: relationId({ schema, name }),
    targetColumns: JSON.parse(targetColumns) as readonly string[],
  }
}

const topSql = (fault: PgFault): string => `${copiesOf(fault)}
  select n.nspname, c.relname, k.conname
    from copies
    join pg_catalog.pg_constraint k on k.oid = copies.oid and k.conparentid = 0
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace`

/**
 * The table and the name of the foreign key that a refusal names: of a partition's copy those of the key itself.
 * `before`: what stood when it refused.
 */
export const foreignKeyAtTop = async (
  db: RuleContext['db'],
  fault: PgFault,
  before: readonly string[],
): Promise<{ readonly table: RelationName; readonly name: string }> => {
  const [found] = await selectEach(db, before, [topSql(fault)])
  const [schema, table, name] = found?.[0] ?? []
  if (schema == null || table == null || name == null)
    return {
      table: { schema: fault.schema ?? 'public', name: fault.table ?? '' },
      name: fault.constraint ?? '',
    }
  return { table: { schema, name: table }, name }
}

const partsSql = (fault: PgFault): string => `
  select pg_catalog.pg_get_indexdef(i.indexrelid, p.at, false)
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    cross join lateral pg_catalog.generate_series(1, i.indnkeyatts) p (at)
   where i.indrelid = ${regclass(fault)} and c.relname = ${literal(fault.constraint ?? '')}
   order by p.at`

const copiedParts = async ({ db }: Ground, fault: PgFault): Promise<readonly string[]> => {
  if (fault.table === null || fault.constraint === null) return []
  const [found] = await selectEach(db, [], [partsSql(fault)])
  return (found ?? []).flatMap((row) => row[0] ?? [])
}

/** Columns of the key or exclusion that a 23505 or 23P01 names, the last one first: the first ones often say whose row it is. */
export const keyColumnsNamed = async (
  ground: Ground,
  fault: PgFault,
  table: Table,
): Promise<readonly string[]> => {
  const { catalog } = ground
  const keys = [...uniquesOf(catalog, table.id), ...primaryKeysOf(catalog, table.id)]
  const named = [
    ...keys.map((s) => ({ name: s.name, parts: s.facts.keys.map((k) => k.expression) })),
    ...excludesOf(catalog, table.id).map((s) => ({
      name: s.name,
      parts: s.facts.elements.map((e) => e.expression),
    })),
  ]
  const parts = named.find((k) => k.name === fault.constraint)?.parts ?? (await copiedParts(ground, fault))
  const columns = await Promise.all(parts.map((part) => columnsIn(table, part)))
  return [...new Set(columns.flat())].toReversed()
}
