/** NOT NULL as an attribute of its column, whether PostgreSQL keeps it as a flag or (from 18 on) as a constraint. */
import { structureId } from '../ground/names.ts'
import { ident } from '../postgres/quote.ts'
import { alterColumn, alterTable, tableOf, tablesByOid } from './alter.ts'
import { withChildren } from './dependency/dependents.ts'
import { idsOf, makeMutant } from './make-mutant.ts'
import { withoutTemplated } from './partition/template.ts'
import { primaryKeysOf, type PrimaryKeyFacts } from './primary-key.ts'
import type { Catalog, Structure, StructureKind } from './structure.ts'

export interface RequiredFacts {
  readonly column: string
  /** Existing rows were never looked at (PostgreSQL 18). */
  readonly notValid: boolean
  /** Inherited, so that it cannot go here alone (PostgreSQL 18). */
  readonly isKept: boolean
  /** What implies it and forbids to drop it alone: PostgreSQL refuses such a mutant. */
  readonly impliedBy: 'primary key' | 'identity' | null
  /** `"schema"."child"`, nearest first: tables that inherit it and say it again themselves; null: none. */
  readonly repeatedBy: readonly string[] | null
}

interface RequiredRow extends RequiredFacts {
  readonly table: number
}

const requiredSql = `
  select a.attrelid::bigint as table, a.attname as column,
    exists (select from pg_catalog.pg_constraint k
      where k.conrelid = a.attrelid and k.contype = 'n' and k.conkey[1] = a.attnum and not k.convalidated) as "notValid",
    exists (select from pg_catalog.pg_constraint k
      where k.conrelid = a.attrelid and k.contype = 'n' and k.conkey[1] = a.attnum and k.coninhcount > 0) as "isKept",
    case
      when exists (select from pg_catalog.pg_constraint k
        where k.conrelid = a.attrelid and k.contype = 'p' and a.attnum = any (k.conkey)) then 'primary key'
      when a.attidentity <> '' then 'identity'
    end as "impliedBy",
    case when c.relkind = 'r' and c.relhassubclass then (
      with recursive below (oid, depth) as (
        select i.inhrelid, 1 from pg_catalog.pg_inherits i where i.inhparent = c.oid
        union select i.inhrelid, depth + 1 from pg_catalog.pg_inherits i join below on below.oid = i.inhparent
      )
      select json_agg(format('%I.%I', n.nspname, b.relname) order by below.depth, n.nspname collate "C", b.relname collate "C")
      from below
      join pg_catalog.pg_class b on b.oid = below.oid
      join pg_catalog.pg_namespace n on n.oid = b.relnamespace
      join pg_catalog.pg_attribute ba on ba.attrelid = b.oid and ba.attname = a.attname and ba.attidentity = ''
      where exists (select from pg_catalog.pg_constraint k
          where k.conrelid = b.oid and k.contype = 'n' and k.conkey[1] = ba.attnum and k.conislocal and k.coninhcount > 0)
    ) end as "repeatedBy"
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  where a.attnotnull and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f') and c.oid >= 16384
  order by a.attrelid, a.attnum`

/** Primary keys of tables below, which hold it there and so forbid that it goes here. */
const keysBelow = (
  { table, facts }: Structure<RequiredFacts>,
  catalog: Catalog,
): readonly Structure<PrimaryKeyFacts>[] =>
  withChildren(catalog, table ?? '')
    .slice(1)
    .flatMap((below) => primaryKeysOf(catalog, below))
    .filter((key) => key.facts.columns.includes(facts.column))

const drop = (structure: Structure<RequiredFacts>, catalog: Catalog): readonly string[] => [
  ...keysBelow(structure, catalog).map(
    (key) => `${alterTable(tableOf(key, catalog))} drop constraint ${ident(key.name)} cascade`,
  ),
  `${alterColumn(tableOf(structure, catalog), structure.facts.column)} drop not null`,
  ...(structure.facts.repeatedBy ?? []).map(
    (child) => `alter table ${child} alter column ${ident(structure.facts.column)} drop not null`,
  ),
]

/** Ids of what goes with it. */
const alsoRemoved = (structure: Structure<RequiredFacts>, catalog: Catalog): readonly string[] =>
  keysBelow(structure, catalog).flatMap((key) => [key.id, ...idsOf(catalog.dependents(key.id))])

export const requiredKind: StructureKind<RequiredFacts> = {
  kind: 'required',
  read: async (db, tables) => {
    const byOid = tablesByOid(tables)
    const rows = await db.json<RequiredRow>(requiredSql)
    const structures = rows.flatMap(({ table: oid, ...facts }): Structure<RequiredFacts>[] => {
      const table = byOid.get(oid)
      if (!table) return []
      return [
        {
          id: structureId(table.id, 'required', facts.column),
          kind: 'required',
          table: table.id,
          name: facts.column,
          definition: facts.notValid ? 'NOT NULL NOT VALID' : 'NOT NULL',
          dependsOn: [structureId(table.id, 'column', facts.column)],
          facts,
        },
      ]
    })
    return withoutTemplated(structures, tables, ({ facts }) => facts.isKept)
  },
  create: (structure, catalog) => {
    const table = tableOf(structure, catalog)
    const { column, notValid } = structure.facts
    if (notValid) return [`${alterTable(table)} add not null ${ident(column)} not valid`]
    return [`${alterColumn(table, column)} set not null`]
  },
  drop,
  mutants: (structure, catalog) => [
    makeMutant(structure, {
      does: 'removed',
      effect: 'removed',
      summary: `${structure.facts.column} takes null`,
      ddl: drop(structure, catalog),
      alsoRemoves: alsoRemoved(structure, catalog),
    }),
  ],
  declaredBy: ({ facts }) => `t.required(${JSON.stringify(facts.column)})`,
}

export const requiredOf = (catalog: Catalog, table: string): readonly Structure<RequiredFacts>[] =>
  catalog.of(table, 'required') as readonly Structure<RequiredFacts>[]
