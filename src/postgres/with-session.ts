/** One session for one piece of work: it ends with the work, whatever becomes of it. */
import type { Server } from './server.ts'
import type { Session } from './session.ts'

export const withSession = async <T>(
  server: Server,
  database: string,
  as: 'owner' | 'prover' | 'administrator',
  work: (db: Session) => Promise<T>,
): Promise<T> => {
  const db = await server.connect(database, as)
  try {
    return await work(db)
  } finally {
    await db.end()
  }
}
