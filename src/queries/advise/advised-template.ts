/** A clone of the structure on which all candidates stand, empty: what is projected onto. */
import type { Server } from '../../postgres/server.ts'
import { withSession } from '../../postgres/with-session.ts'
import type { Candidate } from './candidate.ts'
import type { Refused } from './screen.ts'

export interface AdvisedTemplate {
  /** The caller's to drop; nobody is connected to it. */
  readonly database: string
  /** Those that PostgreSQL took. Statistics are none: a projection has no rows that they could be about. */
  readonly candidates: readonly Candidate[]
  readonly refused: readonly Refused[]
}

export const makeAdvisedTemplate = async (
  server: Server,
  template: string,
  proposed: readonly Candidate[],
): Promise<AdvisedTemplate> => {
  const database = await server.clone(template, 'advised')
  try {
    const indexes = proposed.filter(({ draft }) => draft.what === 'index')
    const replies = await withSession(server, database, 'owner', (db) =>
      db.batch(indexes.map(({ create }) => create[0]!)),
    )
    const refused = indexes.flatMap(({ create }, at) => {
      const fault = replies[at]!.fault
      return fault ? [{ sql: create[0]!, why: `${fault.message} (SQLSTATE ${fault.sqlstate})` }] : []
    })
    return { database, refused, candidates: indexes.filter((_, at) => replies[at]!.fault === null) }
  } catch (cause) {
    await server.dropDatabase(database)
    throw cause
  }
}
