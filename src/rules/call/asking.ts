/**
 * Who makes a call, as SQL over the filled tables: for each part of who asks the value that most rows have, of the first
 * table that is told apart by it, among rows that the parts before it see. So all rows of a call are one asker's.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import {
  columnsFor,
  fieldsOf,
  isolationOf,
  isPlain,
  isSeenBy,
  rowByRow,
  seenSql,
  settingsFor,
  type Isolation,
} from '../query/isolation.ts'
import type { GivenValue } from './origins.ts'

export interface Asking {
  /** Common table expressions. */
  readonly common: readonly string[]
  /** SQL of a text with all values; null where anybody may ask. */
  readonly sql: string
  /** SQL of each value, by field. */
  readonly values: ReadonlyMap<string, string>
  /** Names of the expressions that tell who sees which rows. */
  readonly seen: ReadonlyMap<string, string>
  /** Of the first table that is told apart. */
  readonly isolation: Isolation | undefined
}

/** What tells who sees which rows of a table, for one part of who asks. */
const seenKey = (table: string, field: string): string => JSON.stringify([table, field])

/** That a row is the asker's; of parts that nothing is known of, nothing is asked. */
export const ofAsker = (
  alias: string,
  table: string,
  isolation: Isolation | undefined,
  { values, seen }: Pick<Asking, 'values' | 'seen'>,
): readonly string[] =>
  (isolation === undefined ? [] : fieldsOf(isolation)).flatMap((field) => {
    const value = values.get(field)
    const name = seen.get(seenKey(table, field)) ?? ''
    return value === undefined ? [] : [isSeenBy(isolation!, field, { alias, value, seen: name })]
  })

/** A column after which values are chosen, and the part of who asks that it is about. */
const tellingOf = (isolation: Isolation, open: readonly string[]): readonly string[] => [
  ...new Set(open.flatMap((field) => columnsFor(isolation, field))),
]

/** `places`: relation ids, those first whose rows the call is given. */
export const askerOf = (
  places: readonly string[],
  given: readonly GivenValue[],
  architecture: Architecture,
  catalog: Catalog,
): Asking => {
  const common: string[] = []
  const values = new Map<string, string>()
  const seen = new Map<string, string>()
  let first: Isolation | undefined
  for (const id of new Set(places)) {
    const table = catalog.tables.get(id)
    const isolation = table ? isolationOf(id, architecture, catalog) : undefined
    if (!table || isolation === undefined) continue
    const rows = `${qualified(table)} as own`
    for (const field of fieldsOf(isolation).filter((one) => !isPlain(isolation, one))) {
      const name = `assay_seen_${seen.size + 1}`
      seen.set(seenKey(id, field), name)
      common.push(`${ident(name)} as materialized (${seenSql(isolation, field, rows)})`)
    }
    const open = fieldsOf(isolation).filter((field) => !values.has(field))
    if (open.length === 0) continue
    first ??= isolation
    const name = ident(`assay_asker_${common.length + 1}`)
    const telling = tellingOf(isolation, open)
    const columns = telling.map((column) => `own.${ident(column)}`)
    const own = given.filter((one) => one.table === id && !one.isArray)
    // What the call is given comes first, where it has rows.
    const asked = telling.flatMap((column) =>
      own
        .filter(({ about }) => about === column)
        .map(({ value }) => `(own.${ident(column)})::text = ${literal(value)} desc`),
    )
    const seenOf = (field: string): string => seen.get(seenKey(id, field)) ?? ''
    const conditions = [
      ...columns.map((one) => `${one} is not null`),
      ...ofAsker('own', id, isolation, { values, seen }),
      ...open.map((field) => isSeenBy(isolation, field, { alias: 'own', value: null, seen: seenOf(field) })),
    ]
    const order = [...asked, 'pg_catalog.count(*) desc', ...columns.map((one) => `(${one})::text`)]
    const [apart] = rowByRow(id, isolation, catalog)
    const found = open.map((field) => {
      const named = columnsFor(isolation, field)
      if (isPlain(isolation, field)) return `(own.${ident(named[0]!)})::text`
      const from = `select seen.assay_who from ${ident(seenOf(field))} seen`
      // Whoever most rows name, where each row names its own.
      if (open.length === 1 && apart?.field === field)
        return `(${from} group by seen.assay_who order by pg_catalog.count(*) desc, seen.assay_who limit 1)`
      const same = named.map((column) => `seen.${ident(column)} = own.${ident(column)}`)
      return `(${from}${same.length === 0 ? '' : ` where ${same.join(' and ')}`} order by 1 limit 1)`
    })
    const grouped = columns.length === 0 ? '' : ` group by ${columns.join(', ')} order by ${order.join(', ')}`
    common.push(`${name} as materialized (
  select ${found.map((one, i) => `${one} as ${ident(`value_${i + 1}`)}`).join(', ')}
    from (select ${columns.length === 0 ? 'true' : columns.join(', ')} from ${rows}
           where ${['true', ...conditions].join(' and ')}${grouped} limit 1) own)`)
    for (const [i, field] of open.entries())
      values.set(field, `(select ${ident(`value_${i + 1}`)} from ${name})`)
  }
  const sql =
    values.size === 0 ? 'null::text' : `pg_catalog.json_build_array(${[...values.values()].join(', ')})::text`
  return { common, sql, values, seen, isolation: first }
}

/** `told`: what `sql` gave. */
export const settingsOfAsker = (
  { values, isolation }: Asking,
  architecture: Pick<Architecture, 'identity'>,
  told: string | null,
): Readonly<Record<string, string>> => {
  const found = told === null ? [] : (JSON.parse(told) as readonly (string | null)[])
  const known = [...values.keys()].flatMap((field, i) => {
    const value = found[i] ?? null
    return value === null ? [] : [[field, value] as const]
  })
  return settingsFor(isolation, architecture, new Map(known))
}
