/** Null that a CHECK raises an error for: NOT NULL is asked first, and without it the row is refused all the same. */
import type { Ground } from '../draft.ts'
import { ownOrInherited } from '../inherited.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryOne } from '../trial.ts'
import { addUntriggered } from '../untriggered.ts'
import { checksThatRefuseNull, droppedChecks, nullIn } from './refusing-checks.ts'

/** Added where the column's own CHECKs would keep null out in its place, by a word that names none of them. */
export const addNullPastChecks = async (
  column: string,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const { rows, table, db, catalog } = context
  if (ownOrInherited(catalog, table.id, 'required', column) === null) return
  const names = await checksThatRefuseNull(context, column)
  if (names.length === 0) return
  const given = droppedChecks(context, names)
  const when = [rows.insert(table, { ...ground.base, ...nullIn([column]) })]
  const fault = await tryOne(db, ground.world, [...given, ...when])
  if (fault?.sqlstate !== '23502' || fault.column !== column) return
  await addUntriggered(context, ground, {
    title: `a row without ${column} is refused, also where ${names.join(', ')} ${names.length === 1 ? 'does' : 'do'} not look`,
    given,
    when,
    then: { kind: 'rejected', by: { sqlstate: '23502', column } },
  })
}
