/**
 * Writes a plan's rows by COPY, over as many sessions as there are: in chunks, each a transaction of its own, parents
 * before children. What any chunk holds does not depend on who writes it or when.
 */
import { setTimeout as rest } from 'node:timers/promises'
import { PgError } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { compileVolume, type CompiledTable } from './compile.ts'
import { copyCommand } from './trial.ts'
import type { TableVolume, VolumePlan } from './volume-plan.ts'

export interface FillProgress {
  /** The table of the last chunk. */
  readonly table: string
  readonly rows: number
  readonly of: number
}

export interface FillOptions {
  /** Chunks that stand already, by table. */
  readonly done?: ReadonlyMap<string, ReadonlySet<number>>
  /** A statement for the transaction of each chunk. */
  readonly note?: (table: string, chunk: number) => string
  readonly onProgress?: (progress: FillProgress) => void
}

/** Lines of one message: as long as others wait for their turn. */
const linesTogether = 400
/** Two chunks may wait for one another when a trigger writes to their parents. */
const mostAttempts = 6

function* linesOf({ line }: CompiledTable, from: number, to: number): Generator<string> {
  for (let n = from; n < to;) {
    let text = ''
    for (const end = Math.min(to, n + linesTogether); n < end; n++) text += `${line(n)}\n`
    yield text
  }
}

interface TableWork {
  readonly volume: TableVolume
  /** Chunks that nobody has taken yet. */
  readonly open: number[]
  /** Chunks that are not written yet. */
  left: number
}

const chunkRange = (chunk: number, { count }: TableVolume, size: number): readonly [number, number] => [
  chunk * size,
  Math.min(count, (chunk + 1) * size),
]

const isCollision = (cause: unknown): boolean =>
  cause instanceof PgError && (cause.fault.sqlstate === '40P01' || cause.fault.sqlstate === '40001')

const writeChunk = async (
  db: Session,
  table: CompiledTable,
  chunk: number,
  size: number,
  note: string | null,
): Promise<void> => {
  const [from, to] = chunkRange(chunk, table.volume, size)
  for (let attempt = 1; ; attempt++) {
    try {
      await db.query('begin; set local synchronous_commit = off')
      await db.copyIn(copyCommand(table.volume), linesOf(table, from, to))
      await db.query(note === null ? 'commit' : `${note}; commit`)
      return
    } catch (cause) {
      if (!(cause instanceof PgError)) throw cause
      await db.query('rollback')
      if (!isCollision(cause) || attempt === mostAttempts) throw cause
      await rest(20 * attempt)
    }
  }
}

/** Throws PgError when PostgreSQL refuses a row; what other chunks have written stays. */
export const fillVolume = async (
  sessions: readonly [Session, ...Session[]],
  plan: VolumePlan,
  { done = new Map(), note, onProgress }: FillOptions = {},
): Promise<void> => {
  const compiled = compileVolume(plan)
  const filled = plan.tables.filter(({ stands }) => !stands)
  const works = filled.map((volume): TableWork => {
    const before = done.get(volume.id) ?? new Set()
    const chunks = Array.from({ length: Math.ceil(volume.count / plan.chunk) }, (_, at) => at)
    const open = chunks.filter((chunk) => !before.has(chunk))
    return { volume, open, left: open.length }
  })
  const byTable = new Map(works.map((work) => [work.volume.id, work]))
  const of = filled.reduce((sum, { count }) => sum + count, 0)
  let rows =
    of -
    works.reduce((sum, { volume, open }) => {
      const lengths = open.map((chunk) => chunkRange(chunk, volume, plan.chunk))
      return sum + lengths.reduce((all, [from, to]) => all + to - from, 0)
    }, 0)
  const isReady = ({ volume }: TableWork): boolean =>
    volume.links.every(({ target }) => target === volume.id || (byTable.get(target)?.left ?? 0) === 0)
  let stopped = false
  let waiting: (() => void)[] = []
  const wake = (): void => {
    const all = waiting
    waiting = []
    for (const go of all) go()
  }
  const work = async (db: Session): Promise<void> => {
    while (!stopped && works.some(({ open }) => open.length > 0)) {
      const next = works.find((one) => one.open.length > 0 && isReady(one))
      const chunk = next?.open.shift()
      if (next === undefined || chunk === undefined) {
        await new Promise<void>((resolve) => waiting.push(resolve))
        continue
      }
      const { id } = next.volume
      await writeChunk(db, compiled(id), chunk, plan.chunk, note?.(id, chunk) ?? null)
      next.left -= 1
      const [from, to] = chunkRange(chunk, next.volume, plan.chunk)
      rows += to - from
      onProgress?.({ table: id, rows, of })
      wake()
    }
  }
  const stop = (cause: unknown): never => {
    stopped = true
    wake()
    throw cause
  }
  const ended = await Promise.allSettled(sessions.map((db) => work(db).catch(stop)))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}
