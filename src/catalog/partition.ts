/**
 * The partitions of a partitioned table: one structure for all that hold a part of the key (they follow a template,
 * and a month that is added is no new structure) and one for the DEFAULT partition.
 */
import { relationId, structureId } from '../ground/names.ts'
import { qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { parseBound, widthOf, type Bound } from './partition/bound.ts'
import { partitionMutants } from './partition/mutants.ts'
import type { Structure, StructureKind } from './structure.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'

export interface PartitionFacts {
  /** `"schema"."table"` of the parent. */
  readonly parent: string
  /** `RANGE (ordered_at)`. */
  readonly key: string
  /** Type of the first key column; null when it is an expression. */
  readonly keyType: string | null
  /** In order of their bounds' text. */
  readonly partitions: readonly {
    readonly relation: string
    /** `FOR VALUES FROM (…) TO (…)`, `DEFAULT`. */
    readonly bound: string
    readonly parsed: Bound
  }[]
  /** Whether a DEFAULT partition stands beside them, or is them. */
  readonly hasDefault: boolean
  /** Partitions of those that are themselves partitioned, at every depth. */
  readonly inner: readonly { readonly parent: string; readonly relation: string }[]
}

interface PartitionRow {
  readonly schema: string
  readonly name: string
  readonly key: string
  readonly keyType: string | null
  readonly isPartition: boolean
  readonly partitions: readonly { readonly schema: string; readonly name: string; readonly bound: string }[]
}

const partitionsSql = `
  select n.nspname as schema, c.relname as name, pg_catalog.pg_get_partkeydef(c.oid) as key, c.relispartition as "isPartition",
    (select pg_catalog.format_type(a.atttypid, a.atttypmod) from pg_catalog.pg_attribute a
      where a.attrelid = c.oid and a.attnum = p.partattrs[0] and a.attnum > 0) as "keyType",
    (select json_agg(json_build_object('schema', kn.nspname, 'name', k.relname,
        'bound', pg_catalog.pg_get_expr(k.relpartbound, k.oid))
        order by pg_catalog.pg_get_expr(k.relpartbound, k.oid) collate "C", kn.nspname collate "C", k.relname collate "C")
      from pg_catalog.pg_inherits i
      join pg_catalog.pg_class k on k.oid = i.inhrelid
      join pg_catalog.pg_namespace kn on kn.oid = k.relnamespace
      where i.inhparent = c.oid and k.relispartition) as partitions
  from pg_catalog.pg_partitioned_table p
  join pg_catalog.pg_class c on c.oid = p.partrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  order by n.nspname collate "C", c.relname collate "C"`

type Parsed = PartitionFacts['partitions'][number]

const widthText = (partitions: readonly Parsed[]): string => {
  const widths = partitions.flatMap(({ parsed }) =>
    parsed.kind === 'range' && parsed.from.length === 1
      ? [widthOf(parsed.from[0] ?? '', parsed.to[0] ?? '')]
      : [],
  )
  const [width] = widths
  if (!width || widths.length !== partitions.length) return ''
  return widths.every((w) => w === width) ? ` EACH ${width}` : ''
}

/** The template, never the list: `PARTITIONS BY RANGE (ordered_at) EACH 1 month`. */
const definitionOf = (key: string, partitions: readonly Parsed[]): string => {
  const [first] = partitions
  if (first?.parsed.kind === 'default') return `DEFAULT PARTITION BY ${key}`
  const modulus = first?.parsed.kind === 'hash' ? ` MODULUS ${first.parsed.modulus}` : ''
  return `PARTITIONS BY ${key}${modulus}${widthText(partitions)}`
}

/** Partitions of these, when they are partitioned, and theirs. */
const innerOf = (
  relations: readonly string[],
  rows: ReadonlyMap<string, PartitionRow>,
): PartitionFacts['inner'] =>
  relations.flatMap((parent) => {
    const parts = (rows.get(parent)?.partitions ?? []).map(qualified)
    return [...parts.map((relation) => ({ parent, relation })), ...innerOf(parts, rows)]
  })

const structuresOf = (
  row: PartitionRow,
  rows: ReadonlyMap<string, PartitionRow>,
): readonly Structure<PartitionFacts>[] => {
  const table = relationId(row)
  const all = (row.partitions ?? []).map((p) => ({
    relation: qualified(p),
    bound: p.bound,
    parsed: parseBound(p.bound),
  }))
  const of = (detail: string, partitions: readonly Parsed[]): Structure<PartitionFacts>[] =>
    partitions.length === 0
      ? []
      : [
          {
            id: structureId(table, 'partition', detail),
            kind: 'partition',
            table,
            name: detail,
            definition: definitionOf(row.key, partitions),
            dependsOn: [structureId(table, 'table')],
            facts: {
              parent: qualified(row),
              key: row.key,
              keyType: row.keyType,
              partitions,
              hasDefault: all.some((p) => p.parsed.kind === 'default'),
              inner: innerOf(
                partitions.map((p) => p.relation),
                rows,
              ),
            },
          },
        ]
  return [
    ...of(
      'template',
      all.filter((p) => p.parsed.kind !== 'default'),
    ),
    ...of(
      'default',
      all.filter((p) => p.parsed.kind === 'default'),
    ),
  ]
}

const detach = (facts: PartitionFacts): readonly string[] =>
  facts.partitions.map((p) => `alter table ${facts.parent} detach partition ${p.relation}`)

export const partitionKind: StructureKind<PartitionFacts> = {
  kind: 'partition',
  /** Partitions of a partition follow their parent's template too, and are not listed. */
  read: async (db: Session) => {
    const found = await db.json<PartitionRow>(partitionsSql)
    const rows = new Map(found.map((row) => [qualified(row), row]))
    return found.filter((row) => !row.isPartition).flatMap((row) => structuresOf(row, rows))
  },
  create: ({ facts }) =>
    facts.partitions.map((p) => `alter table ${facts.parent} attach partition ${p.relation} ${p.bound}`),
  drop: ({ facts }) => detach(facts),
  mutants: (structure) => partitionMutants(structure, detach(structure.facts)),
  declaredBy: ({ id }) => `the rule whose rows it takes, with { by: [${JSON.stringify(id)}] }`,
}
