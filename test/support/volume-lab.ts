/** A database that is filled: its sessions, its catalog, and a digest of every table's rows. */
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import { qualified } from '../../src/postgres/quote.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'

export interface VolumeLab {
  readonly sessions: readonly [Session, Session]
  readonly catalog: Catalog
  /** By relation id; the same rows have the same digest, in whatever order they lie. */
  digests(): Promise<Readonly<Record<string, string>>>
  empty(): Promise<void>
  one<T>(select: string): Promise<T>
  close(): Promise<void>
}

export const openVolumeLab = async (
  server: Server,
  schema: string,
  extensions: readonly string[] = [],
): Promise<VolumeLab> => {
  const database = await server.createDatabase('volume')
  const administrator = await server.connect(database, 'administrator')
  for (const name of extensions) await administrator.query(`create extension if not exists "${name}"`)
  await administrator.end()
  const owner = await server.connect(database, 'owner')
  await owner.query(schema)
  await owner.end()
  await server.admitRoles()
  const sessions = [
    await server.connect(database, 'prover'),
    await server.connect(database, 'prover'),
  ] as const
  const [db] = sessions
  const catalog = await readCatalog(db)
  const tables = [...catalog.tables.values()].filter(
    ({ kind, partitionOf }) => (kind === 'table' && partitionOf === null) || kind === 'partitioned',
  )
  return {
    sessions,
    catalog,
    digests: async () => {
      const each = tables.map(
        (table) =>
          `(select count(*) || ' ' || coalesce(md5(string_agg(r::text, ',' order by r::text collate "C")), '') from ${qualified(table)} r)`,
      )
      const [reply] = await db.query(`select ${each.join(', ')}`)
      return Object.fromEntries(tables.map(({ id }, at) => [id, reply?.rows[0]?.[at] ?? '']))
    },
    empty: async () => {
      await db.query(`truncate ${tables.map(qualified).join(', ')} cascade`)
    },
    one: async <T>(select: string) => (await db.json<T>(select))[0]!,
    close: async () => {
      await Promise.all(sessions.map((session) => session.end()))
      await server.dropDatabase(database)
    },
  }
}
