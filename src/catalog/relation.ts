/** A table itself: ordinary, partitioned or foreign. Partitions are compared with their parent and not listed. */
import { structureId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { tableOf } from './alter.ts'
import { idsOf, makeMutant } from './make-mutant.ts'
import type { Catalog, Structure, StructureKind } from './structure.ts'

export interface RelationFacts {
  readonly kind: 'table' | 'partitioned' | 'foreign'
  readonly owner: string
  readonly unlogged: boolean
  /** `RANGE (ordered_at)`; null when not partitioned. */
  readonly partitionKey: string | null
  /** `public.parent`, quoted where needed, when it inherits from ordinary tables. */
  readonly inherits: readonly string[]
  /** `"server" OPTIONS (…)` of a foreign table. */
  readonly server: string | null
}

interface RelationRow extends Omit<RelationFacts, 'kind' | 'owner'> {
  readonly table: number
}

const relationsSql = `
  select
    c.oid::bigint as table, c.relpersistence = 'u' as unlogged,
    case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end as "partitionKey",
    coalesce((select json_agg(pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.relname) order by i.inhseqno)
      from pg_catalog.pg_inherits i join pg_catalog.pg_class p on p.oid = i.inhparent
      join pg_catalog.pg_namespace n on n.oid = p.relnamespace where i.inhrelid = c.oid), '[]'::json) as inherits,
    (select pg_catalog.quote_ident(s.srvname) || coalesce(' options (' || (
        select string_agg(pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', ')
        from pg_catalog.pg_options_to_table(f.ftoptions) o) || ')', '')
      from pg_catalog.pg_foreign_table f join pg_catalog.pg_foreign_server s on s.oid = f.ftserver
      where f.ftrelid = c.oid) as server
  from pg_catalog.pg_class c
  where c.relkind in ('r', 'p', 'f') and not c.relispartition and c.oid >= 16384`

const definitionOf = (facts: RelationFacts): string =>
  [
    facts.unlogged ? 'UNLOGGED TABLE' : facts.kind === 'foreign' ? 'FOREIGN TABLE' : 'TABLE',
    ...(facts.inherits.length > 0 ? [`INHERITS (${facts.inherits.join(', ')})`] : []),
    ...(facts.partitionKey === null ? [] : [`PARTITION BY ${facts.partitionKey}`]),
    ...(facts.server === null ? [] : [`SERVER ${facts.server}`]),
  ].join(' ')

const drop = (structure: Structure<RelationFacts>, catalog: Catalog): readonly string[] => [
  `drop ${structure.facts.kind === 'foreign' ? 'foreign table' : 'table'} ${qualified(tableOf(structure, catalog))} cascade`,
]

export const relationKind: StructureKind<RelationFacts> = {
  kind: 'table',
  read: async (db, tables) => {
    const rows = new Map((await db.json<RelationRow>(relationsSql)).map(({ table, ...row }) => [table, row]))
    return [...tables.values()].flatMap((table): Structure<RelationFacts>[] => {
      const row = rows.get(table.oid)
      if (!row) return []
      const facts = { ...row, kind: table.kind, owner: table.owner }
      const id = structureId(table.id, 'table')
      const definition = definitionOf(facts)
      return [{ id, kind: 'table', table: table.id, name: table.name, definition, dependsOn: [], facts }]
    })
  },
  /** The table with its columns bare: what they must hold is made by the other structures. */
  create: (structure, catalog) => {
    const table = tableOf(structure, catalog)
    const { facts } = structure
    const columns = table.columns.map(
      (c) => `${ident(c.name)} ${c.type}${c.collation === null ? '' : ` collate ${c.collation}`}`,
    )
    const words = `${facts.unlogged ? 'unlogged ' : ''}${facts.kind === 'foreign' ? 'foreign ' : ''}table`
    const inherits = facts.inherits.length > 0 ? ` inherits (${facts.inherits.join(', ')})` : ''
    const partition = facts.partitionKey === null ? '' : ` partition by ${facts.partitionKey}`
    const server = facts.server === null ? '' : ` server ${facts.server}`
    return [
      `create ${words} ${qualified(table)} (${columns.join(', ')})${inherits}${partition}${server}`,
      `alter table ${qualified(table)} owner to ${ident(facts.owner)}`,
    ]
  },
  drop,
  mutants: (structure, catalog) => [
    makeMutant(structure, {
      does: 'removed',
      effect: 'removed',
      summary: 'the table is gone',
      ddl: drop(structure, catalog),
      alsoRemoves: idsOf(catalog.dependents(structure.id).filter((s) => s.table !== structure.table)),
    }),
  ],
  declaredBy: ({ name }) => `table(${JSON.stringify(name)}, { … })`,
}

export const relationOf = (catalog: Catalog, table: string): Structure<RelationFacts> | undefined =>
  catalog.of(table, 'table')[0] as Structure<RelationFacts> | undefined
