/**
 * A column's type and collation. Its absence is `text`, which takes any value that can be written; the absence of
 * `text` itself is `character varying`, which takes the same values under another name.
 */
import { structureId } from '../ground/names.ts'
import { alterColumn, columnOf, tableOf, tablesByOid } from './alter.ts'
import { changeType, restoreType, type TypeChange } from './type/change.ts'
import { makeMutant } from './make-mutant.ts'
import { isNeverNull, isRangeColumn } from './expression/never-null.ts'
import { impliedNotNull } from './not-null.ts'
import { withoutTemplated } from './partition/template.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import type { Column, Table } from './table.ts'
import { typeMutants } from './type/mutants.ts'
import { usedIds, usesSql, type Use } from './uses.ts'

export interface ColumnFacts {
  readonly column: string
  readonly type: string
  /** Qualified; null when it is the type's own. */
  readonly collation: string | null
}

interface ColumnRow {
  readonly table: number
  readonly column: string
  readonly uses: readonly Use[]
}

/** Types and collations that are declared in this database, or come from an extension: of the column, or of its array's elements. */
const columnTypesSql = `
  select a.attrelid::bigint as table, a.attname as column, ${usesSql('pg_class', 'a.attrelid', 'a.attnum')} as uses
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  where c.relkind in ('r', 'p', 'f') and c.oid >= 16384 and a.attnum > 0 and not a.attisdropped
    and (a.atttypid >= 16384 or a.attcollation >= 16384)`

const absentType = (column: Column): string => (column.type === 'text' ? 'character varying' : 'text')

const definitionOf = (column: Column): string =>
  column.collation === null ? column.type : `${column.type} COLLATE ${column.collation}`

const change = (structure: Structure<ColumnFacts>, catalog: Catalog, to: string): TypeChange => {
  const table = tableOf(structure, catalog)
  return changeType(catalog, table, columnOf(table, structure.facts.column), to)
}

const typeChanges = (structure: Structure<ColumnFacts>, catalog: Catalog): readonly Mutant[] => {
  const column = columnOf(tableOf(structure, catalog), structure.facts.column)
  const absent = absentType(column)
  const removal = change(structure, catalog, absent)
  const removed = makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: `${column.type} becomes ${absent}`,
    ddl: removal.ddl,
    alsoRemoves: removal.removes,
    byName: column.type === 'text' ? 'both types take the same values, and only their names differ' : null,
  })
  const others = typeMutants(column).filter(({ type }) => type !== absent && type !== column.type)
  return [
    removed,
    ...others.map(({ does, type, effect }) => {
      const { ddl, removes } = change(structure, catalog, type)
      const summary = `${column.type} becomes ${type}`
      return makeMutant(structure, { does, details: [type], effect, summary, ddl, alsoRemoves: removes })
    }),
  ]
}

const collationDropped = (structure: Structure<ColumnFacts>, catalog: Catalog): readonly Mutant[] => {
  const table = tableOf(structure, catalog)
  const column = columnOf(table, structure.facts.column)
  if (column.collation === null) return []
  const { ddl, removes } = changeType(catalog, table, { ...column, collation: null }, column.type)
  const summary = `collation ${column.collation} becomes the type's own`
  return [
    makeMutant(structure, {
      does: 'collation-dropped',
      effect: 'changed',
      summary,
      ddl,
      alsoRemoves: removes,
    }),
  ]
}

/** Why a generated column never holds null; null when it may, or is not generated. */
const computedNotNull = (table: Table, column: Column): string | null => {
  if (column.generated === null || column.default === null) return null
  const isRequired = (name: string): boolean => columnOf(table, name).notNull
  const known = { isRequired, isRange: (name: string) => isRangeColumn(columnOf(table, name)) }
  return isNeverNull(column.default, known) ? 'it is computed from values that are never null' : null
}

const notNullAdded = (structure: Structure<ColumnFacts>, catalog: Catalog): readonly Mutant[] => {
  const table = tableOf(structure, catalog)
  const column = columnOf(table, structure.facts.column)
  if (column.notNull) return []
  return [
    makeMutant(structure, {
      does: 'not-null-added',
      effect: 'strengthened',
      summary: `${column.name} refuses null`,
      ddl: [`${alterColumn(table, column.name)} set not null`],
      equivalent: impliedNotNull(catalog, table.id, column.name) ?? computedNotNull(table, column),
    }),
  ]
}

export const columnKind: StructureKind<ColumnFacts> = {
  kind: 'column',
  read: async (db, tables) => {
    const rows = await db.json<ColumnRow>(columnTypesSql)
    const byOid = tablesByOid(tables)
    const uses = new Map(
      rows.map((row) => [JSON.stringify([byOid.get(row.table)?.id, row.column]), row.uses]),
    )
    const structures = [...tables.values()].flatMap((table) =>
      table.columns.map((column): Structure<ColumnFacts> => {
        const types = uses.get(JSON.stringify([table.id, column.name])) ?? []
        return {
          id: structureId(table.id, 'column', column.name),
          kind: 'column',
          table: table.id,
          name: column.name,
          definition: definitionOf(column),
          dependsOn: [structureId(table.id, 'table'), ...usedIds(types)],
          facts: { column: column.name, type: column.type, collation: column.collation },
        }
      }),
    )
    return withoutTemplated(structures, tables, () => true)
  },
  create: (structure, catalog) => {
    const table = tableOf(structure, catalog)
    return [restoreType(catalog, table, columnOf(table, structure.facts.column))]
  },
  drop: (structure, catalog) =>
    change(structure, catalog, absentType(columnOf(tableOf(structure, catalog), structure.facts.column))).ddl,
  mutants: (structure, catalog) => [
    ...typeChanges(structure, catalog),
    ...collationDropped(structure, catalog),
    ...notNullAdded(structure, catalog),
  ],
  declaredBy: ({ facts }) => `the column as ${JSON.stringify({ [facts.column]: facts.type })}`,
}

export const columnsOf = (catalog: Catalog, table: string): readonly Structure<ColumnFacts>[] =>
  catalog.of(table, 'column') as readonly Structure<ColumnFacts>[]
