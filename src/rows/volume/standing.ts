/** Tables that have rows already (migrations write currencies and countries): what is filled points to those. */
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { makerColumn } from './makers/makers.ts'
import type { TableVolume } from './volume-plan.ts'

/** More are not pointed to. */
const mostRows = 2_000

/** Relation ids of those among the tables that have a row. */
export const tablesWithRows = async (db: Session, tables: readonly Table[]): Promise<readonly string[]> => {
  if (tables.length === 0) return []
  const each = tables.map((table, at) => `(${at}, exists (select from ${qualified(table)}))`)
  const [reply] = await db.query(
    `select at from (values ${each.join(', ')}) as t (at, has) where has order by at`,
  )
  return (reply?.rows ?? []).map(([at]) => tables[Number(at)]!.id)
}

const readRows = async (db: Session, table: Table): Promise<TableVolume> => {
  const texts = table.columns.map(({ name }) => `${ident(name)}::text`)
  const order = texts.map((text) => `(${text}) collate "C"`)
  const [reply] = await db.query(
    `select ${texts.join(', ')} from ${qualified(table)} order by ${order.join(', ')} limit ${mostRows}`,
  )
  const tuples = reply?.rows ?? []
  return {
    id: table.id,
    schema: table.schema,
    name: table.name,
    count: tuples.length,
    stands: true,
    links: [],
    pools: [{ columns: table.columns.map(({ name }) => name), tuples, by: 'row', weights: null }],
    columns: table.columns.map((column, at) => ({
      column: makerColumn(column, table.name),
      source: { kind: 'pool', pool: 0, at },
      nulls: 0,
    })),
  }
}

/** By relation id; tables without rows are left out. */
export const readStanding = async (
  db: Session,
  tables: readonly Table[],
): Promise<ReadonlyMap<string, TableVolume>> => {
  const found = new Map<string, TableVolume>()
  for (const id of await tablesWithRows(db, tables))
    found.set(
      id,
      await readRows(
        db,
        tables.find((table) => table.id === id)!,
      ),
    )
  return found
}
