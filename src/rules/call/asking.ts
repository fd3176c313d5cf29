/**
 * Who makes a call, as SQL over the filled tables: for each part of who asks the value that most rows have, of the first
 * table that is told apart by it, among rows that the parts before it see. So all rows of a call are one asker's.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { isolationOf, settingsFor, type Isolation } from '../query/isolation.ts'
import type { GivenValue } from './origins.ts'

export interface Asking {
  /** Common table expressions. */
  readonly common: readonly string[]
  /** SQL of a text with all values; null where anybody may ask. */
  readonly sql: string
  /** SQL of each value, by field. */
  readonly values: ReadonlyMap<string, string>
  /** Of the first table that is told apart. */
  readonly isolation: Isolation | undefined
}

/** That a row is the asker's; of parts that nothing is known of, nothing is asked. */
export const ofAsker = (
  alias: string,
  isolation: Isolation | undefined,
  { values }: Pick<Asking, 'values'>,
): readonly string[] =>
  (isolation?.columns ?? []).flatMap(({ column, field }) => {
    const value = values.get(field)
    return value === undefined ? [] : [`(${ident(alias)}.${ident(column)})::text = ${value}`]
  })

/** `places`: relation ids, those first whose rows the call is given. */
export const askerOf = (
  places: readonly string[],
  given: readonly GivenValue[],
  architecture: Architecture,
  catalog: Catalog,
): Asking => {
  const common: string[] = []
  const values = new Map<string, string>()
  let first: Isolation | undefined
  for (const id of new Set(places)) {
    const table = catalog.tables.get(id)
    const isolation = table ? isolationOf(id, architecture, catalog) : undefined
    const open = isolation?.columns.filter(({ field }) => !values.has(field)) ?? []
    if (!table || open.length === 0) continue
    first ??= isolation
    const name = ident(`assay_asker_${common.length + 1}`)
    const columns = open.map(({ column }) => `own.${ident(column)}`)
    const own = given.filter((one) => one.table === id && !one.isArray)
    // What the call is given comes first, where it has rows.
    const asked = open.flatMap(({ column }, i) =>
      own
        .filter(({ about }) => about === column)
        .map(({ value }) => `(${columns[i]})::text = ${literal(value)} desc`),
    )
    const conditions = [
      ...columns.map((one) => `${one} is not null`),
      ...ofAsker('own', isolation, { values }),
    ]
    const order = [...asked, 'pg_catalog.count(*) desc', ...columns.map((one) => `(${one})::text`)]
    common.push(`${name} as materialized (
  select ${columns.map((one, i) => `(${one})::text as ${ident(`value_${i + 1}`)}`).join(', ')} from ${qualified(table)} as own
   where ${conditions.join(' and ')} group by ${columns.join(', ')} order by ${order.join(', ')} limit 1)`)
    for (const [i, { field }] of open.entries())
      values.set(field, `(select ${ident(`value_${i + 1}`)} from ${name})`)
  }
  const sql =
    values.size === 0 ? 'null::text' : `pg_catalog.json_build_array(${[...values.values()].join(', ')})::text`
  return { common, sql, values, isolation: first }
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
