/** A table itself: ordinary, partitioned or foreign. Partitions are compared with their parent and not listed. */
import { structureId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { tableOf } from './alter.ts'
import { grantsOn } from './dependency/dependent-ddl.ts'
import { idsOf, makeMutant } from './make-mutant.ts'
import type { Catalog, Structure, StructureKind } from './structure.ts'
import type { Table } from './table.ts'

export interface RelationFacts {
  readonly kind: Table['kind']
  readonly unlogged: boolean
  /** `RANGE (ordered_at)`; null when not partitioned. */
  readonly partitionKey: string | null
  /** `public.parent`, quoted where needed, when it inherits from ordinary tables. */
  readonly inherits: readonly string[]
  /** `"server" OPTIONS (…)` of a foreign table. */
  readonly server: string | null
  /** Partitions at every depth, parents first. */
  readonly partitions: readonly Partition[]
}

interface Partition {
  /** Relation id. */
  readonly id: string
  readonly partitionKey: string | null
  /** `FOR VALUES …` of a partition of a partition; those of the table itself are attached by their own structure. */
  readonly bound: string | null
}

interface RelationRow extends Omit<RelationFacts, 'kind' | 'partitions'> {
  readonly table: number
  readonly bound: string | null
}

const relationsSql = `
  select
    c.oid::bigint as table, c.relpersistence = 'u' as unlogged,
    pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound,
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
  where c.relkind in ('r', 'p', 'f') and c.oid >= 16384`

const definitionOf = (facts: RelationFacts): string =>
  [
    facts.unlogged ? 'UNLOGGED TABLE' : facts.kind === 'foreign' ? 'FOREIGN TABLE' : 'TABLE',
    ...(facts.inherits.length > 0 ? [`INHERITS (${facts.inherits.join(', ')})`] : []),
    ...(facts.partitionKey === null ? [] : [`PARTITION BY ${facts.partitionKey}`]),
    ...(facts.server === null ? [] : [`SERVER ${facts.server}`]),
  ].join(' ')

const partitionsOf = (
  parent: Table,
  tables: ReadonlyMap<string, Table>,
  rows: ReadonlyMap<number, RelationRow>,
  depth = 1,
): readonly Partition[] =>
  [...tables.values()].flatMap((table) => {
    const row = rows.get(table.oid)
    if (table.partitionOf !== parent.id || !row || row.bound === null) return []
    const own = { id: table.id, partitionKey: row.partitionKey, bound: depth === 1 ? null : row.bound }
    return [own, ...partitionsOf(table, tables, rows, depth + 1)]
  })

const drop = (structure: Structure<RelationFacts>, catalog: Catalog): readonly string[] => [
  `drop ${structure.facts.kind === 'foreign' ? 'foreign table' : 'table'} ${qualified(tableOf(structure, catalog))} cascade`,
]

const bareColumns = (table: Table): string =>
  table.columns
    .map((c) => `${ident(c.name)} ${c.type}${c.collation === null ? '' : ` collate ${c.collation}`}`)
    .join(', ')

/** Grants are structures of their own: none that ALTER DEFAULT PRIVILEGES hands out by itself. */
const owned = (table: Table, catalog: Catalog): readonly string[] => [
  `alter table ${qualified(table)} owner to ${ident(table.owner)}`,
  ...grantsOn(qualified(table), null, table.owner, catalog.dependencies.tableGrantees),
]

const partitionBy = (key: string | null): string => (key === null ? '' : ` partition by ${key}`)

const createPartition = (partition: Partition, catalog: Catalog): readonly string[] => {
  const table = catalog.tables.get(partition.id)
  const parent = catalog.tables.get(table?.partitionOf ?? '')
  if (!table || !parent) return []
  const what =
    partition.bound === null
      ? `(${bareColumns(table)})`
      : `partition of ${qualified(parent)} ${partition.bound}`
  const create = `create table ${qualified(table)} ${what}${partitionBy(partition.partitionKey)}`
  return [create, ...owned(table, catalog)]
}

export const relationKind: StructureKind<RelationFacts> = {
  kind: 'table',
  read: async (db, tables) => {
    const rows = new Map((await db.json<RelationRow>(relationsSql)).map((row) => [row.table, row]))
    return [...tables.values()].flatMap((table): Structure<RelationFacts>[] => {
      const row = rows.get(table.oid)
      if (!row || row.bound !== null) return []
      const facts: RelationFacts = {
        kind: table.kind,
        unlogged: row.unlogged,
        partitionKey: row.partitionKey,
        inherits: row.inherits,
        server: row.server,
        partitions: table.kind === 'partitioned' ? partitionsOf(table, tables, rows) : [],
      }
      const id = structureId(table.id, 'table')
      const definition = definitionOf(facts)
      return [{ id, kind: 'table', table: table.id, name: table.name, definition, dependsOn: [], facts }]
    })
  },
  /** The table with its columns bare, and its partitions beside it: what they must hold is made by the other structures. */
  create: (structure, catalog) => {
    const table = tableOf(structure, catalog)
    const { facts } = structure
    const words = `${facts.unlogged ? 'unlogged ' : ''}${facts.kind === 'foreign' ? 'foreign ' : ''}table`
    const inherits = facts.inherits.length > 0 ? ` inherits (${facts.inherits.join(', ')})` : ''
    const server = facts.server === null ? '' : ` server ${facts.server}`
    return [
      `create ${words} ${qualified(table)} (${bareColumns(table)})${inherits}${partitionBy(facts.partitionKey)}${server}`,
      ...owned(table, catalog),
      ...facts.partitions.flatMap((partition) => createPartition(partition, catalog)),
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
