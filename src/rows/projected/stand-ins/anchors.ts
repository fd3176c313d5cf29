/**
 * Columns that decide in which partition a row stands. The bounds of partitions are part of the schema and stay, so that the
 * planner leaves out the partitions that it would leave out there: their stand-ins lie between the same bounds.
 */
import { relationId, type RelationName } from '../../../ground/names.ts'
import { literal } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import type { DatabaseStatistics, TableStatistics } from '../statistics.ts'
import type { StandInSpace } from './family.ts'
import { constantsOf } from './schema-values.ts'

export interface Anchors {
  /** Columns of one have the same: `orders.at` of `orders` and of its partitions. */
  readonly of: string
  readonly bounds: readonly string[]
}

export type AnchorsOf = (relation: RelationName, column: string) => Anchors | null

const boundsSql = `
select n.nspname as schema, c.relname as name, w.attname as column, t.partstrat = 'l' as "isList",
       pg_catalog.json_agg(pg_catalog.pg_get_expr(p.relpartbound, p.oid)) as texts
  from pg_catalog.pg_partitioned_table t
  join pg_catalog.pg_class c on c.oid = t.partrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute w on w.attrelid = t.partrelid and w.attnum = t.partattrs[0]
  join pg_catalog.pg_inherits h on h.inhparent = t.partrelid
  join pg_catalog.pg_class p on p.oid = h.inhrelid
 where t.partstrat in ('r', 'l')
 group by n.nspname, c.relname, w.attname, t.partstrat`

interface BoundsRow extends RelationName {
  readonly column: string
  readonly isList: boolean
  readonly texts: readonly string[]
}

/** `('2024-01-01', 7)`: of several columns the first. */
const first = /\((?:'(?:[^']|'')*'|-?\d+(?:\.\d+)?)/gu

const boundsIn = ({ isList, texts }: BoundsRow): readonly string[] =>
  texts.flatMap((text) =>
    (isList ? [text] : [...text.matchAll(first)].map(([one]) => one.slice(1))).flatMap(constantsOf),
  )

const rootOf = (table: TableStatistics, byId: ReadonlyMap<string, TableStatistics>): TableStatistics => {
  const above = table.partitionOf === null ? undefined : byId.get(relationId(table.partitionOf))
  return above === undefined ? table : rootOf(above, byId)
}

/** What refers to such a column has the values of it, and so its bounds. */
export const readAnchors = async (db: Session, { tables }: DatabaseStatistics): Promise<AnchorsOf> => {
  const byId = new Map(tables.map((table) => [relationId(table), table]))
  const bounds = new Map<string, Set<string>>()
  const keyOf = (table: TableStatistics, column: string): string =>
    JSON.stringify([relationId(rootOf(table, byId)), column])
  for (const row of await db.json<BoundsRow>(boundsSql)) {
    const table = byId.get(relationId(row))
    if (table === undefined) continue
    const key = keyOf(table, row.column)
    bounds.set(key, new Set([...(bounds.get(key) ?? []), ...boundsIn(row)]))
  }
  const find = (relation: RelationName, column: string, seen: ReadonlySet<string>): Anchors | null => {
    const table = byId.get(relationId(relation))
    if (table === undefined) return null
    const of = keyOf(table, column)
    const own = bounds.get(of)
    if (own !== undefined && own.size > 0) return { of, bounds: [...own] }
    if (seen.has(of)) return null
    for (const { columns, to, toColumns } of table.references) {
      const at = columns.indexOf(column)
      const found = at < 0 ? null : find(to, toColumns[at]!, new Set([...seen, of]))
      if (found !== null) return found
    }
    return null
  }
  return (relation, column) => find(relation, column, new Set())
}

interface Steps {
  readonly between: string
  readonly before: string
  readonly after: string
}

const secondsBetween = 'pg_catalog.date_part($$epoch$$, hi - lo)'
const ofMoments: Steps = {
  between: `lo + pg_catalog.make_interval(secs => ${secondsBetween} * k / (m + 1))`,
  before: 'hi - pg_catalog.make_interval(hours => (m + 1 - k)::int)',
  after: 'lo + pg_catalog.make_interval(hours => k::int)',
}

/** By the type that the server orders the values in; others have no arithmetic. */
const steps: Readonly<Record<string, Steps>> = {
  'pg_catalog.numeric': {
    between: 'lo + (hi - lo) * k / (m + 1)',
    before: 'hi - (m + 1 - k)',
    after: 'lo + k',
  },
  'pg_catalog.date': {
    between: 'lo + pg_catalog.floor((hi - lo) * k / (m + 1.0))::int',
    before: 'hi - (m + 1 - k)::int',
    after: 'lo + k::int',
  },
  'pg_catalog.timestamp': ofMoments,
  'pg_catalog.timestamptz': ofMoments,
}

export const mayBeAnchored = ({ orderedAs }: StandInSpace): boolean => orderedAs in steps

const list = (texts: readonly string[]): string => texts.map((text) => `(${literal(text)})`).join(', ')

/**
 * Value and stand-in: of m different values between two bounds the k-th lies k of m + 1 parts behind the first, and a
 * bound is its own. `isWhole`: a column of whole numbers.
 */
export const anchoredSql = (
  { orderedAs }: StandInSpace,
  values: readonly string[],
  { bounds }: Anchors,
  isWhole: boolean,
): string => {
  const { between, before, after } = steps[orderedAs]!
  const number = isWhole ? `pg_catalog.floor(${between})` : between
  return `
with marks as (select distinct v::${orderedAs} as at from (values ${list(bounds)}) given (v)),
placed as (
  select v, v::${orderedAs} as at,
         (select pg_catalog.max(marks.at) from marks where marks.at <= v::${orderedAs}) as lo,
         (select pg_catalog.min(marks.at) from marks where marks.at > v::${orderedAs}) as hi
    from (values ${list(values)}) given (v)),
ranked as (
  select v, at, lo, hi, pg_catalog.dense_rank() over (partition by lo, hi, at = lo order by at) as k from placed),
counted as (select v, at, lo, hi, k, pg_catalog.max(k) over (partition by lo, hi, at = lo) as m from ranked)
select v as value, (case when at = lo then lo when lo is null then ${before}
                         when hi is null then ${after} else ${number} end)::text as "standIn"
  from counted`
}
