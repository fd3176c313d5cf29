/** A clone of the migrated database with rows in it, and the sessions that run and watch a migration there. */
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { watchDdl } from './ddl-events.ts'
import type { Lab } from './run-migration.ts'

/** Puts rows into every table of a clone that nobody else uses; answers the tables that have none. */
export type FillTables = (prover: Session, catalog: Catalog) => Promise<readonly EmptyTable[]>

/** A table for which PostgreSQL takes no row that was tried. */
export interface EmptyTable {
  /** Relation id. */
  readonly table: string
  readonly why: string
}

export interface OpenLab extends Lab {
  readonly empty: readonly EmptyTable[]
  /** Rows that stand in each table now, partitions and their parents too. */
  countRows(): Promise<ReadonlyMap<number, number>>
  close(): Promise<void>
}

const rowsSql = `
select c.oid::bigint as oid, greatest(c.reltuples, 0)::bigint as rows
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'm') and c.oid >= 16384
   and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`

/** Every table has so few rows that ANALYZE counts them all. */
const countRows = async (runner: Session): Promise<ReadonlyMap<number, number>> => {
  await runner.query('analyze')
  const found = await runner.json<{ oid: number; rows: number }>(rowsSql)
  return new Map(found.map(({ oid, rows }) => [oid, rows]))
}

/** `template` is the database as it stands before the migration, without rows of its own. */
export const openLab = async (server: Server, template: string, fill: FillTables): Promise<OpenLab> => {
  const database = await server.clone(template, 'lint')
  const sessions: Session[] = []
  const connect = async (as: 'owner' | 'prover' | 'administrator'): Promise<Session> => {
    const session = await server.connect(database, as)
    sessions.push(session)
    return session
  }
  const close = async (): Promise<void> => {
    await Promise.all(sessions.map((session) => session.end()))
    await server.dropDatabase(database)
  }
  try {
    const prover = await connect('prover')
    const empty = await fill(prover, await readCatalog(prover))
    // Its transactions would be waited for.
    await prover.end()
    const administrator = await connect('administrator')
    const isWatched = await watchDdl(administrator)
    await administrator.end()
    const runner = await connect('owner')
    return {
      runner,
      watcher: await connect('owner'),
      open: () => server.connect(database, 'owner'),
      isWatched,
      major: server.major,
      empty,
      countRows: () => countRows(runner),
      close,
    }
  } catch (cause) {
    await close()
    throw cause
  }
}
