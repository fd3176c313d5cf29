/** What triggers and functions do, seen on copies of an adopted database by the prover; nothing is left behind. */
import { availableParallelism } from 'node:os'
import { observeFunctions } from '../adopt/calls/observe-functions.ts'
import type { ObservedFunction } from '../adopt/calls/observed-function.ts'
import { observeTriggers } from '../adopt/observe/observe-triggers.ts'
import type { ObservedTrigger } from '../adopt/observe/observed-trigger.ts'
import type { Observer } from '../adopt/observe/observer.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { vacuumUsed } from '../postgres/vacuum.ts'
import { touchSettings } from '../prove/touched-settings.ts'
import type { OnProgress } from './migrated.ts'

/** `whole`: all that the database has; `own`: what is adopted of it. */
interface Catalogs {
  readonly whole: Catalog
  readonly own: Catalog
}

/** Fewer are observed before a copy is made. */
const few = 8

/** More sessions than this would wait for one another's memory and disk. */
const mostObservers = 4

const observersFor = ({ structures }: Catalog, kinds: readonly string[]): number => {
  const count = [...structures.values()].filter(({ kind }) => kinds.includes(kind)).length
  return count < few ? Math.min(1, count) : Math.min(mostObservers, Math.max(2, availableParallelism()))
}

const withObservers = async <T>(
  server: Server,
  databases: readonly string[],
  catalog: Catalog,
  work: (observers: readonly Observer[]) => Promise<T>,
): Promise<T> => {
  const sessions: Session[] = []
  const open = async (database: string): Promise<Observer> => {
    const db = await server.connect(database, 'prover')
    sessions.push(db)
    await touchSettings(db, catalog)
    const admin = await server.connect(database, 'administrator')
    sessions.push(admin)
    return { db, clean: () => vacuumUsed(admin) }
  }
  try {
    const observers: Observer[] = []
    for (const database of databases) observers.push(await open(database))
    return await work(observers)
  } finally {
    await Promise.all(sessions.map((db) => db.end()))
  }
}

export interface Copies {
  readonly forWrites: readonly string[]
  readonly forCalls: readonly string[]
}

/** Writes and calls are tried at the same time, by several sessions each, each on a copy of its own. */
export const copiesFor = async (server: Server, database: string, catalog: Catalog): Promise<Copies> => {
  const clones = async (label: string, count: number): Promise<readonly string[]> => {
    const made: string[] = []
    while (made.length < count) made.push(await server.clone(database, label))
    return made
  }
  return {
    forWrites: [database, ...(await clones('writes', observersFor(catalog, ['trigger', 'rule']) - 1))],
    forCalls: await clones('calls', observersFor(catalog, ['function'])),
  }
}

export const observeWrites = (
  server: Server,
  { forWrites }: Copies,
  { whole, own }: Catalogs,
  onProgress: OnProgress,
): Promise<readonly ObservedTrigger[]> =>
  withObservers(server, forWrites, whole, (observers) =>
    observeTriggers(
      observers,
      whole,
      (_, done, of) => onProgress('watching triggers', done, of),
      ({ id }) => own.structures.has(id),
    ),
  )

export const observeCalls = async (
  server: Server,
  { forCalls }: Copies,
  { whole, own }: Catalogs,
  onProgress: OnProgress,
): Promise<readonly ObservedFunction[]> =>
  forCalls.length === 0
    ? []
    : withObservers(server, forCalls, whole, (observers) =>
        observeFunctions(
          observers,
          whole,
          (id) => own.structures.has(id),
          (_, done, of) => onProgress('calling functions', done, of),
        ),
      )
