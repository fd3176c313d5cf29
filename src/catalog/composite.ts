/**
 * Composite types (CREATE TYPE … AS (…)). No mutants: an attribute is seen only through the columns and functions that
 * use the type, whose own mutants take the type away from them.
 */
import { ident, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { StructureKind } from './structure.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { restoreColumns, unlessItIsThere } from './type/columns.ts'
import { typeGone, unusedTypeMutants } from './type/unused.ts'
import { typeId, usedIds, usesSql, type Use } from './uses.ts'

export interface CompositeFacts {
  readonly schema: string
  readonly name: string
  readonly attributes: readonly {
    readonly name: string
    readonly type: string
    readonly collation: string | null
  }[]
}

interface CompositeRow extends CompositeFacts {
  readonly uses: readonly Use[]
}

const compositesSql = `
  select n.nspname as schema, t.typname as name,
    (select coalesce(json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
        'collation', case when a.attcollation <> at.typcollation
          then (select pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
            from pg_catalog.pg_collation co join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
            where co.oid = a.attcollation) end) order by a.attnum), '[]'::json)
      from pg_catalog.pg_attribute a join pg_catalog.pg_type at on at.oid = a.atttypid
      where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attributes,
    ${usesSql('pg_class', 't.typrelid')} as uses
  from pg_catalog.pg_type t
  join pg_catalog.pg_class c on c.oid = t.typrelid and c.relkind = 'c'
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where t.typtype = 'c' and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  order by n.nspname collate "C", t.typname collate "C"`

const attributesText = ({ attributes }: CompositeFacts): string =>
  attributes
    .map((a) => `${ident(a.name)} ${a.type}${a.collation === null ? '' : ` COLLATE ${a.collation}`}`)
    .join(', ')

export const compositeKind: StructureKind<CompositeFacts> = {
  kind: 'composite',
  read: async (db: Session) =>
    (await db.json<CompositeRow>(compositesSql)).map(({ uses, ...facts }) => ({
      id: typeId('composite', facts),
      kind: 'composite',
      table: null,
      name: facts.name,
      definition: `COMPOSITE (${attributesText(facts)})`,
      dependsOn: usedIds(uses),
      facts,
    })),
  create: (structure, catalog) => [
    unlessItIsThere(`create type ${qualified(structure.facts)} as (${attributesText(structure.facts)})`),
    ...restoreColumns(structure, catalog),
  ],
  drop: typeGone,
  mutants: unusedTypeMutants,
  notMutated:
    'its attributes are seen only through columns and functions, whose own mutants take the type from them',
  declaredBy: ({ name }) => `a column of sqlType(${JSON.stringify(name)})`,
}
