/**
 * Use case: realistic rows by the million, in a local copy of what the project declares or in a database that the user
 * names. There the work is noted chunk by chunk, and the same command goes on after any end.
 */
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { AssayError } from '../ground/errors.ts'
import { connectFault } from '../postgres/connect-fault.ts'
import { parseConnectionUrl } from '../postgres/connection-url.ts'
import { isProxied, poolerFault } from '../postgres/pooler.ts'
import type { Server } from '../postgres/server.ts'
import { openSession, type Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { inTransaction, planFilling, wishedTables } from '../rows/volume/fill-database.ts'
import { fillVolume } from '../rows/volume/fill.ts'
import { finishFilling } from '../rows/volume/finish.ts'
import {
  closeJournal,
  noteChunk,
  openJournal,
  readJournal,
  type FillJournal,
} from '../rows/volume/journal.ts'
import { lineBytes } from '../rows/volume/line-bytes.ts'
import type { VolumeProblem } from '../rows/volume/plan-volume.ts'
import { tablesWithRows } from '../rows/volume/standing.ts'
import { writtenRows } from '../rows/volume/works.ts'
import type { VolumeWish } from '../rows/volume/wish.ts'
import { loadProject } from './config.ts'
import { fillFault } from './fill-fault.ts'
import { parseSizes } from './fill-sizes.ts'
import { assertEmpty, assertMay, assertWritable, assertOpen, lockFilling } from './fill-target.ts'
import { declaredVolumes, digestOf, wishOf, type DeclaredVolumes } from './fill-wish.ts'
import { applySchema } from './migrations.ts'

export interface FillSettings {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** The database to fill; absent: a local copy, made from the project's migrations. */
  readonly url?: string
  /** `orders=5e6`, or a number for all. */
  readonly rows: readonly string[]
  readonly seed: number
  /** Sessions that write at once. */
  readonly sessions: number
  /** Rows that stand in the named tables may go. */
  readonly truncate: boolean
  /** Says what would be written, and writes nothing. */
  readonly dryRun: boolean
  /** A local copy outlives the call, until `close`. */
  readonly keep: boolean
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

export interface FilledTable {
  readonly table: string
  readonly rows: number
  /** As they are sent. */
  readonly bytes: number
}

export interface Filling {
  readonly name: string
  readonly seed: number
  /** In the order in which they are filled. */
  readonly tables: readonly FilledTable[]
  readonly rows: number
  readonly bytes: number
  /** Rows that an earlier run had written. */
  readonly before: number
  readonly seconds: number
  /** Of these, until the first row was written. */
  readonly planning: number
  readonly problems: readonly VolumeProblem[]
  /** Tables that had rows already: those are pointed to, and stay as they are. */
  readonly standing: readonly string[]
  /** Of a local copy that is kept. */
  readonly url: string | null
}

export interface ProjectFilling {
  readonly fillings: readonly Filling[]
  readonly dryRun: boolean
  /** The local copy is gone afterwards. */
  close(): Promise<void>
}

/** More rows than this lie on disk, not in memory. */
const largeRows = 500_000

interface Target {
  readonly name: string
  readonly sessions: readonly [Session, ...Session[]]
  readonly catalog: Catalog
  readonly wish: Partial<VolumeWish>
  readonly isResumable: boolean
  readonly url: string | null
}

const otherWish = (): AssayError =>
  new AssayError('Another filling of this database is not finished.', {
    code: 'fill.unfinished',
    exit: 4,
    found: 'a filling with other sizes, another seed or other declared volumes, in assay.fills',
    why: 'its rows and these would have the same keys',
    mend: 'Run its command again to finish it, or begin anew and let its rows go: --truncate',
  })

/** What is there of an earlier run, or a new plan; `truncate` forgets the earlier one. */
const journalOf = async (
  { sessions: [db], catalog, wish }: Target,
  wished: readonly Table[],
  forced: readonly Table[],
  { truncate, dryRun }: FillSettings,
): Promise<FillJournal> => {
  const digest = digestOf(wish)
  const earlier = await readJournal(db)
  if (earlier !== null && !truncate) {
    if (earlier.wish !== digest) throw otherWish()
    return earlier
  }
  const named = [...(wish.sizes ?? new Map<string, number>()).keys()]
  const tables = named.flatMap((id) => catalog.tables.get(id) ?? [])
  const written = (earlier?.planned.plan.tables ?? []).filter(({ stands }) => !stands)
  const doomed = written.flatMap(({ id }) => catalog.tables.get(id) ?? [])
  if (earlier !== null && !dryRun) {
    await assertEmpty(db, doomed, { truncate: true, forced })
    await closeJournal(db)
  }
  await assertEmpty(db, tables, { truncate: truncate && !dryRun, forced })
  const standing = await inTransaction(db, forced, () => tablesWithRows(db, wished))
  await assertMay(
    db,
    'INSERT',
    wished.filter(({ id }) => !standing.includes(id)),
  )
  const planned = await planFilling(db, catalog, wish, forced)
  assertOpen(planned)
  return dryRun ? { wish: digest, planned, done: new Map() } : openJournal(db, digest, planned)
}

const localPlan = async ({ sessions: [db], catalog, wish }: Target): Promise<FillJournal> => {
  const planned = await planFilling(db, catalog, wish)
  assertOpen(planned)
  return { wish: '', planned, done: new Map() }
}

interface Prepared {
  readonly journal: FillJournal
  /** Tables whose policies bind their owner, who writes. */
  readonly forced: ReadonlySet<string>
}

const prepare = async (target: Target, settings: FillSettings): Promise<Prepared> => {
  const { sessions, catalog, wish, isResumable } = target
  const [db] = sessions
  if (!isResumable) return { journal: await localPlan(target), forced: new Set() }
  const wished = await wishedTables(db, catalog, wish)
  await assertMay(db, 'SELECT', wished)
  const forced = await assertWritable(db, wished)
  const journal = await journalOf(target, wished, forced, settings)
  return { journal, forced: new Set(forced.map(({ id }) => id)) }
}

const secondsSince = (from: number): number => Math.round(performance.now() - from) / 1000

const fillTarget = async (target: Target, settings: FillSettings): Promise<Filling> => {
  const { name, sessions, catalog, isResumable, url } = target
  const { onProgress, dryRun, truncate, rows: asked } = settings
  const from = performance.now()
  const told = (isWriting: boolean, cause: unknown): unknown =>
    fillFault(cause, {
      asked: asked.length === 0 ? `rows in ${name}` : `--rows ${asked.join(' ')}`,
      isResumable,
      isWriting,
      truncate,
      catalog,
    })
  onProgress?.('planning', 0, 1)
  const [db] = sessions
  const { journal, forced } = await prepare(target, settings).catch((cause: unknown) => {
    throw told(false, cause)
  })
  const { planned, done } = journal
  const { plan, problems } = planned
  const filled = plan.tables.filter(({ stands }) => !stands)
  const standing = plan.tables.filter(({ stands }) => stands).map(({ id }) => id)
  const planning = secondsSince(from)
  const sizes = lineBytes(plan)
  const tables = filled.map(({ id, count }) => ({
    table: id,
    rows: count,
    bytes: Math.round(count * (sizes.get(id) ?? 0)),
  }))
  const before = writtenRows(plan, done)
  if (!dryRun) {
    try {
      await fillVolume(sessions, plan, {
        done,
        forced,
        ...(isResumable ? { note: noteChunk } : {}),
        ...(onProgress ? { onProgress: ({ table, rows, of }) => onProgress(table, rows, of) } : {}),
      })
      onProgress?.('statistics', 0, 1)
      await finishFilling(db, plan, forced)
      if (isResumable) await closeJournal(db)
    } catch (cause) {
      throw told(true, cause)
    }
  }
  const sum = (of: (table: FilledTable) => number): number => tables.reduce((all, one) => all + of(one), 0)
  return {
    name,
    seed: plan.seed,
    tables,
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
    before,
    seconds: secondsSince(from),
    planning,
    problems,
    standing,
    url,
  }
}

const connectMany = async (
  count: number,
  connect: () => Promise<Session>,
): Promise<readonly [Session, ...Session[]]> => {
  const first = await connect()
  const others: Session[] = []
  try {
    while (others.length < count - 1) others.push(await connect())
  } catch (cause) {
    await Promise.all([first, ...others].map((db) => db.end()))
    throw cause
  }
  return [first, ...others]
}

const withTarget = async <T>(
  sessions: readonly [Session, ...Session[]],
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work()
  } finally {
    await Promise.all(sessions.map((db) => db.end()))
  }
}

/** Without a project the database alone says what is filled. */
const volumesNear = async (directory: string): Promise<DeclaredVolumes> => {
  const project = await loadProject(directory).catch((cause: unknown) => {
    if (cause instanceof AssayError && cause.code === 'config.not-found') return null
    throw cause
  })
  return declaredVolumes((project?.architectures ?? []).map(({ architecture }) => architecture))
}

const fillNamed = async (url: string, settings: FillSettings): Promise<ProjectFilling> => {
  const sizes = parseSizes(settings.rows)
  const volumes = await volumesNear(settings.directory)
  const address = parseConnectionUrl(url)
  const connect = (): Promise<Session> =>
    openSession(address).catch((cause: unknown) => {
      throw connectFault(cause, address)
    })
  const sessions = await connectMany(settings.sessions, connect)
  const [db] = sessions
  const filling = await withTarget(sessions, async () => {
    if (await isProxied(db)) throw poolerFault(db.address)
    await lockFilling(db)
    const catalog = await readCatalog(db)
    const wish = wishOf(catalog, sizes, settings.seed, volumes)
    const target: Target = { name: address.database, sessions, catalog, wish, isResumable: true, url: null }
    return fillTarget(target, settings)
  })
  return { fillings: [filling], dryRun: settings.dryRun, close: () => Promise.resolve() }
}

const fillLocal = async (settings: FillSettings): Promise<ProjectFilling> => {
  const { directory, onProgress, keep } = settings
  const sizes = parseSizes(settings.rows)
  const project = await loadProject(directory)
  const wished = [...sizes.named.values(), sizes.usual ?? 0].reduce((a, b) => a + b, 0)
  const declared = project.architectures
    .flatMap(({ architecture }) => Object.values(architecture.volumes ?? {}))
    .reduce((sum, { rows = 0 }) => sum + rows, 0)
  onProgress?.('starting PostgreSQL', 0, 1)
  const server: Server = await startServer({
    tcp: keep || project.architectures.some(({ schema }) => schema.command !== undefined),
    isLarge: Math.max(wished, declared) > largeRows,
  })
  try {
    const fillings: Filling[] = []
    for (const { architecture, schema } of project.architectures) {
      onProgress?.(`migrating ${architecture.name}`, 0, 1)
      const database = await server.createDatabase(architecture.name)
      await applySchema(server, database, schema)
      await server.admitRoles()
      const sessions = await connectMany(settings.sessions, () => server.connect(database, 'prover'))
      const filling = await withTarget(sessions, async () => {
        const catalog = await readCatalog(sessions[0])
        const wish = wishOf(catalog, sizes, settings.seed, declaredVolumes([architecture]))
        const url = keep ? server.ownerUrl(database) : null
        return fillTarget(
          { name: architecture.name, sessions, catalog, wish, isResumable: false, url },
          settings,
        )
      })
      fillings.push(filling)
    }
    if (!keep) await server.stop()
    return { fillings, dryRun: settings.dryRun, close: () => server.stop() }
  } catch (cause) {
    await server.stop()
    throw cause
  }
}

/** Throws AssayError: `fill.*`, `usage.rows`, and what loading a project and connecting throw. */
export const fillProject = (settings: FillSettings): Promise<ProjectFilling> =>
  settings.url === undefined ? fillLocal(settings) : fillNamed(settings.url, settings)
