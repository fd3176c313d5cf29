/** A session on the loaded clone that advice is tried on; both are gone afterwards. */
import { ident } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { withSession } from '../../postgres/with-session.ts'

export const onAdvisedDatabase = async <T>(
  server: Server,
  database: string,
  work: (db: Session) => Promise<T>,
): Promise<T> => {
  try {
    // Where nobody may say so, calls of functions are not counted.
    await withSession(server, database, 'administrator', (db) =>
      db.batch([`alter database ${ident(database)} set track_functions = 'all'`]),
    )
    return await withSession(server, database, 'prover', async (db) => {
      await db.query(`set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`)
      return work(db)
    })
  } finally {
    await server.dropDatabase(database)
  }
}
