/** The refusal of null in a column, for required, primaryKey and domains. */
import type { Ground } from './draft.ts'
import type { Cause } from './experiment.ts'
import type { RuleContext } from './rule-kind.ts'
import { tryOne } from './trial.ts'
import { addUntriggered } from './untriggered.ts'

/** A NOT NULL of a domain names the domain, one of a column the column. */
export const nullCause = (column: string, context: RuleContext): Cause => {
  const found = context.table.columns.find((c) => c.name === column)
  return found?.typeKind === 'domain' ? { sqlstate: '23502' } : { sqlstate: '23502', column }
}

/**
 * A null partition key finds no partition before NOT NULL is looked at; then that refusal is what anyone sees, and
 * NOT NULL is shown to be redundant with it.
 */
const orNoPartition = async (
  cause: Cause,
  context: RuleContext,
  ground: Ground,
  statements: readonly string[],
): Promise<Cause> => {
  if (context.table.kind !== 'partitioned') return cause
  const fault = await tryOne(context.db, ground.world, statements)
  return fault?.sqlstate === '23514' && fault.routine === 'ExecFindPartition'
    ? { sqlstate: '23514', routine: fault.routine }
    : cause
}

export const addNullCase = async (
  title: string,
  column: string,
  statements: { readonly given: readonly string[]; readonly when: readonly string[] },
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const all = [...statements.given, ...statements.when]
  const by = await orNoPartition(nullCause(column, context), context, ground, all)
  await addUntriggered(context, ground, { title, ...statements, then: { kind: 'rejected', by } })
}

/** A row that is the base row but for null in the column. */
export const addNullInsertCase = (column: string, context: RuleContext, ground: Ground): Promise<void> => {
  const insert = context.rows.insert(context.table, { ...ground.base, [column]: 'null' })
  return addNullCase(
    `a row without ${column} is refused`,
    column,
    { given: [], when: [insert] },
    context,
    ground,
  )
}
