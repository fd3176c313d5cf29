/** Cases of partitions by lists of values and by hash: every value lands with those of its list, every remainder has a partition. */
import type { PartitionScheme } from '../../architecture/kinds/partitioned-by.ts'
import { literal } from '../../postgres/quote.ts'
import { allTrue } from '../draft.ts'
import { valueSql } from './design.ts'
import {
  addOutside,
  addPruned,
  addUnlessForbidden,
  inPartitions,
  landing,
  moving,
  onePlace,
  rowWithKey,
  rowWithParents,
  type PlacedRow,
  type Places,
} from '../partition/places.ts'
import { listed } from '../sentence.ts'
import { selectEach } from '../trial.ts'

type ListScheme = Extract<PartitionScheme, { readonly by: 'list' }>
type HashScheme = Extract<PartitionScheme, { readonly by: 'hash' }>

/** More values of one list than this are not all put in. */
const mostValues = 60

const condition = (places: Places, value: string): string =>
  value === 'null' ? `${places.column} is null` : `${places.column} = ${value}`

/** Rows with these keys, each with its parents; those that nothing lets in are left out. */
const rowsOf = async (
  places: Places,
  values: readonly string[],
  before: readonly string[] = [],
): Promise<readonly PlacedRow[]> => {
  const rows: PlacedRow[] = []
  for (const value of values) {
    const row = await rowWithParents(places, value, [...new Set([...before, ...together(rows)])])
    if (row) rows.push(row)
  }
  return rows
}

const together = (rows: readonly PlacedRow[]): readonly string[] => [
  ...new Set(rows.flatMap((row) => row.given)),
]

/** The row of one list moves to another with its key. */
const addMove = async (places: Places, from: PlacedRow, to: PlacedRow): Promise<void> => {
  const { rule, context } = places
  const value = to.row[rule.column]!
  await addUnlessForbidden(places, {
    title: `a row whose ${rule.column} becomes ${value} moves there`,
    given: [...together([from, to]), context.rows.insert(context.table, from.row)],
    when: [moving(places, from.row, { ...from.row, [rule.column]: value })],
    then: allTrue(),
  })
}

/** A key in no list; where another constraint forbids every such key, one that both refuse. */
const outsideOf = async (places: Places, values: ReadonlySet<string>): Promise<PlacedRow | null> => {
  const { context, rule, ground, key } = places
  const known = new Set(
    (
      await selectEach(
        context.db,
        [],
        [`select ${[...values].map((v) => `(${v})::${key.type}::text`).join(', ')}`],
      )
    )[0]?.[0] ?? [],
  )
  const candidates = (await context.rows.candidates(context.table, rule.column)).filter((c) => c !== 'null')
  const texts = await selectEach(
    context.db,
    [],
    candidates.map((c) => `select (${c})::${key.type}::text`),
  )
  const others = candidates.filter((_, i) => {
    const text = texts[i]?.[0]?.[0]
    return text !== undefined && text !== null && !known.has(text)
  })
  for (const value of others.slice(0, 12)) {
    const row = await rowWithKey(places, value)
    if (row) return row
  }
  const [value] = others
  return value === undefined ? null : { row: { ...ground.base, [rule.column]: value }, given: [] }
}

export const addLists = async (places: Places, { lists }: ListScheme): Promise<void> => {
  const { ground, key, rule } = places
  const firsts: PlacedRow[] = []
  const values = new Set<string>()
  for (const [name, list] of Object.entries(lists)) {
    for (const value of list) values.add(valueSql(value))
    // A list may have null where the column refuses it: no row shows that.
    const shown = list
      .map(valueSql)
      .filter((value) => value !== 'null' || !key.notNull)
      .slice(0, mostValues)
    const rows = await rowsOf(places, shown, together(firsts))
    if (rows.length < shown.length)
      ground.draft.unsolved(
        `no row was found for every value of the partition ${name}`,
        `${rule.column} ${listed(shown)}`,
      )
    if (rows.length === 0) continue
    firsts.push(rows[0]!)
    ground.draft.add({
      title: `rows with ${rule.column} ${listed(shown)} land in one partition`,
      given: together(rows),
      when: [
        landing(
          places,
          rows.map((r) => r.row),
          `${inPartitions(places)}, ${onePlace}`,
        ),
      ],
      then: allTrue(2),
    })
    await addPruned(places, {
      title: `${rule.column} ${shown[0]!}`,
      condition: condition(places, shown[0]!),
      row: rows[0]!,
    })
  }
  if (firsts.length > 1) {
    ground.draft.add({
      title: `rows of each of the ${firsts.length} lists land in partitions of their own`,
      given: together(firsts),
      when: [
        landing(
          places,
          firsts.map((r) => r.row),
          `pg_catalog.count(distinct "place") = ${firsts.length}`,
        ),
      ],
      then: allTrue(),
    })
    await addMove(places, firsts[0]!, firsts[1]!)
  }
  const outside = await outsideOf(places, values)
  if (outside) addOutside(places, `a row with ${rule.column} ${outside.row[rule.column]}`, outside)
  if (key.notNull || values.has('null')) return
  const none = await rowWithKey(places, 'null')
  if (none) addOutside(places, `a row without ${rule.column}`, none)
}

/** Keys to try for each partition: enough that every remainder comes. */
const triesPerPartition = 12

const hashKeys = async ({ context, rule, key }: Places, count: number): Promise<readonly string[]> => {
  const numbers = Array.from({ length: count }, (_, n) => n + 1)
  if (/^(?:smallint|integer|bigint|numeric)$/u.test(key.baseType))
    return numbers.map((n) => String(1_000 + n))
  if (key.baseType === 'uuid')
    return numbers.map((n) => literal(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`))
  if (/^(?:text|character varying)$/u.test(key.baseType)) return numbers.map((n) => literal(`k${n}`))
  return (await context.rows.candidates(context.table, rule.column)).filter((c) => c !== 'null')
}

/** The first key of each remainder, as PostgreSQL hashes them. */
const keyOfEach = async (places: Places, modulus: number): Promise<readonly string[]> => {
  const { context, key, table } = places
  const keys = await hashKeys(places, modulus * triesPerPartition)
  const remainder = `(select r from pg_catalog.generate_series(0, ${modulus - 1}) r where pg_catalog.satisfies_hash_partition(${table}, ${modulus}, r, v.key))`
  const values = keys.map((k, i) => `(${i}, (${k})::${key.type})`).join(', ')
  const [found] = await selectEach(
    context.db,
    [],
    [
      `select distinct on (${remainder}) v.at from (values ${values}) v (at, key) order by ${remainder}, v.at`,
    ],
  )
  return found ? found.map((row) => keys[Number(row[0])]!) : keys.slice(0, modulus)
}

export const addHash = async (places: Places, { modulus }: HashScheme): Promise<void> => {
  const { ground, rule } = places
  const rows = await rowsOf(places, await keyOfEach(places, modulus))
  if (rows.length < modulus)
    ground.draft.unsolved(
      `rows were found for ${rows.length} of the ${modulus} partitions only`,
      `${modulus * triesPerPartition} values of ${rule.column}`,
    )
  if (rows.length === 0) return
  ground.draft.add({
    title: `rows land in ${rows.length} partitions, whatever their ${rule.column}`,
    given: together(rows),
    when: [
      landing(
        places,
        rows.map((r) => r.row),
        `${inPartitions(places)}, pg_catalog.count(distinct "place") = ${rows.length}`,
      ),
    ],
    then: allTrue(2),
  })
  ground.draft.add({
    title: `there are ${modulus} partitions`,
    when: [
      `select pg_catalog.count(*) = ${modulus} from pg_catalog.pg_inherits where inhparent = ${places.table}`,
    ],
    then: allTrue(),
  })
  const value = rows[0]!.row[rule.column]!
  await addPruned(places, {
    title: `${rule.column} ${value}`,
    condition: condition(places, value),
    row: rows[0]!,
  })
  if (rows.length > 1) await addMove(places, rows[0]!, rows[1]!)
}
