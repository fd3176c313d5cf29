/**
 * Range types with their multirange. No mutants: the subtype of a range cannot be altered, and the columns that hold
 * one have mutants that take the type away from them.
 */
import { ident, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { StructureKind } from './structure.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { restoreColumns, unlessItIsThere } from './type/columns.ts'
import { typeGone, unusedTypeMutants } from './type/unused.ts'
import { typeId, usedIds, usesSql, type Use } from './uses.ts'

export interface RangeFacts {
  readonly schema: string
  readonly name: string
  readonly subtype: string
  readonly multirange: string
  readonly multirangeSchema: string
  /** Quoted and qualified; null where PostgreSQL chooses. */
  readonly operatorClass: string | null
  readonly collation: string | null
  readonly difference: string | null
}

interface RangeRow extends RangeFacts {
  readonly uses: readonly Use[]
}

const rangesSql = `
  select n.nspname as schema, t.typname as name, pg_catalog.format_type(r.rngsubtype, null) as subtype,
    (select m.typname from pg_catalog.pg_type m where m.oid = r.rngmultitypid) as multirange,
    (select mn.nspname from pg_catalog.pg_type m join pg_catalog.pg_namespace mn on mn.oid = m.typnamespace
      where m.oid = r.rngmultitypid) as "multirangeSchema",
    (select pg_catalog.quote_ident(on_.nspname) || '.' || pg_catalog.quote_ident(o.opcname)
      from pg_catalog.pg_opclass o join pg_catalog.pg_namespace on_ on on_.oid = o.opcnamespace
      where o.oid = r.rngsubopc and not o.opcdefault) as "operatorClass",
    (select pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
      from pg_catalog.pg_collation co join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
      join pg_catalog.pg_type st on st.oid = r.rngsubtype
      where co.oid = r.rngcollation and co.oid <> st.typcollation) as collation,
    (select pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
      where p.oid = r.rngsubdiff) as difference,
    ${usesSql('pg_type', 't.oid')} as uses
  from pg_catalog.pg_range r
  join pg_catalog.pg_type t on t.oid = r.rngtypid
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  order by n.nspname collate "C", t.typname collate "C"`

/** Without its schema PostgreSQL makes the multirange in the first schema of the search_path. */
const multirangeOf = ({ multirange, multirangeSchema }: RangeFacts): string =>
  qualified({ schema: multirangeSchema, name: multirange })

const optionsOf = (facts: RangeFacts, multirange: string): string =>
  [
    `subtype = ${facts.subtype}`,
    ...(facts.operatorClass === null ? [] : [`subtype_opclass = ${facts.operatorClass}`]),
    ...(facts.collation === null ? [] : [`collation = ${facts.collation}`]),
    ...(facts.difference === null ? [] : [`subtype_diff = ${facts.difference}`]),
    `multirange_type_name = ${multirange}`,
  ].join(', ')

export const rangeKind: StructureKind<RangeFacts> = {
  kind: 'range',
  read: async (db: Session) =>
    (await db.json<RangeRow>(rangesSql)).map(({ uses, ...facts }) => ({
      id: typeId('range', facts),
      kind: 'range',
      table: null,
      name: facts.name,
      definition: `RANGE (${optionsOf(facts, ident(facts.multirange))})`,
      dependsOn: usedIds(uses),
      facts,
    })),
  create: (structure, catalog) => [
    unlessItIsThere(
      `create type ${qualified(structure.facts)} as range (${optionsOf(structure.facts, multirangeOf(structure.facts))})`,
    ),
    ...restoreColumns(structure, catalog),
  ],
  drop: typeGone,
  mutants: unusedTypeMutants,
  notMutated:
    'a range’s subtype cannot be altered; the columns that hold it have mutants that take the type from them',
  declaredBy: ({ name }) => `a column of sqlType(${JSON.stringify(name)})`,
}
