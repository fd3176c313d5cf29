/** A column that PostgreSQL computes from the others, when it is written (stored) or when it is read (virtual). */
import { structureId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { alterColumn, alterTable, columnOf, tableOf, tablesByOid } from './alter.ts'
import { aroundChange, columnKeys } from './dependency/dependents.ts'
import { valueMutants } from './expression/expressions.ts'
import { makeMutant } from './make-mutant.ts'
import { neverRaises } from './expression/never-raises.ts'
import { parentsOf } from './parents.ts'
import { withoutTemplated } from './partition/template.ts'
import { partitionParent } from './partition/whole.ts'
import { readdGenerated } from './readd-generated.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import { usedIds, usesSql, type Use } from './uses.ts'

export interface GeneratedFacts {
  readonly column: string
  readonly expression: string
  readonly storage: 'stored' | 'virtual'
}

interface GeneratedRow extends GeneratedFacts {
  readonly table: number
  readonly uses: readonly Use[]
  /** PostgreSQL 14 notes the columns of the expression under the column, not under its expression. */
  readonly columns: readonly string[]
}

const generatedSql = `
  select f.adrelid::bigint as table, a.attname as column,
    pg_catalog.pg_get_expr(f.adbin, f.adrelid) as expression,
    case a.attgenerated when 's' then 'stored' else 'virtual' end as storage,
    ${usesSql('pg_attrdef', 'f.oid')} as uses,
    coalesce((select json_agg(used.attname order by used.attnum) from pg_catalog.pg_depend d
      join pg_catalog.pg_attribute used on used.attrelid = d.refobjid and used.attnum = d.refobjsubid
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = f.adrelid and d.objsubid = f.adnum
        and d.refclassid = d.classid and d.refobjid = f.adrelid and d.refobjsubid > 0), '[]'::json) as columns
  from pg_catalog.pg_attrdef f
  join pg_catalog.pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
  join pg_catalog.pg_class c on c.oid = f.adrelid
  where a.attgenerated <> '' and c.relkind in ('r', 'p', 'f') and c.oid >= 16384
  order by f.adrelid, f.adnum`

const generation = (expression: string, storage: GeneratedFacts['storage']): string =>
  `generated always as (${expression}) ${storage}`

interface Readded {
  readonly ddl: readonly string[]
  readonly removes: readonly string[]
}

const inGraph = (structure: Structure<GeneratedFacts>, catalog: Catalog) =>
  catalog.dependencies.find(structure.table ?? '', 'generated column', structure.facts.column)

/** The column dropped and added in another way, with all that stands on it around that. */
const readded = (
  structure: Structure<GeneratedFacts>,
  catalog: Catalog,
  how: string,
  isSame: boolean,
): Readded => {
  const table = tableOf(structure, catalog)
  const column = columnOf(table, structure.facts.column)
  const around = aroundChange(catalog, columnKeys(catalog, table.id, column.name), () =>
    isSame ? 'remake' : 'try',
  )
  const collation = column.collation === null ? '' : ` collate ${column.collation}`
  const notNull = catalog.of(table.id, 'required').some((s) => s.name === column.name) ? ' not null' : ''
  const add = [`add column ${ident(column.name)} ${column.type}${collation}`, how].filter(
    (part) => part !== '',
  )
  return {
    ddl: [
      ...around.before,
      `alter table ${qualified(table)} drop column ${ident(column.name)}`,
      `alter table ${qualified(table)} ${add.join(' ')}${notNull}`,
      ...(inGraph(structure, catalog)?.column?.extras ?? []),
      ...around.after,
    ],
    removes: around.removes,
  }
}

/** What its parents generate, a table that inherits generates too: without it the table inherits from them no more. */
const leaveParents = (structure: Structure<GeneratedFacts>, catalog: Catalog): readonly string[] => {
  const table = tableOf(structure, catalog)
  if (partitionParent(catalog, table) !== null) return []
  return parentsOf(table).flatMap((id) => {
    const parent = catalog.tables.get(id)
    const hasColumn = parent?.columns.some(({ name }) => name === structure.facts.column) ?? false
    return parent && hasColumn ? [`${alterTable(table)} no inherit ${qualified(parent)}`] : []
  })
}

/** PostgreSQL drops a stored expression in place; a virtual column has no values to leave behind. */
const withoutExpression = (structure: Structure<GeneratedFacts>, catalog: Catalog): Readded => {
  const left = leaveParents(structure, catalog)
  if (structure.facts.storage === 'stored') {
    const dropped = `${alterColumn(tableOf(structure, catalog), structure.facts.column)} drop expression`
    return { ddl: [...left, dropped], removes: [] }
  }
  const { ddl, removes } = readded(structure, catalog, '', true)
  return { ddl: [...left, ...ddl], removes }
}

const withExpression = (
  structure: Structure<GeneratedFacts>,
  catalog: Catalog,
  expression: string,
): Readded => {
  const { column, storage } = structure.facts
  if (inGraph(structure, catalog)?.column?.readded !== false)
    return readded(structure, catalog, generation(expression, storage), true)
  const set = `${alterColumn(tableOf(structure, catalog), column)} set expression as (${expression})`
  return { ddl: [set], removes: [] }
}

const mutantsOf = (structure: Structure<GeneratedFacts>, catalog: Catalog): readonly Mutant[] => {
  const { column, expression, storage } = structure.facts
  const removal = withoutExpression(structure, catalog)
  const removed = makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: `${column} is an ordinary column`,
    ddl: removal.ddl,
    alsoRemoves: removal.removes,
  })
  const broken = valueMutants(expression)
  const nothing = {
    operator: 'expression-emptied',
    detail: 'null',
    sql: 'null',
    summary: `${column} is always null`,
  }
  const changed = (broken.length > 0 ? broken : [nothing]).map((mutant) => {
    const { ddl, removes } = withExpression(structure, catalog, mutant.sql)
    const { operator, detail, summary } = mutant
    return makeMutant(structure, {
      does: operator,
      details: [detail],
      effect: 'changed',
      summary,
      ddl,
      alsoRemoves: removes,
    })
  })
  if (catalog.major < 18) return [removed, ...changed]
  const other = storage === 'stored' ? 'virtual' : 'stored'
  const exchanged = readded(structure, catalog, generation(expression, other), false)
  const moved = makeMutant(structure, {
    does: 'storage-exchanged',
    details: [other],
    effect: 'changed',
    summary: `${storage} becomes ${other}`,
    ddl: exchanged.ddl,
    alsoRemoves: exchanged.removes,
    equivalent: neverRaises(columnOf(tableOf(structure, catalog), column), expression)
      ? 'its expression gives the same value whenever it is computed, and never fails'
      : null,
  })
  return [removed, ...changed, moved]
}

export const generatedKind: StructureKind<GeneratedFacts> = {
  kind: 'generated',
  read: async (db, tables) => {
    const byOid = tablesByOid(tables)
    const rows = await db.json<GeneratedRow>(generatedSql)
    const structures = rows.flatMap(
      ({ table: oid, uses, columns, ...facts }): Structure<GeneratedFacts>[] => {
        const table = byOid.get(oid)
        if (!table) return []
        const named = [facts.column, ...columns].map((column) => structureId(table.id, 'column', column))
        return [
          {
            id: structureId(table.id, 'generated', facts.column),
            kind: 'generated',
            table: table.id,
            name: facts.column,
            definition: `GENERATED ALWAYS AS (${facts.expression}) ${facts.storage.toUpperCase()}`,
            dependsOn: [...named, ...usedIds(uses)],
            facts,
          },
        ]
      },
    )
    return withoutTemplated(structures, tables)
  },
  create: (structure, catalog) => [
    readdGenerated(catalog, tableOf(structure, catalog), structure.facts.column),
  ],
  drop: (structure, catalog) => withoutExpression(structure, catalog).ddl,
  mutants: mutantsOf,
  declaredBy: ({ facts }) => `t.generated(${JSON.stringify({ [facts.column]: facts.expression })})`,
}

export const generatedOf = (catalog: Catalog, table: string): readonly Structure<GeneratedFacts>[] =>
  catalog.of(table, 'generated') as readonly Structure<GeneratedFacts>[]
