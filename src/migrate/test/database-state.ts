/** A database at a stop: its catalog and its rows. */
import { difference, isSame, type CatalogDifference } from '../../catalog/difference.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { readRowFingerprint, type RowFingerprint } from './row-fingerprint.ts'

export interface DatabaseState {
  readonly catalog: Catalog
  readonly rows: RowFingerprint
}

/** As one who sees every row; nobody is connected afterwards. */
export const withProver = async <T>(
  server: Server,
  database: string,
  work: (db: Session) => Promise<T>,
): Promise<T> => {
  const db = await server.connect(database, 'prover')
  try {
    return await work(db)
  } finally {
    await db.end()
  }
}

export const readState = (server: Server, database: string): Promise<DatabaseState> =>
  withProver(server, database, async (db) => {
    const catalog = await readCatalog(db)
    return { catalog, rows: await readRowFingerprint(db, catalog) }
  })

/** null: they are the same. */
export const catalogsDiffer = (before: Catalog, after: Catalog): CatalogDifference | null => {
  const found = difference(before, after)
  return isSame(found) ? null : found
}
