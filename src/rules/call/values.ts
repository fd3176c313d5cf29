/**
 * The values of a call, as SQL over the filled tables: each table's are those of one row (an array's of as many rows as
 * the call is given), and all rows are of one tenant. What a call inserts is taken out just before, so that every
 * constraint is known to accept it.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { isolationOf } from '../query/isolation.ts'
import { askerOf, ofAsker, type Asking } from './asking.ts'
import type { CallParameter, GivenValue, RowOrigin } from './origins.ts'

export interface ValueWish {
  readonly parameters: readonly CallParameter[]
  /** What the call is given: rows that have it are taken before others. */
  readonly given: readonly GivenValue[]
  /** Relation ids that the call names. */
  readonly reads: readonly string[]
  /** Rows of one call. */
  readonly rows: number
  readonly writers: number
  /** Each writer has rows of its own. */
  readonly isOwn: boolean
  /** Every second writer has its rows the other way round, and one in the middle is locked until all of them wait. */
  readonly isCrossed: boolean
  /** The rows to insert are taken out before. */
  readonly takesOut: boolean
  /** The most frequent values: of a call that reads. */
  readonly isFrequent: boolean
}

interface Picked extends Pick<RowOrigin, 'alias'> {
  readonly table: Table
  readonly origins: readonly RowOrigin[]
}

/** One for each table under the name that the statements give it. */
const pickedOf = ({ parameters }: ValueWish, catalog: Catalog): readonly Picked[] => {
  const found = new Map<string, Picked>()
  for (const { origin } of parameters) {
    if (origin?.kind !== 'row') continue
    const table = catalog.tables.get(origin.table)
    const key = `${origin.alias} ${origin.table}`
    if (table)
      found.set(key, { table, alias: origin.alias, origins: [...(found.get(key)?.origins ?? []), origin] })
  }
  return [...found.values()]
}

const keyColumns = ({ id }: Table, catalog: Catalog): ReadonlySet<string | null> =>
  new Set(
    ['primaryKey', 'unique', 'excludes'].flatMap((kind) =>
      (catalog.of(id, kind) as readonly Structure<KeyFacts>[]).flatMap(({ facts }) =>
        facts.keys.map(({ column }) => column),
      ),
    ),
  )

/** Rows of a table that stand in one order, each under its number. */
const placeOf = (alias: string): string => `${ident(alias)}.tableoid, ${ident(alias)}.ctid`

interface Parts {
  readonly catalog: Catalog
  readonly architecture: Architecture
  readonly asking: Asking
}

const conditionOf = ({ table, alias, origins }: Picked, { asking, architecture, catalog }: Parts): string => {
  const conditions = [
    ...origins.map(({ expression }) => `(${expression}) is not null`),
    ...ofAsker(alias, table.id, isolationOf(table.id, architecture, catalog), asking),
  ]
  return conditions.length === 0 ? 'true' : conditions.join(' and ')
}

/** A row that stands is given the value of the row behind it, where that cannot break a key. */
const valueOf = (
  origin: RowOrigin,
  picked: Picked,
  keys: ReadonlySet<string | null>,
  isNew: boolean,
): string => {
  const { expression, role, column } = origin
  if (role === 'pattern')
    return `pg_catalog.left((${expression})::text, greatest(1, pg_catalog.length((${expression})::text) - 1)) || '%'`
  const isWritten = role === 'set' || (role === 'insert' && !isNew)
  if (!isWritten || keys.has(column)) return `(${expression})::text`
  return `coalesce(pg_catalog.lead((${expression})::text) over (order by ${placeOf(picked.alias)}), (${expression})::text)`
}

const fewestRows = 64

/** Whether a row has a value that the call is given. */
const hasGiven = ({ expression, value, isArray }: GivenValue): string =>
  isArray
    ? `(${expression})::text = any(${literal(value)}::text[])`
    : `(${expression})::text = ${literal(value)}`

/** How many of these values a row has, as the first of what rows are ordered by. */
const metOf = ({ table, alias }: Picked, { given }: ValueWish): readonly string[] => {
  const own = given.filter((one) => one.table === table.id && one.alias === alias)
  return own.length === 0
    ? []
    : [`${own.map((one) => `coalesce((${hasGiven(one)})::integer, 0)`).join(' + ')} as met`]
}

interface Selection {
  readonly name: string
  readonly sql: string
}

/** Rows of one call share what is given once for all of them. */
const sharedBy = ({ origins }: Picked, { isFrequent }: ValueWish): readonly string[] => {
  const hasArrays = origins.some(({ isArray }) => isArray)
  return origins
    .filter(({ role, isArray }) => (isFrequent ? role === 'found' : hasArrays && !isArray && role !== 'set'))
    .map(({ expression }) => `(${expression})::text`)
}

const mostOf = ({ rows, isOwn, writers }: ValueWish): number =>
  Math.max(fewestRows, rows * (isOwn ? writers : 1))

const selectionOf = (picked: Picked, name: string, wish: ValueWish, parts: Parts): Selection => {
  const { table, alias, origins } = picked
  const keys = keyColumns(table, parts.catalog)
  const shared = sharedBy(picked, wish)
  const named = shared.map((expression, i) => `${expression} as ${ident(`s${i + 1}`)}`)
  const often = shared.length === 0 ? '1' : `pg_catalog.count(*) over (partition by ${shared.join(', ')})`
  const values = origins.map(
    (origin, i) => `${valueOf(origin, picked, keys, wish.takesOut)} as ${ident(`v${i + 1}`)}`,
  )
  const place = `${ident(alias)}.tableoid as at_table, ${ident(alias)}.ctid as at_row`
  const met = metOf(picked, wish)
  const order = [
    ...met.map(() => 'met desc'),
    'often desc',
    ...shared.map((_, i) => ident(`s${i + 1}`)),
    'at_table',
    'at_row',
  ].join(', ')
  return {
    name,
    sql: `${ident(name)} as materialized (
  select pg_catalog.row_number() over (order by ${order}) - 1 as n, found.*
    from (select ${[...met, `${often} as often`, ...named, place, ...values].join(', ')}
            from ${qualified(table)} as ${ident(alias)}
           where ${conditionOf(picked, parts)}) found
   order by n limit ${mostOf(wish)})`,
  }
}

const argumentOf = (
  origin: RowOrigin,
  selection: string,
  at: number,
  { rows, isOwn, isCrossed }: ValueWish,
): string => {
  const value = ident(`v${at + 1}`)
  const [stride, first] = isOwn ? [origin.isArray ? rows : 1, 'w'] : [1, '0']
  if (!origin.isArray) return `(select ${value} from ${ident(selection)} where n = ${first} * ${stride})`
  const order = isCrossed ? 'n * (1 - 2 * (w % 2))' : 'n'
  return `(select case when pg_catalog.count(*) = ${rows} then pg_catalog.array_agg(${value} order by ${order})::text end from ${ident(selection)} where n >= ${first} * ${stride} and n < ${first} * ${stride} + ${rows})`
}

/** Rows of other tables that the call names and that point to what is taken out. */
const childrenOf = (
  table: Table,
  { reads }: ValueWish,
  catalog: Catalog,
): readonly { readonly child: Table; readonly facts: ReferencesFacts }[] =>
  reads.flatMap((id) => {
    const child = catalog.tables.get(id)
    if (!child || id === table.id) return []
    return (catalog.of(id, 'references') as readonly Structure<ReferencesFacts>[])
      .filter(({ facts }) => facts.target === table.id)
      .map(({ facts }) => ({ child, facts }))
  })

const takeOutOf = (picked: Picked, own: string, wish: ValueWish, catalog: Catalog): readonly string[] => {
  const { table, alias } = picked
  const found = `select at_table, at_row from ${ident(own)}`
  const children = childrenOf(table, wish, catalog).map(({ child, facts }) => {
    const pairs = facts.columns.map((column, i) => `c.${ident(column)} = p.${ident(facts.targetColumns[i]!)}`)
    return `delete from ${qualified(child)} c using ${qualified(table)} p where ${pairs.join(' and ')} and (p.tableoid, p.ctid) in (${found})`
  })
  return [
    ...children,
    `delete from ${qualified(table)} as ${ident(alias)} where (${placeOf(alias)}) in (${found})`,
  ]
}

export interface CallValues {
  readonly values: string
  /** Null: there is nothing to hold. */
  readonly holds: string | null
  readonly takeOut: readonly string[]
  /** Whose rows they are, of which the values tell as their last column. */
  readonly asking: Asking
}

export const callValues = (wish: ValueWish, catalog: Catalog, architecture: Architecture): CallValues => {
  const all = pickedOf(wish, catalog)
  const places = [...all.map(({ table }) => table.id), ...wish.reads]
  const asking = askerOf(places, wish.given, architecture, catalog)
  const parts: Parts = { catalog, architecture, asking }
  const selections = all.map((picked, i) => selectionOf(picked, `assay_rows_${i + 1}`, wish, parts))
  const common = [...asking.common, ...selections.map(({ sql }) => sql)]
  const values = wish.parameters.map(({ origin }, i) => {
    const name = ident(`p${i + 1}`)
    if (origin === null) return `null::text as ${name}`
    if (origin.kind === 'fixed') return `${literal(origin.value)} as ${name}`
    const at = all.findIndex(({ origins }) => origins.includes(origin))
    if (at < 0) return `null::text as ${name}`
    return `${argumentOf(origin, selections[at]!.name, all[at]!.origins.indexOf(origin), wish)} as ${name}`
  })
  const needed = wish.rows * (wish.isOwn ? wish.writers : 1)
  const head = common.length === 0 ? '' : `with ${common.join(',\n')}\n`
  const taken = all.flatMap((picked, i) => {
    if (!wish.takesOut || !picked.origins.some(({ role }) => role === 'insert')) return []
    const name = `assay_taken_${i + 1}`
    return [
      `create temporary table ${ident(name)} on commit drop as ${head}select at_table, at_row from ${ident(selections[i]!.name)} where n < ${needed}`,
      ...takeOutOf(picked, name, wish, catalog),
    ]
  })
  const held = wish.isCrossed ? all.findIndex(({ origins }) => origins.some(({ isArray }) => isArray)) : -1
  const middle = Math.floor(wish.rows / 2)
  return {
    holds:
      held < 0
        ? null
        : `select from ${qualified(all[held]!.table)} as ${ident(all[held]!.alias)} where (${placeOf(all[held]!.alias)}) in (${head}select at_table, at_row from ${ident(selections[held]!.name)} where n = ${middle}) for update`,
    values: `${head}select ${[...values, asking.sql].join(',\n  ')}
  from pg_catalog.generate_series(0, ${wish.writers - 1}) as writer(w)
 order by w`,
    takeOut: taken,
    asking,
  }
}
