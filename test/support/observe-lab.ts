/** Triggers of a schema as adoption observes them, on a real database of their own. */
import { observeTriggers } from '../../src/adopt/observe/observe-triggers.ts'
import type { ObservedTrigger } from '../../src/adopt/observe/observed-trigger.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import type { Server } from '../../src/postgres/server.ts'
import { runAs } from './rule-lab.ts'

export interface Observed {
  readonly catalog: Catalog
  readonly observed: readonly ObservedTrigger[]
}

export const observeSchema = async (server: Server, schema: string): Promise<Observed> => {
  const database = await server.createDatabase('observed')
  await runAs(server, database, 'owner', schema)
  await server.admitRoles()
  const db = await server.connect(database, 'prover')
  try {
    const catalog = await readCatalog(db)
    return { catalog, observed: await observeTriggers([{ db, clean: async () => undefined }], catalog) }
  } finally {
    await db.end()
    await server.dropDatabase(database)
  }
}

/** By the structure of each trigger. */
export const observedTriggers = async (
  server: Server,
  schema: string,
): Promise<ReadonlyMap<string, ObservedTrigger>> =>
  new Map((await observeSchema(server, schema)).observed.map((one) => [one.structure, one]))
