/** What a column that is left out of an insert gets. Generated columns and identities are structures of their own. */
import { structureId } from '../ground/names.ts'
import { parseExpression } from '../postgres/parse.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { alterColumn, columnOf, tableOf, tablesByOid } from './alter.ts'
import { withChildren } from './dependency/dependents.ts'
import { changedDefault, isNullDefault } from './default-mutants.ts'
import { readable } from './expression/text.ts'
import { makeMutant } from './make-mutant.ts'
import { withoutTemplated } from './partition/template.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import { usedIds, usesSql, type Use } from './uses.ts'

export interface DefaultFacts {
  readonly column: string
  readonly expression: string
  /** Of a serial column: the sequence that goes with it. */
  readonly sequence: { readonly schema: string; readonly name: string; readonly type: string } | null
}

interface DefaultRow extends DefaultFacts {
  readonly table: number
  /** A default of the column's domain would stand in its place. */
  readonly isOverDomain: boolean
  readonly uses: readonly Use[]
}

const defaultsSql = `
  select f.adrelid::bigint as table, a.attname as column,
    pg_catalog.pg_get_expr(f.adbin, f.adrelid) as expression,
    (select json_build_object('schema', n.nspname, 'name', s.relname, 'type', pg_catalog.format_type(q.seqtypid, null))
      from pg_catalog.pg_depend used
      join pg_catalog.pg_depend owned on owned.classid = used.refclassid and owned.objid = used.refobjid
        and owned.refclassid = used.refclassid and owned.refobjid = f.adrelid and owned.refobjsubid = f.adnum and owned.deptype = 'a'
      join pg_catalog.pg_sequence q on q.seqrelid = owned.objid
      join pg_catalog.pg_class s on s.oid = q.seqrelid
      join pg_catalog.pg_namespace n on n.oid = s.relnamespace
      where used.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and used.objid = f.oid
        and used.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      limit 1) as sequence,
    exists (select from pg_catalog.pg_type t where t.oid = a.atttypid and t.typtype = 'd' and t.typdefault is not null) as "isOverDomain",
    ${usesSql('pg_attrdef', 'f.oid')} as uses
  from pg_catalog.pg_attrdef f
  join pg_catalog.pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
  join pg_catalog.pg_class c on c.oid = f.adrelid
  where a.attgenerated = '' and c.relkind in ('r', 'p', 'f') and c.oid >= 16384
  order by f.adrelid, f.adnum`

/** DDL reaches down to partitions and children: those that have a default of their own get it back. */
const ownDefaultsBelow = (structure: Structure<DefaultFacts>, catalog: Catalog): readonly string[] => {
  const { column, expression } = structure.facts
  const table = tableOf(structure, catalog)
  return withChildren(catalog, table.id).flatMap((id) => {
    const child = catalog.tables.get(id)
    const own = child?.columns.find((c) => c.name === column)
    if (!child || child === table || !own || own.default === expression) return []
    const alter = `alter table only ${qualified(child)} alter column ${ident(column)}`
    return [own.default === null ? `${alter} drop default` : `${alter} set default ${own.default}`]
  })
}

const drop = (structure: Structure<DefaultFacts>, catalog: Catalog): readonly string[] => [
  `${alterColumn(tableOf(structure, catalog), structure.facts.column)} drop default`,
  ...ownDefaultsBelow(structure, catalog),
]

const set = (structure: Structure<DefaultFacts>, catalog: Catalog, expression: string): readonly string[] => [
  `${alterColumn(tableOf(structure, catalog), structure.facts.column)} set default ${expression}`,
  ...ownDefaultsBelow(structure, catalog),
]

const mutantsOf = (structure: Structure<DefaultFacts>, catalog: Catalog): readonly Mutant[] => {
  const { column, expression } = structure.facts
  const table = tableOf(structure, catalog)
  const before = readable(parseExpression(expression), expression)
  const removed = makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: isNullDefault(expression)
      ? `${column} gets the default of its domain when it is left out`
      : `${column} is null when it is left out`,
    ddl: drop(structure, catalog),
  })
  const changed = changedDefault(columnOf(table, column), expression)
  if (changed === null) return [removed]
  return [
    removed,
    makeMutant(structure, {
      does: 'changed',
      effect: 'changed',
      summary: `default ${before} becomes ${readable(parseExpression(changed), changed)}`,
      ddl: set(structure, catalog, changed),
    }),
  ]
}

export const defaultKind: StructureKind<DefaultFacts> = {
  kind: 'default',
  read: async (db, tables) => {
    const byOid = tablesByOid(tables)
    const rows = await db.json<DefaultRow>(defaultsSql)
    const structures = rows.flatMap(
      ({ table: oid, uses, isOverDomain, ...facts }): Structure<DefaultFacts>[] => {
        const table = byOid.get(oid)
        // DEFAULT NULL is what a column without a default has.
        if (!table || (!isOverDomain && isNullDefault(facts.expression))) return []
        const own = structureId(table.id, 'column', facts.column)
        return [
          {
            id: structureId(table.id, 'default', facts.column),
            kind: 'default',
            table: table.id,
            name: facts.column,
            definition: `DEFAULT ${facts.expression}`,
            dependsOn: [own, ...usedIds(uses)],
            facts,
          },
        ]
      },
    )
    return withoutTemplated(structures, tables)
  },
  create: (structure, catalog) => {
    const { column, expression, sequence } = structure.facts
    if (sequence === null) return set(structure, catalog, expression)
    const name = qualified(sequence)
    return [
      `create sequence if not exists ${name} as ${sequence.type}`,
      `alter sequence ${name} owned by ${qualified(tableOf(structure, catalog))}.${ident(column)}`,
      ...set(structure, catalog, expression),
    ]
  },
  drop,
  mutants: mutantsOf,
  declaredBy: ({ facts }) => `t.defaults(${JSON.stringify({ [facts.column]: facts.expression })})`,
}

export const defaultsOf = (catalog: Catalog, table: string): readonly Structure<DefaultFacts>[] =>
  catalog.of(table, 'default') as readonly Structure<DefaultFacts>[]
