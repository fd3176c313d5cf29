/** Partitions: those that are new are made, those that are gone are let go of with their rows, others are left alone. */
import type { PartitionFacts } from '../../catalog/partition.ts'
import type { RelationFacts } from '../../catalog/relation.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { dollarQuoted, literal, qualified } from '../../postgres/quote.ts'
import { together, type ChangeContext, type ChangeKind } from './change.ts'
import { blocksWrites } from './note.ts'

type Part = PartitionFacts['partitions'][number]

const factsOf = (structure: Structure): PartitionFacts => structure.facts as PartitionFacts

const stands = (relation: string, catalog: Catalog): boolean =>
  [...catalog.tables.values()].some((table) => qualified(table) === relation)

/** ` partition by …` of a partition that is itself partitioned, and the statements of those below it. */
const below = (table: string, relation: string, { after }: ChangeContext) => {
  const all = (after.of(table, 'table')[0]?.facts as RelationFacts | undefined)?.partitions ?? []
  const named = all.map((part) => ({ part, at: after.tables.get(part.id) }))
  const own = named.find(({ at }) => at && qualified(at) === relation)
  const inside = (parent: string): readonly string[] =>
    named.flatMap(({ part, at }) => {
      const over = after.tables.get(at?.partitionOf ?? '')
      if (!at || !over || qualified(over) !== parent || part.bound === null) return []
      const by = part.partitionKey === null ? '' : ` partition by ${part.partitionKey}`
      return [
        `create table ${qualified(at)} partition of ${parent} ${part.bound}${by}`,
        ...inside(qualified(at)),
      ]
    })
  const key = own?.part.partitionKey ?? null
  return { by: key === null ? '' : ` partition by ${key}`, inside: inside(relation) }
}

const taken = (
  structure: Structure,
  { relation, bound }: Part,
  context: ChangeContext,
): readonly string[] => {
  const { parent } = factsOf(structure)
  if (stands(relation, context.before)) return [`alter table ${parent} attach partition ${relation} ${bound}`]
  const { by, inside } = below(structure.table ?? '', relation, context)
  return [`create table ${relation} partition of ${parent} ${bound}${by}`, ...inside]
}

/** Of a partition that is to be no table either: rows that nobody else takes keep it. */
const refusesRows = (relation: string): string =>
  `do ${dollarQuoted(`begin if exists (select from ${relation}) then raise exception using message = ${literal(`${relation} holds rows that no other partition takes`)}, hint = 'Move them or delete them first.'; end if; end`)}`

const left = (
  structure: Structure,
  { relation }: Part,
  { after }: Pick<ChangeContext, 'after'>,
): readonly string[] => [
  `alter table ${factsOf(structure).parent} detach partition ${relation}`,
  ...(stands(relation, after) ? [] : [refusesRows(relation), `drop table ${relation}`]),
]

const isIn = ({ relation, bound }: Part, structure: Structure): boolean =>
  factsOf(structure).partitions.some((part) => part.relation === relation && part.bound === bound)

export const partitionChange: ChangeKind = {
  notes: ({ id, table, does, before: old, after: next }) => {
    if (does === 'remove' || !next) return []
    const made = factsOf(next).partitions.filter((part) => old === null || !isIn(part, old))
    const isBeside = factsOf(next).hasDefault && made.some(({ bound }) => bound !== 'DEFAULT')
    if (!isBeside) return []
    return [
      blocksWrites(
        id,
        `nobody reads or writes the DEFAULT partition of ${table} while PostgreSQL looks there for rows of the new one.`,
        'a row that belongs to the new partition must not stand in the other',
      ),
    ]
  },
  make: (structure, context) =>
    together(...factsOf(structure).partitions.flatMap((part) => taken(structure, part, context))),
  alter: (old, next, context) =>
    together(
      ...factsOf(old)
        .partitions.filter((part) => !isIn(part, next))
        .flatMap((part) => left(old, part, context)),
      ...factsOf(next)
        .partitions.filter((part) => !isIn(part, old))
        .flatMap((part) => taken(next, part, context)),
    ),
  remove: (structure, context) =>
    together(...factsOf(structure).partitions.flatMap((part) => left(structure, part, context))),
}
