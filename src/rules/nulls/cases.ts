/** The refusal of null in a column, for required, primaryKey and domains. */
import { checksRefusingNull } from '../../catalog/not-null.ts'
import type { Structure } from '../../catalog/structure.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Ground } from '../draft.ts'
import type { Cause } from '../experiment.ts'
import { addComputedNullCase, isGenerated } from './computed.ts'
import { pastComputed } from './past-computed.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryOne } from '../trial.ts'
import { quieted } from '../quiet.ts'
import { addUntriggered } from '../untriggered.ts'

/** A domain's CHECK is reported with the domain. */
const namesOf = ({ table, name }: Structure): Partial<Cause> =>
  table === null ? { dataType: name } : { constraint: name }

/** A NOT NULL of a domain names the domain, one of a column the column; a CHECK that is claimed for it its own name. */
const nullCause = (column: string, context: RuleContext): Cause => {
  const found = context.table.columns.find((c) => c.name === column)
  const checks = checksRefusingNull(context.catalog, context.table.id, column)
  const [check, ...more] = checks.filter((one) => context.claims.includes(one.id))
  // Of several any one may answer first.
  if (check && found?.notNull !== true)
    return { sqlstate: '23514', ...(more.length === 0 ? namesOf(check) : {}) }
  return found?.typeKind === 'domain' ? { sqlstate: '23502' } : { sqlstate: '23502', column }
}

/**
 * A null partition key finds no partition before NOT NULL is looked at, and a domain's CHECK may refuse null whatever it
 * says of it; then that refusal is what anyone sees, and NOT NULL is shown beside it.
 */
const orSpokenFirst = async (
  column: string,
  cause: Cause,
  context: RuleContext,
  ground: Ground,
  statements: readonly string[],
): Promise<Cause> => {
  const isDomain = context.table.columns.find((c) => c.name === column)?.typeKind === 'domain'
  if (context.table.kind !== 'partitioned' && !isDomain) return cause
  const fault = await tryOne(context.db, ground.world, statements)
  if (isDomain && cause.sqlstate === '23502' && fault?.sqlstate === '23514' && fault.dataType !== null)
    return { sqlstate: '23514', dataType: fault.dataType }
  return fault?.sqlstate === '23514' && fault.routine === 'ExecFindPartition'
    ? { sqlstate: '23514', routine: fault.routine }
    : cause
}

/** A trigger that runs after the write may copy the row to where null is refused as well: a history, a log. */
const copiesRows = ({ catalog, table }: RuleContext): boolean =>
  catalog.of(table.id, 'trigger').some((s) => /^(?:CONSTRAINT )?AFTER /u.test(s.definition))

export const addNullCase = async (
  title: string,
  column: string,
  statements: { readonly given: readonly string[]; readonly when: readonly string[] },
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const all = [...statements.given, ...statements.when]
  const own = nullCause(column, context)
  const by = await orSpokenFirst(column, own, context, ground, all)
  if (by !== own) await addTakenCase(title, own, statements, context, ground)
  const then = { kind: 'rejected', by } as const
  const past = await pastComputed([column], { title, ...statements, then }, context, ground)
  if (past) {
    ground.draft.add(past)
    return
  }
  if (copiesRows(context)) {
    const given = [...quieted(context, [context.table]), ...statements.given]
    ground.draft.add({ title, given, when: statements.when, then })
    return
  }
  await addUntriggered(context, ground, { title, ...statements, then })
}

/** Beside a DEFAULT partition, which takes every key, NOT NULL itself answers. */
const addTakenCase = async (
  title: string,
  by: Cause,
  statements: { readonly given: readonly string[]; readonly when: readonly string[] },
  { table, db }: RuleContext,
  { draft, world }: Ground,
): Promise<void> => {
  const taken = qualified({ schema: table.schema, name: 'assay_otherwise' })
  const given = [`create table ${taken} partition of ${qualified(table)} default`, ...statements.given]
  const fault = await tryOne(db, world, [...given, ...statements.when])
  if (fault?.sqlstate !== by.sqlstate) return
  draft.add({
    title: `${title}, also where a partition would take it`,
    given,
    when: statements.when,
    then: { kind: 'rejected', by },
  })
}

/** A row that is the base row but for null in the column; of a generated column one that makes it null. */
export const addNullInsertCase = (column: string, context: RuleContext, ground: Ground): Promise<void> => {
  if (isGenerated(column, context))
    return addComputedNullCase(column, nullCause(column, context), context, ground)
  const insert = context.rows.insert(context.table, { ...ground.base, [column]: 'null' })
  return addNullCase(
    `a row without ${column} is refused`,
    column,
    { given: [], when: [insert] },
    context,
    ground,
  )
}
