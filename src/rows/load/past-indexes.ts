/**
 * Rows put past the indexes of their table, which are built in one go afterwards: to keep four indexes up row by row
 * takes as long again as the rows themselves. Only a superuser can tell PostgreSQL that an index takes no rows yet.
 */
import type { Table } from '../../catalog/table.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

/** REINDEX makes them whole again. */
const setAsideSql = (oids: readonly number[]): string => `
update pg_catalog.pg_index set indisready = false
 where indrelid in (${oids.join(', ')})`

/** The tables whose indexes stand aside now: rows of others (partitions) pass through several tables at once. */
export const setIndexesAside = async (
  administrator: Session,
  tables: readonly Table[],
): Promise<ReadonlySet<Table>> => {
  const plain = tables.filter(({ kind, partitionOf }) => kind === 'table' && partitionOf === null)
  if (plain.length === 0) return new Set()
  const [reply] = await administrator.batch([setAsideSql(plain.map(({ oid }) => oid))])
  // On a server of the user's the administrator may be no superuser: the indexes are kept up then.
  return new Set(reply!.fault === null ? plain : [])
}

/** Inserts and builds the indexes. Answers whether PostgreSQL took the rows; if not, the table is empty and its indexes are whole. */
export const insertPastIndexes = async (owner: Session, table: Table, insert: string): Promise<boolean> => {
  const name = qualified(table)
  // One message is one transaction: a key that two rows share takes the rows back, too.
  const [reply] = await owner.batch([`${insert};\nreindex table ${name}`])
  if (reply!.fault === null) return true
  await owner.query(`vacuum full ${name}`)
  // VACUUM FULL checks no key, and so leaves unique indexes as they were.
  await owner.query(`reindex table ${name}`)
  return false
}
