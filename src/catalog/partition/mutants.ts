/**
 * The ways to break partitions: none is attached, the first or the last is missing, a bound stands one step further
 * in. Their ids name places of the template, so that they are the same next month.
 */
import type { Bound } from './bound.ts'
import { makeMutant } from '../make-mutant.ts'
import type { Mutant, Structure } from '../structure.ts'

/** What this file needs of partition.ts's facts. */
interface Facts {
  readonly parent: string
  readonly keyType: string | null
  readonly partitions: readonly {
    readonly relation: string
    readonly bound: string
    readonly parsed: Bound
  }[]
  readonly hasDefault: boolean
  readonly inner: readonly { readonly parent: string; readonly relation: string }[]
}

type Partition = Facts['partitions'][number]

const detached = (facts: Facts, { relation }: Partition): string =>
  `alter table ${facts.parent} detach partition ${relation}`

const reattached = (facts: Facts, partition: Partition, bound: string): readonly string[] => [
  detached(facts, partition),
  `alter table ${facts.parent} attach partition ${partition.relation} ${bound}`,
]

/** One step of the key's type, as SQL; null where PostgreSQL has no such step. */
export const stepOf = (keyType: string | null): { readonly type: string; readonly step: string } | null => {
  const type = keyType?.replace(/\(.*?\)/gu, '') ?? ''
  if (['smallint', 'integer', 'bigint', 'numeric', 'date'].includes(type)) return { type, step: '1' }
  return type.startsWith('timestamp') ? { type, step: `interval '1 day'` } : null
}

const isOpen = (end: string | undefined): boolean => end === undefined || /^(?:MINVALUE|MAXVALUE)$/u.test(end)

const boundsMoved = (structure: Structure<Facts>): Mutant[] => {
  const { facts } = structure
  const step = stepOf(facts.keyType)
  const move = (partition: Partition | undefined, end: 'from' | 'to'): Mutant[] => {
    if (!partition || partition.parsed.kind !== 'range' || !step) return []
    const { parsed } = partition
    const [moved, ...rest] = parsed[end]
    if (moved === undefined || isOpen(moved)) return []
    const inner = [`${moved}::${step.type} ${end === 'from' ? '+' : '-'} ${step.step}`, ...rest].join(', ')
    const from = end === 'from' ? inner : parsed.from.join(', ')
    const to = end === 'to' ? inner : parsed.to.join(', ')
    return [
      makeMutant(structure, {
        does: 'bound-moved',
        details: [end === 'from' ? 'first' : 'last'],
        effect: 'strengthened',
        summary:
          end === 'from'
            ? 'the first partition begins one step later'
            : 'the last partition ends one step earlier',
        ddl: reattached(facts, partition, `FOR VALUES FROM (${from}) TO (${to})`),
      }),
    ]
  }
  const ranges = facts.partitions.filter((p) => p.parsed.kind === 'range')
  return [...move(ranges[0], 'from'), ...move(ranges.at(-1), 'to')]
}

const valuesRemoved = (structure: Structure<Facts>): Mutant[] => {
  const { facts } = structure
  const partition = facts.partitions.find((p) => p.parsed.kind === 'list' && p.parsed.values.length > 1)
  if (!partition || partition.parsed.kind !== 'list') return []
  return [
    makeMutant(structure, {
      does: 'value-removed',
      effect: 'strengthened',
      summary: 'the first partition of several values takes one less',
      ddl: reattached(facts, partition, `FOR VALUES IN (${partition.parsed.values.slice(1).join(', ')})`),
    }),
  ]
}

const detachedOne = (structure: Structure<Facts>, place: 'first' | 'last'): Mutant[] => {
  const { facts } = structure
  const partition = facts.partitions.at(place === 'first' ? 0 : -1)
  if (!partition || facts.partitions.length < 2) return []
  return [
    makeMutant(structure, {
      does: 'detached',
      details: [place],
      effect: 'strengthened',
      summary: `the ${place} partition is missing`,
      ddl: [detached(facts, partition)],
    }),
  ]
}

/** Another DEFAULT partition: what no partition takes is taken. Hash partitions have none. */
const defaultAdded = (structure: Structure<Facts>): Mutant[] => {
  const { facts, name } = structure
  const [first] = facts.partitions
  if (name === 'default' || facts.hasDefault || !first || first.parsed.kind === 'hash') return []
  const schema = first.relation.slice(0, /^"(?:[^"]|"")*"/u.exec(first.relation)?.[0].length ?? 0)
  return [
    makeMutant(structure, {
      does: 'default-added',
      effect: 'weakened',
      summary: 'a DEFAULT partition takes what no other does',
      ddl: [`create table ${schema}."assay_otherwise" partition of ${facts.parent} default`],
    }),
  ]
}

/** The first partition of a partition that is itself partitioned. */
const innerDetached = (structure: Structure<Facts>): Mutant[] => {
  const inner = structure.facts.inner[0]
  if (!inner) return []
  return [
    makeMutant(structure, {
      does: 'inner-detached',
      details: ['first'],
      effect: 'strengthened',
      summary: 'the first partition of a partition is missing',
      ddl: [`alter table ${inner.parent} detach partition ${inner.relation}`],
    }),
  ]
}

/** `none`: the DDL that detaches them all. */
export const partitionMutants = (structure: Structure<Facts>, none: readonly string[]): readonly Mutant[] => [
  makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: structure.name === 'default' ? 'the DEFAULT partition is missing' : 'no partition is attached',
    ddl: none,
  }),
  ...detachedOne(structure, 'first'),
  ...detachedOne(structure, 'last'),
  ...boundsMoved(structure),
  ...valuesRemoved(structure),
  ...defaultAdded(structure),
  ...innerDetached(structure),
]
