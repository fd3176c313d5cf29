/**
 * Tries statements on the context's empty clone and takes everything back: how a kind of rule asks PostgreSQL before
 * it writes an expectation down. Under it the session's batches; attacks/trial.ts tries as another role.
 */
import type { PgFault } from '../postgres/fault.ts'
import type { Reply, Session } from '../postgres/session.ts'
import { attemptOn } from '../rows/desk.ts'
import type { World } from './experiment.ts'

/**
 * Runs each attempt after `before`, apart from the others. A reply's first command is the return to the savepoint,
 * the second the attempt's first statement. Where `before` is refused every reply has that fault.
 */
export const tryEach = async (
  db: Session,
  before: readonly string[],
  attempts: readonly (readonly string[])[],
): Promise<readonly Reply[]> => {
  const texts = attempts.map((statements) => [...statements, 'set constraints all immediate'].join(';\n'))
  const { laid, replies } = await attemptOn(db, before.length === 0 ? [] : [before.join(';\n')], texts, {
    once: true,
  })
  const refused = laid.find((reply) => reply.fault !== null)
  return refused ? attempts.map(() => refused) : replies
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

/** Rows of a select over the catalog alone, and of what no statement that is laid for a test changes there. */
export const selectOfCatalog = async (
  db: Session,
  select: string,
): Promise<readonly (readonly (string | null)[])[] | undefined> => {
  const [reply] = (await attemptOn(db, [], [select], { anywhere: true, once: true })).replies
  return reply!.fault ? undefined : reply!.commands.at(-1)?.rows
}
