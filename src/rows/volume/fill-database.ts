/**
 * The door of this room: plans what a database is filled with and fills it, quietly, over the sessions that are given.
 * For whoever needs rows of a certain size (queries, projections); project/fill-project.ts adds what people need.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { readFacts } from '../read-facts.ts'
import { fillVolume, type FillOptions } from './fill.ts'
import { finishFilling } from './finish.ts'
import { orderTables } from './order.ts'
import { planVolume, type PlannedVolume } from './plan-volume.ts'
import { sizesOf } from './sizes.ts'
import { passPolicies } from './policies.ts'
import { withoutTimeouts } from './server-fault.ts'
import { makeWish, type VolumeWish } from './wish.ts'

/** `forced`: tables whose owner asks and is bound by their policies; it sees and writes their rows all the same. */
export const inTransaction = async <T>(
  db: Session,
  forced: readonly Table[],
  work: () => Promise<T>,
): Promise<T> => {
  await db.query(
    ['begin', 'set local client_min_messages = error', withoutTimeouts, ...passPolicies(forced)].join('; '),
  )
  try {
    return await work()
  } finally {
    await db.query('rollback')
  }
}

/** Tables that are to have rows: those that are named, and those that their rows need. */
export const wishedTables = (
  db: Session,
  catalog: Catalog,
  wish: Partial<VolumeWish>,
): Promise<readonly Table[]> =>
  inTransaction(db, [], async () => {
    await loadParser()
    const facts = await readFacts(db, catalog, () => [])
    const order = orderTables(facts, catalog)
    const sizes = sizesOf(order, facts, makeWish(wish))
    return order.tables.filter((id) => (sizes.get(id) ?? 0) > 0).map((id) => facts.get(id)!.table)
  })

/** Plans in a transaction of its own that is taken back. */
export const planFilling = (
  db: Session,
  catalog: Catalog,
  wish: Partial<VolumeWish>,
  forced: readonly Table[] = [],
): Promise<PlannedVolume> => inTransaction(db, forced, () => planVolume(db, catalog, makeWish(wish)))

/**
 * The sessions are those of one role, outside of a transaction, that may insert into every table and that no policy
 * binds (the prover). Throws PgError when PostgreSQL refuses a row; what was committed stays.
 */
export const fillDatabase = async (
  sessions: readonly [Session, ...Session[]],
  catalog: Catalog,
  wish: Partial<VolumeWish> = {},
  options: FillOptions = {},
): Promise<PlannedVolume> => {
  const [first] = sessions
  const planned = await planFilling(first, catalog, wish)
  await fillVolume(sessions, planned.plan, options)
  await finishFilling(first, planned.plan)
  return planned
}
