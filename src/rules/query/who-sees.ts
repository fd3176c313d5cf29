/** Who asks for a row among rows that are yet to stand: what its columns say, and the rows of tables that name who sees it. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { columnsFor, fieldsOf, isPlain, isSeenBy, seenSql, type Asking, type Isolation } from './isolation.ts'
import type { RowSource } from './sample.ts'

/** Rows of one table, as they are sampled. */
export interface Guarded {
  /** Columns whose values say who sees a row. */
  readonly columns: readonly string[]
  /** Common table expressions that the conditions name. */
  readonly common: readonly string[]
  /** Of a row under the alias: that whoever is known of sees it, and that anybody does. */
  conditions(alias: string, asking: Asking): readonly string[]
  /** Who sees the row with these values of its columns, by field; those that are known of stay. */
  askers(row: ReadonlyMap<string, string>, asking: Asking): Promise<Asking>
}

interface GuardParts {
  readonly catalog: Catalog
  readonly db: Session
  readonly source: RowSource
}

/** Rows of the tables that say it, under names of their own, and who sees what by them. */
const commonOf = async (
  isolation: Isolation,
  table: Table,
  { catalog, source }: GuardParts,
): Promise<readonly string[]> => {
  const named = [...new Set(isolation.members.flatMap(({ tables }) => tables))].filter((id) =>
    catalog.tables.has(id),
  )
  const nameOf = (id: string): string => `assay_rows_${named.indexOf(id) + 1}`
  const common: string[] = []
  for (const id of named)
    common.push(`${nameOf(id)} as (select * from ${await source(catalog.tables.get(id)!, 'own', true)})`)
  const rows = await source(table, 'own', true)
  const instead = (id: string): string | null => (named.includes(id) ? nameOf(id) : null)
  const seen = fieldsOf(isolation).flatMap((field, i) =>
    isPlain(isolation, field)
      ? []
      : [`${seenName(i)} as materialized (${seenSql(isolation, field, rows, instead)})`],
  )
  return [...common, ...seen]
}

const seenName = (at: number): string => `assay_seen_${at + 1}`

export const guardOf = async (isolation: Isolation, table: Table, parts: GuardParts): Promise<Guarded> => {
  const fields = fieldsOf(isolation)
  const common = await commonOf(isolation, table, parts)
  const typeOf = (column: string): string => table.columns.find(({ name }) => name === column)?.type ?? 'text'
  const askerOf = async (field: string, row: ReadonlyMap<string, string>): Promise<string | undefined> => {
    const columns = columnsFor(isolation, field)
    if (isPlain(isolation, field)) return row.get(columns[0]!)
    const same = columns.map(
      (column) => `${ident(column)} = ${literal(row.get(column) ?? null)}::${typeOf(column)}`,
    )
    const where = same.length === 0 ? '' : ` where ${same.join(' and ')}`
    const [, reply] = await parts.db.batch([
      'savepoint assay_asker',
      `with ${common.join(',\n')}\nselect assay_who from ${seenName(fields.indexOf(field))}${where} order by 1 limit 1`,
      'rollback to savepoint assay_asker; release savepoint assay_asker',
    ])
    return reply!.commands.at(-1)?.rows[0]?.[0] ?? undefined
  }
  return {
    columns: [...new Set(fields.flatMap((field) => columnsFor(isolation, field)))],
    common,
    conditions: (alias, asking) =>
      fields.flatMap((field, i) => {
        const known = asking.get(field)
        if (known === undefined && isPlain(isolation, field)) return []
        const value = known === undefined ? null : literal(known)
        return [isSeenBy(isolation, field, { alias, value, seen: seenName(i) })]
      }),
    askers: async (row, asking) => {
      const found = new Map(asking)
      for (const field of fields) {
        const value = found.has(field) ? undefined : await askerOf(field, row)
        if (value !== undefined) found.set(field, value)
      }
      return found
    },
  }
}
