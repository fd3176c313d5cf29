/**
 * Writes a plan's rows over as many sessions as there are: in chunks, each a transaction of its own, parents before
 * children. What any chunk holds does not depend on who writes it or when.
 */
import { setTimeout as rest } from 'node:timers/promises'
import { PgError } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { bindOwners, passPolicies } from './policies.ts'
import { isCollision, withoutTimeouts } from './server-fault.ts'
import type { VolumePlan } from './volume-plan.ts'
import { runStep, worksOf, writtenRows, type Work } from './works.ts'

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
  /** Tables whose owner is bound by their policies, and writes: they do not bind it in the transaction of a chunk. */
  readonly forced?: ReadonlySet<string>
  readonly onProgress?: (progress: FillProgress) => void
}

/** Two chunks may wait for one another when a trigger writes to their parents. */
const mostAttempts = 6

interface OpenWork {
  readonly work: Work
  /** Chunks that nobody has taken yet. */
  readonly open: number[]
  /** Chunks that are not written yet. */
  left: number
}

const writeChunk = async (
  db: Session,
  { work, chunk }: { readonly work: Work; readonly chunk: number },
  note: string | null,
  forced: ReadonlySet<string>,
): Promise<void> => {
  const bound = work.tables.filter(({ id }) => forced.has(id))
  for (let attempt = 1; ; attempt++) {
    try {
      await db.query(
        ['begin; set local synchronous_commit = off', withoutTimeouts, ...passPolicies(bound)].join('; '),
      )
      for (const step of work.steps(chunk)) await runStep(db, step)
      // A table on which triggers are still to fire cannot be altered.
      const bind = bound.length === 0 ? [] : ['set constraints all immediate', ...bindOwners(bound)]
      await db.query([...bind, ...(note === null ? [] : [note]), 'commit'].join('; '))
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
  { done = new Map(), note, forced = new Set(), onProgress }: FillOptions = {},
): Promise<void> => {
  const works = worksOf(plan).map((work): OpenWork => {
    const before = done.get(work.id) ?? new Set()
    const chunks = Array.from({ length: work.chunks }, (_, at) => at)
    const open = chunks.filter((chunk) => !before.has(work.firstNote + chunk))
    return { work, open, left: open.length }
  })
  const of = plan.tables.reduce((sum, { count, stands }) => (stands ? sum : sum + count), 0)
  let rows = writtenRows(plan, done)
  const unfilled = new Map(
    works
      .filter(({ work }) => work.kind !== 'later')
      .flatMap((one) => one.work.tables.map(({ id }) => [id, one] as const)),
  )
  const isReady = ({ work, open, left }: OpenWork): boolean =>
    (!work.isInOrder || open.length === left) && work.needs.every((id) => (unfilled.get(id)?.left ?? 0) === 0)
  let stopped = false
  let waiting: (() => void)[] = []
  const wake = (): void => {
    const all = waiting
    waiting = []
    for (const go of all) go()
  }
  const write = async (db: Session): Promise<void> => {
    while (!stopped && works.some(({ open }) => open.length > 0)) {
      const next = works.find((one) => one.open.length > 0 && isReady(one))
      const chunk = next?.open.shift()
      if (next === undefined || chunk === undefined) {
        await new Promise<void>((resolve) => waiting.push(resolve))
        continue
      }
      const { work } = next
      await writeChunk(db, { work, chunk }, note?.(work.id, work.firstNote + chunk) ?? null, forced)
      next.left -= 1
      rows += work.rows(chunk)
      onProgress?.({ table: work.id, rows, of })
      wake()
    }
  }
  const stop = (cause: unknown): never => {
    stopped = true
    wake()
    throw cause
  }
  const ended = await Promise.allSettled(sessions.map((db) => write(db).catch(stop)))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}
