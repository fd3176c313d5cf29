/**
 * Cases of the partitions by period that stand there now. Their bounds may be those of the day of the migration, so
 * they are spoken of by their place, the first and the last, and no date gets into a title.
 */
import type { PartitionScheme } from '../../architecture/kinds/partitioned-by.ts'
import type { PartitionFacts } from '../../catalog/partition.ts'
import { literal } from '../../postgres/quote.ts'
import { allTrue, type Case } from '../draft.ts'
import { firstInstant, lastInstant } from '../partition/moments.ts'
import {
  addOutside,
  addUnlessForbidden,
  inAnyPartition,
  inPartitions,
  landing,
  moving,
  rowWithKey,
  type Places,
} from '../partition/places.ts'

type PeriodScheme = Extract<PartitionScheme, { readonly by: 'period' }>

interface Standing {
  readonly relation: string
  /** `2026-11-01` */
  readonly day: string
}

const firstDay = /^'(\d{4}-\d\d-\d\d)/u

/** Partitions with a day at their beginning and an end, in order. */
export const standingPartitions = (facts: PartitionFacts | null): readonly Standing[] =>
  (facts?.partitions ?? []).flatMap(({ relation, parsed }) => {
    if (parsed.kind !== 'range' || !firstDay.test(parsed.to[0] ?? '')) return []
    const day = firstDay.exec(parsed.from[0] ?? '')?.[1]
    return day === undefined ? [] : [{ relation, day }]
  })

const isOpen = (facts: PartitionFacts | null, end: 'from' | 'to'): boolean =>
  (facts?.partitions ?? []).some(
    ({ parsed }) => parsed.kind === 'range' && /^M(?:IN|AX)VALUE$/u.test(parsed[end][0] ?? ''),
  )

/** A partition by its place: its period's first and last instant land in it, and nothing else's. */
const addPlace = async (
  places: Places,
  { period }: PeriodScheme,
  which: string,
  { relation, day }: Standing,
): Promise<void> => {
  const { ground, key } = places
  const own = `"place" in (select t.relid from pg_catalog.pg_partition_tree(${literal(relation)}::pg_catalog.regclass) t)`
  const cases: readonly (readonly [what: string, value: string])[] = [
    ['first instant', firstInstant(key, period, day)],
    ['last instant', lastInstant(key, period, day)],
  ]
  for (const [what, value] of cases) {
    const row = await rowWithKey(places, value)
    if (!row) continue
    ground.draft.add({
      title: `a row at the ${what} of the ${which} ${period} lands there`,
      when: [landing(places, [row.row], `pg_catalog.bool_and(${own})`)],
      then: allTrue(),
    })
  }
}

/** Rows of the first and the last period, as one row moves and one statement deletes. */
const addMoves = async (
  places: Places,
  { period }: PeriodScheme,
  first: Standing,
  last: Standing,
): Promise<void> => {
  const { context, key } = places
  const from = await rowWithKey(places, firstInstant(key, period, first.day))
  const to = await rowWithKey(places, firstInstant(key, period, last.day))
  if (!from || !to) return
  const { rows, table } = context
  const one: Case = {
    title: `a row of the first ${period} whose ${key.name} moves on to the last moves there`,
    given: [rows.insert(table, from.row)],
    when: [moving(places, from.row, to.row)],
    then: allTrue(),
  }
  await addUnlessForbidden(places, one)
}

export const addStanding = async (
  places: Places,
  scheme: PeriodScheme,
  facts: PartitionFacts | null,
): Promise<void> => {
  const { ground, key, context } = places
  const own = places.rule.otherwise === 'default' ? inAnyPartition(places) : inPartitions(places)
  ground.draft.add({
    title: 'a row lands in a partition',
    when: [landing(places, [ground.base], own)],
    then: allTrue(),
  })
  const standing = standingPartitions(facts)
  const [first, last] = [standing[0], standing.at(-1)]
  if (!first || !last) {
    if (scheme.maintain === null)
      ground.draft.unsolved(
        `no partition of ${context.table.id} is bounded by dates`,
        `the bounds of its partitions by ${key.name}`,
      )
    return
  }
  await addPlace(places, scheme, 'first', first)
  if (last !== first) {
    await addPlace(places, scheme, 'last', last)
    await addMoves(places, scheme, first, last)
  }
  const before = await rowWithKey(places, lastInstant(key, scheme.period, first.day, -1))
  const beyond = await rowWithKey(places, firstInstant(key, scheme.period, last.day, 1))
  if (before && !isOpen(facts, 'from')) addOutside(places, `a row before the first ${scheme.period}`, before)
  if (beyond && !isOpen(facts, 'to')) addOutside(places, `a row past the last ${scheme.period}`, beyond)
}
