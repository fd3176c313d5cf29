/** What a column that is left out of an insert gets. Generated columns and identities are structures of their own. */
import { structureId } from '../ground/names.ts'
import { alterColumn, columnOf, tableOf, tablesByOid } from './alter.ts'
import { changedDefault, isNullDefault } from './default-mutants.ts'
import { readable } from './expression-tree.ts'
import { makeMutant } from './make-mutant.ts'
import { withoutTemplated } from './partition-template.ts'
import { parseExpression } from '../postgres/parse.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import { usedIds, usesSql, type Use } from './uses.ts'

export interface DefaultFacts {
  readonly column: string
  readonly expression: string
}

interface DefaultRow extends DefaultFacts {
  readonly table: number
  readonly uses: readonly Use[]
}

const defaultsSql = `
  select f.adrelid::bigint as table, a.attname as column,
    pg_catalog.pg_get_expr(f.adbin, f.adrelid) as expression,
    ${usesSql('pg_attrdef', 'f.oid')} as uses
  from pg_catalog.pg_attrdef f
  join pg_catalog.pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
  join pg_catalog.pg_class c on c.oid = f.adrelid
  where a.attgenerated = '' and c.relkind in ('r', 'p', 'f') and c.oid >= 16384
  order by f.adrelid, f.adnum`

const drop = (structure: Structure<DefaultFacts>, catalog: Catalog): readonly string[] => [
  `${alterColumn(tableOf(structure, catalog), structure.facts.column)} drop default`,
]

const mutantsOf = (structure: Structure<DefaultFacts>, catalog: Catalog): readonly Mutant[] => {
  const { column, expression } = structure.facts
  const table = tableOf(structure, catalog)
  const before = readable(parseExpression(expression))
  const removed = makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: `${column} is null when it is left out`,
    ddl: drop(structure, catalog),
    equivalent: isNullDefault(expression) ? 'a column without a default gets null too' : null,
  })
  const changed = changedDefault(columnOf(table, column), expression)
  if (changed === null) return [removed]
  return [
    removed,
    makeMutant(structure, {
      does: 'changed',
      effect: 'changed',
      summary: `default ${before} becomes ${readable(parseExpression(changed))}`,
      ddl: [`${alterColumn(table, column)} set default ${changed}`],
    }),
  ]
}

export const defaultKind: StructureKind<DefaultFacts> = {
  kind: 'default',
  read: async (db, tables) => {
    const byOid = tablesByOid(tables)
    const rows = await db.json<DefaultRow>(defaultsSql)
    const structures = rows.flatMap(({ table: oid, uses, ...facts }): Structure<DefaultFacts>[] => {
      const table = byOid.get(oid)
      if (!table) return []
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
    })
    return withoutTemplated(structures, tables)
  },
  create: (structure, catalog) => [
    `${alterColumn(tableOf(structure, catalog), structure.facts.column)} set default ${structure.facts.expression}`,
  ],
  drop,
  mutants: mutantsOf,
  declaredBy: ({ facts }) => `t.defaults(${JSON.stringify({ [facts.column]: facts.expression })})`,
}

export const defaultsOf = (catalog: Catalog, table: string): readonly Structure<DefaultFacts>[] =>
  catalog.of(table, 'default') as readonly Structure<DefaultFacts>[]
