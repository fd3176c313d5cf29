/** Statements that restore statistics into a database of PostgreSQL 18: its own functions, and bytes for what they cannot. */
import { identList, literal, qualified } from '../../postgres/quote.ts'
import type { RelationName } from '../../ground/names.ts'
import type { ColumnStatistics, ExtendedStatistics, Spread } from './statistics.ts'

/** An array's text, every element quoted. */
const arrayText = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`

const text = (values: readonly string[]): string => literal(arrayText(values))
const reals = (values: readonly number[]): string => `${literal(`{${values.join(',')}}`)}::real[]`

export const restoreRelation = (
  relation: RelationName,
  { rows, pages, visiblePages }: { rows: number; pages: number; visiblePages: number },
): string => `select pg_catalog.pg_restore_relation_stats(
  'schemaname', ${literal(relation.schema)}, 'relname', ${literal(relation.name)},
  'relpages', ${pages | 0}::integer, 'reltuples', ${rows}::real, 'relallvisible', ${visiblePages | 0}::integer)`

/** pg_restore_attribute_stats takes a list only with its shares, and neither empty. */
const pairs = (spread: Spread): readonly (readonly [string, string | null])[] => {
  const { common, commonShares, elements, elementShares, bounds, rangeLengths, rangeBounds } = spread
  const values = (list: readonly string[] | null): string | null =>
    list === null || list.length === 0 ? null : text(list)
  return [
    ['null_frac', `${spread.nullShare}::real`],
    ['avg_width', `${Math.round(spread.width)}::integer`],
    ['n_distinct', `${spread.distinct}::real`],
    ['most_common_vals', commonShares === null ? null : values(common)],
    ['most_common_freqs', common === null || !commonShares?.length ? null : reals(commonShares)],
    ['histogram_bounds', values(bounds)],
    ['correlation', spread.correlation === null ? null : `${spread.correlation}::real`],
    ['most_common_elems', elementShares === null ? null : values(elements)],
    ['most_common_elem_freqs', elements === null || !elementShares?.length ? null : reals(elementShares)],
    ['elem_count_histogram', spread.elementCounts?.length ? reals(spread.elementCounts) : null],
    ['range_length_histogram', spread.rangeEmptyShare === null ? null : values(rangeLengths)],
    [
      'range_empty_frac',
      rangeLengths === null || spread.rangeEmptyShare === null ? null : `${spread.rangeEmptyShare}::real`,
    ],
    ['range_bounds_histogram', values(rangeBounds)],
  ]
}

/** An index names its expressions by number alone. */
export const restoreColumn = (
  relation: RelationName,
  { name, position }: ColumnStatistics,
  spread: Spread,
  { isInherited, isIndex }: { isInherited: boolean; isIndex: boolean },
): string => {
  const column = isIndex ? `'attnum', ${position}::smallint` : `'attname', ${literal(name)}`
  const facts = pairs(spread).flatMap(([key, value]) => (value === null ? [] : [`'${key}', ${value}`]))
  return `select pg_catalog.pg_restore_attribute_stats(
  'schemaname', ${literal(relation.schema)}, 'relname', ${literal(relation.name)}, ${column},
  'inherited', ${isInherited}, ${facts.join(', ')})`
}

/** The types take no text; their bytes may be cast once a superuser has said so. */
export const allowExtended: readonly string[] = [
  'set allow_system_table_mods = on',
  'create cast (bytea as pg_catalog.pg_ndistinct) without function',
  'create cast (bytea as pg_catalog.pg_dependencies) without function',
]

const bytes = (parts: readonly Buffer[]): string =>
  parts.length === 0 ? 'null' : `'\\x${Buffer.concat(parts).toString('hex')}'::pg_catalog.bytea`

const words = (...values: readonly number[]): Buffer => {
  const buffer = Buffer.alloc(4 * values.length)
  values.forEach((value, at) => buffer.writeUInt32LE(value, 4 * at))
  return buffer
}
const double = (value: number): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeDoubleLE(value)
  return buffer
}
const shorts = (values: readonly number[]): Buffer => {
  const buffer = Buffer.alloc(2 * values.length)
  values.forEach((value, at) => buffer.writeInt16LE(value, 2 * at))
  return buffer
}

/** statext_ndistinct_serialize: magic, type, how many; of each the count, how many columns, which. */
const distinctBytes = (items: ExtendedStatistics['distinct']): readonly Buffer[] =>
  items.length === 0
    ? []
    : [
        words(0xa3_52_bf_a4, 1, items.length),
        ...items.flatMap(({ columns, count }) => [double(count), words(columns.length), shorts(columns)]),
      ]

/** statext_dependencies_serialize: the same with degrees, and the number of columns in two bytes. */
const dependencyBytes = (items: ExtendedStatistics['dependencies']): readonly Buffer[] =>
  items.length === 0
    ? []
    : [
        words(0xb4_54_9a_2c, 1, items.length),
        ...items.flatMap(({ columns, degree }) => [
          double(degree),
          shorts([columns.length]),
          shorts(columns),
        ]),
      ]

export const restoreExtended = (statistics: ExtendedStatistics): string => `
insert into pg_catalog.pg_statistic_ext_data (${identList(['stxoid', 'stxdinherit', 'stxdndistinct', 'stxddependencies'])})
select e.oid, ${statistics.isInherited},
       ${bytes(distinctBytes(statistics.distinct))}::pg_catalog.pg_ndistinct,
       ${bytes(dependencyBytes(statistics.dependencies))}::pg_catalog.pg_dependencies
  from pg_catalog.pg_statistic_ext e
  join pg_catalog.pg_namespace n on n.oid = e.stxnamespace
 where n.nspname = ${literal(statistics.schema)} and e.stxname = ${literal(statistics.name)}`

/** Statistics that the database has of its own rows, which are not those that are projected. */
export const clearAll: readonly string[] = [
  'delete from pg_catalog.pg_statistic where starelid >= 16384',
  'delete from pg_catalog.pg_statistic_ext_data',
]

/** Stand-ins and stretched values need not pass the checks of a domain: here nobody inserts. */
export const dropDomainChecks = (
  checks: readonly { readonly domain: RelationName; readonly name: string }[],
): readonly string[] =>
  checks.map(({ domain, name }) => `alter domain ${qualified(domain)} drop constraint ${identList([name])}`)
