/**
 * Statistics whose values may leave the database: every value of a column that nobody called public is replaced by one
 * that stands in the same order and is equal to the same others. Enum labels, truth values, and values that the
 * schema's own text names (`check (status in ('new', 'done'))`) are part of the schema and stay.
 */
import { relationId } from '../../../ground/names.ts'
import { literal } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import type {
  ColumnStatistics,
  DatabaseStatistics,
  Spread,
  StatisticsGap,
  TableStatistics,
} from '../statistics.ts'
import { lexeme, spaceOf, type StandInSpace } from './family.ts'
import { readSchemaValues } from './schema-values.ts'

/** `table.column` ids, as classified or listed by the user. */
export type PublicColumns = ReadonlySet<string>

interface Place {
  /** `table.column`; of an index `index.column`. */
  readonly id: string
  readonly column: ColumnStatistics
}

const spreadsOf = ({ own, whole }: ColumnStatistics): readonly Spread[] =>
  [own, whole].filter((spread) => spread !== null)

const valuesOf = (column: ColumnStatistics): readonly string[] =>
  spreadsOf(column).flatMap(({ common, bounds }) => [...(common ?? []), ...(bounds ?? [])])
const elementsOf = (column: ColumnStatistics): readonly string[] =>
  spreadsOf(column).flatMap(({ elements }) => elements ?? [])

const elementBase = (base: string): string => base.replace(/\[\]$/u, '')

/** Stand-ins of values, by space. */
interface Ranked {
  valueOf(space: StandInSpace, value: string): string | null
}

const rankSql = (orderedAs: string, values: readonly string[]): string => `
select v as value, pg_catalog.dense_rank() over (order by v::${orderedAs}) as rank
  from (values ${values.map((value) => `(${literal(value)})`).join(', ')}) given (v)`

const rank = async (db: Session, wanted: ReadonlyMap<string, Wanted>): Promise<Ranked> => {
  const ranks = new Map<string, { readonly ranks: ReadonlyMap<string, number>; readonly count: number }>()
  for (const [key, { space, values }] of wanted) {
    const rows = await db.json<{ readonly value: string; readonly rank: number }>(
      rankSql(space.orderedAs, [...values]),
    )
    const count = rows.reduce((most, row) => Math.max(most, row.rank), 0)
    ranks.set(key, { ranks: new Map(rows.map((row) => [row.value, row.rank])), count })
  }
  return {
    valueOf(space, value) {
      const found = ranks.get(space.key)
      const at = found?.ranks.get(value)
      return found === undefined || at === undefined ? null : space.valueOf(at, found.count)
    },
  }
}

interface Wanted {
  readonly space: StandInSpace
  readonly values: Set<string>
}

const gather = (places: readonly Place[]): ReadonlyMap<string, Wanted> => {
  const wanted = new Map<string, Wanted>()
  const add = (space: StandInSpace | null, values: readonly string[]): void => {
    if (space === null || values.length === 0) return
    const found = wanted.get(space.key) ?? { space, values: new Set<string>() }
    for (const value of values) found.values.add(value)
    wanted.set(space.key, found)
  }
  for (const { id, column } of places) {
    const type = { base: column.base, collation: column.collation, column: id }
    add(spaceOf(type), valuesOf(column))
    if (column.category === 'A') add(spaceOf({ ...type, base: elementBase(column.base) }), elementsOf(column))
  }
  return wanted
}

/** All or none: a list with a hole would be another statistic. */
const all = (
  values: readonly string[] | null,
  replace: (value: string) => string | null,
): readonly string[] | null => {
  if (values === null) return null
  const replaced = values.map(replace)
  return replaced.every((value) => value !== null) ? replaced : null
}

const byLength = (a: string, b: string): number =>
  Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b))

const replaceSpread = (spread: Spread, { id, column }: Place, ranked: Ranked): Spread => {
  const type = { base: column.base, collation: column.collation, column: id }
  const space = spaceOf(type)
  const inner = column.category === 'A' ? spaceOf({ ...type, base: elementBase(column.base) }) : null
  const ofValue = (value: string): string | null => (space === null ? null : ranked.valueOf(space, value))
  const lexemes = new Map(
    [...new Set(elementsOf(column))].toSorted(byLength).map((value, at) => [value, lexeme(at + 1)]),
  )
  const ofElement = (value: string): string | null =>
    column.base === 'tsvector'
      ? (lexemes.get(value) ?? null)
      : inner === null
        ? null
        : ranked.valueOf(inner, value)
  const common = all(spread.common, ofValue)
  const elements = all(spread.elements, ofElement)
  return {
    ...spread,
    common,
    commonShares: common === null ? null : spread.commonShares,
    bounds: all(spread.bounds, ofValue),
    elements,
    elementShares: elements === null ? null : spread.elementShares,
    rangeLengths: null,
    rangeEmptyShare: null,
    rangeBounds: null,
  }
}

const lost = (before: Spread, after: Spread): boolean =>
  (['common', 'bounds', 'elements', 'rangeLengths', 'rangeBounds'] as const).some(
    (key) => before[key] !== null && after[key] === null,
  )

const isOfSchema = (column: ColumnStatistics, schemaValues: ReadonlySet<string>): boolean =>
  /^[BE]$/u.test(column.category) ||
  (spreadsOf(column).every(
    ({ rangeLengths, rangeBounds }) => rangeLengths === null && rangeBounds === null,
  ) &&
    [...valuesOf(column), ...elementsOf(column)].every((value) => schemaValues.has(value)))

/** Reads from `db`, which the statistics are of, in what order its values stand. Nothing is written there. */
export const withStandIns = async (
  db: Session,
  statistics: DatabaseStatistics,
  isPublic: PublicColumns,
): Promise<DatabaseStatistics> => {
  const schemaValues = await readSchemaValues(db)
  const nothing: ReadonlySet<string> = new Set()
  const stays = (table: TableStatistics, column: ColumnStatistics, isIndex: boolean): boolean =>
    spreadsOf(column).length === 0 ||
    (!isIndex && isPublic.has(`${relationId(table)}.${column.name}`)) ||
    isOfSchema(column, schemaValues.get(relationId(table)) ?? nothing)
  const placesOf = (table: TableStatistics): readonly Place[] => [
    ...table.columns
      .filter((column) => !stays(table, column, false))
      .map((column) => ({ id: `${relationId(table)}.${column.name}`, column })),
    ...table.indexes.flatMap((index) =>
      index.columns
        .filter((column) => !stays(table, column, true))
        .map((column) => ({ id: `${relationId(index)}.${column.name}`, column })),
    ),
  ]
  const places = statistics.tables.flatMap(placesOf)
  const ranked = await rank(db, gather(places))
  const gaps: StatisticsGap[] = []
  const replaced = new Map<ColumnStatistics, ColumnStatistics>()
  for (const place of places) {
    const { own, whole } = place.column
    const swap = (spread: Spread | null): Spread | null =>
      spread === null ? null : replaceSpread(spread, place, ranked)
    const column = { ...place.column, own: swap(own), whole: swap(whole), isStandIn: true } as const
    replaced.set(place.column, column)
    const isLess = [[own, column.own] as const, [whole, column.whole] as const].some(
      ([before, after]) => before !== null && after !== null && lost(before, after),
    )
    if (isLess)
      gaps.push({
        code: 'statistics.removed',
        of: place.id,
        why: `values of ${place.column.type} have no stand-ins; its shares and widths are there, its lists are not`,
      })
  }
  const swapped = (column: ColumnStatistics): ColumnStatistics => replaced.get(column) ?? column
  return {
    ...statistics,
    tables: statistics.tables.map((table) => ({
      ...table,
      columns: table.columns.map(swapped),
      indexes: table.indexes.map((index) => ({ ...index, columns: index.columns.map(swapped) })),
    })),
    gaps: [...statistics.gaps, ...gaps],
  }
}
