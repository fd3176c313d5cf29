/** Values for a query's parameters, taken from the rows that plans will be asked on: of many rows, and of few. */
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { planLoad } from '../../rows/load/plan.ts'
import type { RuleContext } from '../rule-kind.ts'
import { repeatsFor } from './repeated.ts'

/** What is asked of one relation. */
export interface SampleWish {
  readonly table: Table
  /** As the expressions call it. */
  readonly alias: string
  /**
   * Their values are wanted. `grouped`: how many rows share them counts. `isFurther`: in place of the row's own value
   * a greater one, of the rows that share the grouped ones.
   */
  readonly expressions: readonly {
    readonly sql: string
    readonly grouped: boolean
    readonly isFurther?: boolean
  }[]
  /** Conditions that the row has to meet. */
  readonly where: readonly string[]
  /** Common table expressions that they name; absent: none. */
  readonly common?: readonly string[]
}

export interface Sampled {
  /** One per expression. */
  readonly values: readonly string[]
  /** How many of the loaded rows have the grouped ones. */
  readonly rows: number
}

/** A row from among the first, so that both ends of a range lie inside. */
const chosen = 7

/** SQL of a table's rows as they will be asked, under an alias; `assay_row` is a row's number. `isWhole`: all of them. */
export type RowSource = (table: Table, alias: string, isWhole?: boolean) => Promise<string>

/** Those that a table will be loaded with, for plans. */
export const rowsToLoad =
  (context: Pick<RuleContext, 'architecture' | 'catalog' | 'rows' | 'db'>): RowSource =>
  async (table, alias) => {
    const repeats = repeatsFor(context.architecture, context.catalog)
    const { values, count } = await planLoad(table, { ...context, ...(repeats ? { repeats } : {}) })
    const columns = table.columns.flatMap((column) =>
      column.generated === null
        ? [`${values.get(column.name) ?? `null::${column.type}`} as ${ident(column.name)}`]
        : [],
    )
    const generated = table.columns.flatMap((column) =>
      column.generated === null ? [] : [`(${column.default})::${column.type} as ${ident(column.name)}`],
    )
    return `(select ${['loaded.*', ...generated].join(', ')}
    from (select ${[...columns, 'n as assay_row'].join(', ')}
            from pg_catalog.generate_series(0::bigint, ${count - 1}) as n) loaded) as ${ident(alias)}`
  }

/** As many are looked at to see which values are frequent. */
const mostLookedAt = 100_000

/** Those that stand there. `rows`: how many, by relation id. */
export const rowsThatStand =
  (rows: ReadonlyMap<string, number>): RowSource =>
  (table, alias, isWhole = false) => {
    const share = mostLookedAt / Math.max(1, rows.get(table.id) ?? 0)
    const sampled =
      share < 1 && !isWhole ? ` tablesample system (${(100 * share).toFixed(4)}) repeatable (1)` : ''
    return Promise.resolve(
      `(select own.*, pg_catalog.row_number() over (order by own.tableoid, own.ctid) as assay_row
    from ${qualified(table)} own${sampled}) as ${ident(alias)}`,
    )
  }

/** So many rows lie in a range, or those of two values more. */
const inRange = 100

const furtherValue = (sql: string, shared: string): string => `greatest(
  pg_catalog.lead(${sql}, ${inRange}) over (${shared} order by ${sql}),
  pg_catalog.last_value(${sql}) over (${shared} order by ${sql} groups between current row and 2 following))`

/** Null: no row meets the conditions, or PostgreSQL cannot evaluate them. */
export const sampleRow = async (
  { table, alias, expressions, where, common = [] }: SampleWish,
  most: boolean,
  { db, source }: { readonly db: Session; readonly source: RowSource },
): Promise<Sampled | null> => {
  const grouped = expressions.filter((one) => one.grouped).map((one) => `(${one.sql})::text`)
  const shared = grouped.length === 0 ? '' : `partition by ${grouped.join(', ')}`
  const often = grouped.length === 0 ? '1' : `pg_catalog.count(*) over (${shared})`
  const valueOf = (one: SampleWish['expressions'][number]): string =>
    one.isFurther === true ? `(${furtherValue(`(${one.sql})`, shared)})::text` : `(${one.sql})::text`
  const conditions = [...where, ...expressions.map((one) => `(${one.sql}) is not null`)]
  const order = most ? 'often desc, assay_row' : 'often, assay_row desc'
  const from = await source(table, alias)
  const head = common.length === 0 ? '' : `\nwith ${common.join(',\n')}`
  const select = (offset: number): string => `${head}
select ${[...expressions.map((_, i) => `v${i}`), 'often::text'].join(', ')}
  from (select ${[
    ...expressions.map((one, i) => `${valueOf(one)} as v${i}`),
    `${often} as often`,
    'assay_row',
  ].join(', ')}
          from ${from}
         where ${conditions.length === 0 ? 'true' : conditions.join(' and ')}) sampled
 order by ${order}
 offset ${offset} limit 1`
  // Of a handful of rows the first will do.
  for (const offset of [chosen, 0]) {
    const [, reply] = await db.batch([
      'savepoint assay_sample',
      select(offset),
      'rollback to savepoint assay_sample; release savepoint assay_sample',
    ])
    const row = reply!.commands.at(-1)?.rows[0]
    if (reply!.fault !== null) return null
    if (row !== undefined) return { values: row.slice(0, -1).map(String), rows: Number(row.at(-1)) }
  }
  return null
}

export const isValue = (expression: string, value: string): string =>
  `(${expression})::text = ${literal(value)}`

/** Values that no loaded row has, by the type of the parameter; of other types none is known. */
const absentValues: Readonly<Record<string, string>> = {
  smallint: '32767',
  integer: '2000000011',
  bigint: '2000000011',
  numeric: '2000000011',
  text: 'no such value',
  'character varying': 'no such value',
  uuid: 'ffffffff-ffff-4fff-bfff-ffffffffffff',
  jsonb: '{"no such key": "no such value"}',
}

export const absentValue = (type: string): string | null => absentValues[type] ?? null
