/** Null in a generated column: it cannot be given, so a row is looked for whose expression is null. */
import { requiredOf } from '../../catalog/required.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { generatedRuleOf } from '../declared.ts'
import type { Ground } from '../draft.ts'
import type { Cause } from '../experiment.ts'
import { columnsIn } from '../expression-columns.ts'
import type { RuleContext } from '../rule-kind.ts'
import { listed } from '../sentence.ts'
import { tryOne } from '../trial.ts'
import { addUntriggered } from '../untriggered.ts'

export const isGenerated = (column: string, { architecture, table }: RuleContext): boolean =>
  generatedRuleOf(architecture, table.id, column) !== undefined

/** The columns that it is computed from are never null: one of them is let be null in the case's given. */
const addBesideSources = async (
  column: string,
  cause: Cause,
  expression: string,
  context: RuleContext,
  ground: Ground,
): Promise<boolean> => {
  const { rows, table, catalog, db } = context
  const required = requiredOf(catalog, table.id).filter(({ facts }) => facts.impliedBy === null)
  const sources = (await columnsIn(table, expression)).filter((name) => required.some((s) => s.name === name))
  for (const source of sources) {
    const given = [`alter table ${qualified(table)} alter column ${ident(source)} drop not null`]
    const when = [rows.insert(table, { ...ground.base, [source]: 'null' })]
    const fault = await tryOne(db, ground.world, [...given, ...when])
    if (fault?.sqlstate !== cause.sqlstate || fault.column !== (cause.column ?? null)) continue
    await addUntriggered(context, ground, {
      title: `were ${source} let be missing, a row whose ${column} would be null is refused`,
      given,
      when,
      then: { kind: 'rejected', by: cause },
    })
    return true
  }
  return false
}

export const addComputedNullCase = async (
  column: string,
  cause: Cause,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const { rows, table, architecture } = context
  const expression = generatedRuleOf(architecture, table.id, column)?.expression ?? 'null'
  const solved = await rows.solve(table, { where: [`(${expression}) is null`] })
  if ('row' in solved) {
    ground.draft.add({
      title: `a row whose ${column} would be null is refused`,
      when: [rows.insert(table, solved.row)],
      then: { kind: 'rejected', by: cause },
    })
    return
  }
  if (await addBesideSources(column, cause, expression, context, ground)) return
  const sources = await columnsIn(table, expression)
  ground.draft.unsolved(
    `no row was found for which ${column} would be null, whatever ${listed(sources)} is`,
    solved.tried,
  )
}
