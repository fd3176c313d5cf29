/**
 * The second look, by other means than those that wrote the files: they are run on fresh copies of the migrated
 * database, and its catalog has to be the target's after up, the old one after down, and the target's again.
 */
import { difference, isSame, type CatalogDifference } from '../../catalog/difference.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { AssayError } from '../../ground/errors.ts'
import type { Server } from '../../postgres/server.ts'
import { withSession } from '../../postgres/with-session.ts'
import type { Finding } from '../../prove/result.ts'
import type { DesignedMigration } from './write-migrations.ts'

export interface VerifyWish {
  readonly server: Server
  /** A copy of the migrated database, of which nobody else knows. */
  readonly database: string
  readonly before: Catalog
  readonly after: Catalog
  readonly migrations: readonly DesignedMigration[]
  /** Runs a script as a migration is run. */
  readonly run: (database: string, name: string, text: string) => Promise<void>
}

const listed = ({ made, changed, gone }: CatalogDifference): string =>
  [
    ...made.map(({ id, definition }) => `is there and should not be: ${id} ${definition}`),
    ...gone.map(({ id, definition }) => `is not there: ${id} ${definition}`),
    ...changed.map(({ id, before, after }) => `${id} is ${after}, and should be ${before}`),
  ].join('\n')

const notReached = (what: string, found: CatalogDifference): Finding => ({
  code: 'design.not-reached',
  severity: 'error',
  summary: `the designed migrations do not ${what}; nothing was written`,
  why: listed(found),
  fix: 'write this migration by hand, or design the other rules alone with --only; please report what is told here',
})

const refused = (name: string, direction: string, cause: AssayError): Finding => ({
  code: 'design.refused',
  severity: 'error',
  summary: `PostgreSQL refuses what was designed: ${name}/${direction}.sql; nothing was written`,
  why: [cause.message, cause.found, cause.why].filter((text) => text !== undefined).join('\n'),
  fix: 'write this migration by hand, or design the other rules alone with --only; please report what is told here',
})

/** null when all of it is as it has to be; afterwards the database stands at the target. */
export const verifyMigrations = async (wish: VerifyWish): Promise<Finding | null> => {
  const { server, database, before, after, migrations, run } = wish
  const look = (expected: Catalog): Promise<CatalogDifference> =>
    withSession(server, database, 'prover', async (db) => difference(expected, await readCatalog(db)))
  const rounds = [
    { direction: 'up', order: migrations, expected: after, what: 'lead to what the rules ask for' },
    {
      direction: 'down',
      order: migrations.toReversed(),
      expected: before,
      what: 'lead back to where they began',
    },
    { direction: 'up', order: migrations, expected: after, what: 'lead there a second time' },
  ] as const
  for (const { direction, order, expected, what } of rounds) {
    for (const migration of order) {
      try {
        await run(database, `${migration.name}/${direction}.sql`, migration[direction])
      } catch (cause) {
        if (!(cause instanceof AssayError)) throw cause
        return refused(migration.name, direction, cause)
      }
    }
    const found = await look(expected)
    if (!isSame(found)) return notReached(what, found)
  }
  return null
}
