/**
 * Cases that a trigger or a rewrite rule of the user's would answer in the place of the rule: one that fills in a value,
 * rewrites it or forbids the statement. Such a case is given with these disabled, so that it is the rule that answers.
 */
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { Table } from '../catalog/table.ts'
import type { Reply } from '../postgres/session.ts'
import type { Case, Ground } from './draft.ts'
import type { RuleContext } from './rule-kind.ts'
import { quieted } from './quiet.ts'
import { tryEach } from './trial.ts'

/** Whether PostgreSQL does what the case expects: enough to tell whose answer it is, the proof looks closer. */
const isAsExpected = (reply: Reply, { then }: Case): boolean => {
  if (then.kind === 'rejected') {
    const { by } = then
    const { fault } = reply
    return (
      fault !== null &&
      by.sqlstate.includes(fault.sqlstate) &&
      (by.constraint === undefined || by.constraint === fault.constraint) &&
      (by.column === undefined || by.column === fault.column)
    )
  }
  if (reply.fault) return false
  // The last command is SET CONSTRAINTS; the one before it is the statement that is judged.
  const judged = reply.commands.at(-2)
  if (then.kind === 'affects') return Number(judged?.tag.split(' ').at(-1)) === then.rows
  return then.kind !== 'rows' || JSON.stringify(judged?.rows) === JSON.stringify(then.rows)
}

/** Whether the case comes out as expected after these statements. */
export const comesOut = async (
  { db }: RuleContext,
  { world }: Ground,
  one: Case,
  before: readonly string[] = [],
): Promise<boolean> => {
  const [reply] = await tryEach(db, world.statements, [[...before, ...(one.given ?? []), ...one.when]])
  return isAsExpected(reply!, one)
}

/** Asks with the user's triggers of the rule's table disabled. */
export const withoutTriggers = async <T>(context: RuleContext, ask: () => Promise<T>): Promise<T> => {
  const quiet = quieted(context, [context.table])
  if (quiet.length === 0) return ask()
  await context.db.query(['savepoint assay_quiet', ...quiet].join(';\n'))
  try {
    return await ask()
  } finally {
    await context.db.query('rollback to savepoint assay_quiet; release savepoint assay_quiet')
  }
}

/** Adds the case as it is, or without the triggers of these tables where only that makes it come out as expected. */
export const addUntriggered = async (
  context: RuleContext,
  ground: Ground,
  one: Case,
  tables: readonly Table[] = [context.table],
  /** Tables that the statement reaches through others: theirs are disabled where nothing less helps. */
  beside: readonly Table[] = [],
): Promise<void> => {
  const quiet = quieted(context, tables)
  const all = [...quiet, ...quieted(context, beside)]
  if (all.length === 0) {
    ground.draft.add(one)
    return
  }
  // One table whose deferred triggers still wait cannot be quieted: then the rule's own is, alone.
  const alone = tables.length > 1 ? [quieted(context, [context.table])] : []
  const ways = [quiet, ...alone, all].filter((way) => way.length > 0)
  let found: readonly string[] | null = null
  if (!(await comesOut(context, ground, one))) {
    for (const way of ways) if (found === null && (await comesOut(context, ground, one, way))) found = way
  }
  ground.draft.add(found === null ? one : { ...one, given: [...found, ...(one.given ?? [])] })
}

/**
 * Adds a case that one of the table's triggers would answer just so, were the claimed structures absent: given without
 * the user's triggers, so that it is the structures that answer. Whether that was needed.
 */
export const addUnmasked = async (context: RuleContext, ground: Ground, one: Case): Promise<boolean> => {
  const { catalog, claims, table } = context
  const quiet = quieted(context, [table])
  const drops = claims.flatMap((id) => {
    const structure = catalog.structures.get(id)
    return structure ? kindOfStructure(structure).drop(structure, catalog) : []
  })
  if (quiet.length > 0 && drops.length > 0) {
    const isMasked =
      (await comesOut(context, ground, one, drops)) &&
      (await comesOut(context, ground, one, quiet)) &&
      !(await comesOut(context, ground, one, [...quiet, ...drops]))
    if (isMasked) {
      ground.draft.add({ ...one, given: [...quiet, ...(one.given ?? [])] })
      return true
    }
  }
  await addUntriggered(context, ground, one)
  return false
}
