/**
 * Statistics whose values may leave the database: every value of a column that nobody called public is replaced by one
 * that stands in the same order and is equal to the same others. Enum labels, truth values, and values that the
 * schema's own text names (`check (status in ('new', 'done'))`) are part of the schema and stay.
 */
import { idPart, relationId, type RelationName } from '../../../ground/names.ts'
import { literal } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import type {
  ColumnStatistics,
  DatabaseStatistics,
  Spread,
  StatisticsGap,
  TableStatistics,
} from '../statistics.ts'
import { anchoredSql, mayBeAnchored, readAnchors, type Anchors } from './anchors.ts'
import { lexeme, spaceOf, type StandInSpace } from './family.ts'
import { readSchemaValues } from './schema-values.ts'

/** No two columns have the same: `orders.status`, `orders."a.b"`. */
export const columnId = (relation: RelationName, column: string): string =>
  `${relationId(relation)}.${idPart(column)}`

/** Their ids, as classified or listed by the user. */
export type PublicColumns = ReadonlySet<string>

interface Place {
  /** `table.column`; of an index `index.column`. */
  readonly id: string
  readonly column: ColumnStatistics
  /** Of a column that decides the partition. */
  readonly anchors: Anchors | null
}

const spreadsOf = ({ own, whole }: ColumnStatistics): readonly Spread[] =>
  [own, whole].filter((spread) => spread !== null)

const valuesOf = (column: ColumnStatistics): readonly string[] =>
  spreadsOf(column).flatMap(({ common, bounds }) => [...(common ?? []), ...(bounds ?? [])])
const elementsOf = (column: ColumnStatistics): readonly string[] =>
  spreadsOf(column).flatMap(({ elements }) => elements ?? [])

const elementBase = (base: string): string => base.replace(/\[\]$/u, '')

/** Stand-ins of values, by the key of their space. */
type Ranked = ReadonlyMap<string, (value: string) => string | null>

const rankSql = (orderedAs: string, values: readonly string[]): string => `
select v as value, pg_catalog.dense_rank() over (order by v::${orderedAs}) as rank
  from (values ${values.map((value) => `(${literal(value)})`).join(', ')}) given (v)`

interface Wanted {
  readonly space: StandInSpace
  readonly values: Set<string>
  readonly anchors: Anchors | null
  readonly isWhole: boolean
}

const rankOne = async (
  db: Session,
  { space, values, anchors, isWhole }: Wanted,
): Promise<(value: string) => string | null> => {
  if (anchors !== null) {
    const sql = anchoredSql(space, [...values], anchors, isWhole)
    const rows = await db.json<{ readonly value: string; readonly standIn: string }>(sql)
    const known = new Map(rows.map((row) => [row.value, row.standIn]))
    return (value) => known.get(value) ?? null
  }
  const rows = await db.json<{ readonly value: string; readonly rank: number }>(
    rankSql(space.orderedAs, [...values]),
  )
  const count = rows.reduce((most, row) => Math.max(most, row.rank), 0)
  const ranks = new Map(rows.map((row) => [row.value, row.rank]))
  return (value) => {
    const at = ranks.get(value)
    return at === undefined ? null : space.valueOf(at, count)
  }
}

const rank = async (db: Session, wanted: ReadonlyMap<string, Wanted>): Promise<Ranked> => {
  const ranked = new Map<string, (value: string) => string | null>()
  for (const [key, one] of wanted) ranked.set(key, await rankOne(db, one))
  return ranked
}

/** Of a column that decides the partition it is one of its own. */
const spaceIn = ({ id, column, anchors }: Place): StandInSpace | null => {
  const space = spaceOf({ base: column.base, collation: column.collation, column: id })
  return space === null || anchors === null ? space : { ...space, key: `${space.key} of ${anchors.of}` }
}

const elementSpaceIn = ({ id, column }: Place): StandInSpace | null =>
  column.category === 'A'
    ? spaceOf({ base: elementBase(column.base), collation: column.collation, column: id })
    : null

const gather = (places: readonly Place[]): ReadonlyMap<string, Wanted> => {
  const wanted = new Map<string, Wanted>()
  const add = (
    space: StandInSpace | null,
    values: readonly string[],
    more: Pick<Wanted, 'anchors' | 'isWhole'>,
  ): void => {
    if (space === null || values.length === 0) return
    const found = wanted.get(space.key) ?? { space, values: new Set<string>(), ...more }
    for (const value of values) found.values.add(value)
    wanted.set(space.key, found)
  }
  for (const place of places) {
    const { column, anchors } = place
    add(spaceIn(place), valuesOf(column), { anchors, isWhole: /int/u.test(column.base) })
    add(elementSpaceIn(place), elementsOf(column), { anchors: null, isWhole: false })
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

const replaceSpread = (spread: Spread, place: Place, ranked: Ranked): Spread => {
  const { column } = place
  const ofValue = ranked.get(spaceIn(place)?.key ?? '') ?? (() => null)
  const ofInner = ranked.get(elementSpaceIn(place)?.key ?? '') ?? (() => null)
  const lexemes = new Map(
    [...new Set(elementsOf(column))].toSorted(byLength).map((value, at) => [value, lexeme(at + 1)]),
  )
  const ofElement = (value: string): string | null =>
    column.base === 'tsvector' ? (lexemes.get(value) ?? null) : ofInner(value)
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
  const stays = (id: string, column: ColumnStatistics, isIndex: boolean): boolean =>
    spreadsOf(column).length === 0 ||
    (!isIndex && isPublic.has(id)) ||
    isOfSchema(column, schemaValues.get(id) ?? nothing)
  const anchorsOf = await readAnchors(db, statistics)
  const anchorsFor = (relation: RelationName, column: ColumnStatistics): Anchors | null => {
    const space = spaceOf({ base: column.base, collation: column.collation, column: column.name })
    return space !== null && mayBeAnchored(space) ? anchorsOf(relation, column.name) : null
  }
  const placesIn = (
    relation: RelationName,
    columns: readonly ColumnStatistics[],
    isIndex: boolean,
  ): readonly Place[] =>
    columns
      .filter((column) => !stays(columnId(relation, column.name), column, isIndex))
      .map((column) => ({
        id: columnId(relation, column.name),
        column,
        anchors: isIndex ? null : anchorsFor(relation, column),
      }))
  const placesOf = (table: TableStatistics): readonly Place[] => [
    ...placesIn(table, table.columns, false),
    ...table.indexes.flatMap((index) => placesIn(index, index.columns, true)),
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
