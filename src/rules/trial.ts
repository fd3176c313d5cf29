/**
 * Tries statements on the context's empty clone and takes everything back: how a kind of rule asks PostgreSQL before
 * it writes an expectation down. Under it the session's batches; attacks/trial.ts tries as another role.
 */
import type { PgFault } from '../postgres/fault.ts'
import type { Reply, Session } from '../postgres/session.ts'
import type { World } from './experiment.ts'

const start = 'savepoint assay_try_start'
const ready = 'savepoint assay_try'
const again = 'rollback to savepoint assay_try'
const end = 'rollback to savepoint assay_try_start; release savepoint assay_try_start'

/**
 * Runs each attempt after `before`, apart from the others. A reply's first command is the return to the savepoint,
 * the second the attempt's first statement. Where `before` is refused every reply has that fault.
 */
export const tryEach = async (
  db: Session,
  before: readonly string[],
  attempts: readonly (readonly string[])[],
): Promise<readonly Reply[]> => {
  const replies = await db.batch([
    start,
    [...before, ready].join(';\n'),
    ...attempts.map((statements) => [again, ...statements, 'set constraints all immediate'].join(';\n')),
    end,
  ])
  const standing = replies[1]!
  return standing.fault ? attempts.map(() => standing) : replies.slice(2, -1)
}

/** Runs statements in a world; why PostgreSQL refused, or null when it took them all. */
export const tryOne = async (
  db: Session,
  world: Pick<World, 'statements'>,
  statements: readonly string[],
): Promise<PgFault | null> => (await tryEach(db, world.statements, [statements]))[0]!.fault

/** Rows of each select after `before`; undefined where PostgreSQL refused it. */
export const selectEach = async (
  db: Session,
  before: readonly string[],
  selects: readonly string[],
): Promise<readonly ((readonly (string | null)[])[] | undefined)[]> =>
  (
    await tryEach(
      db,
      before,
      selects.map((select) => [select]),
    )
  ).map((reply) => (reply.fault ? undefined : reply.commands[1]?.rows.map((row) => [...row])))
