/** required: null is refused for the column, on insert and on update. */
import type { RequiredRule } from '../architecture/kinds/required.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import type { RequiredFacts } from '../catalog/required.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { structureId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { alterColumn } from './ddl.ts'
import { generatedRuleOf } from './declared.ts'
import { standOnBaseRow, type Ground } from './draft.ts'
import { ownOrInherited } from './inherited.ts'
import { addNullCase, addNullInsertCase, nullCause } from './null-cases.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'

/** A generated column cannot be given null: a row is looked for whose expression is null. */
const addGeneratedCase = async (
  rule: RequiredRule,
  expression: string,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const solved = await context.rows.solve(context.table, { where: [`(${expression}) is null`] })
  if ('unsolved' in solved) {
    ground.draft.unsolved(`no row was found for which ${rule.column} would be null`, solved.tried)
    return
  }
  ground.draft.add({
    title: `a row whose ${rule.column} would be null is refused`,
    when: [context.rows.insert(context.table, solved.row)],
    then: { kind: 'rejected', by: nullCause(rule.column, context) },
  })
}

/** A parent's NOT NULL that its primary key or identity implies goes only with that. */
const whatImplies = (rule: RequiredRule, catalog: Catalog, id: string): readonly string[] => {
  const found = catalog.structures.get(id) as Structure<RequiredFacts>
  const of = found.table ?? ''
  if (of === rule.table) return []
  if (found.facts.impliedBy === 'identity') return [structureId(of, 'identity', rule.column)]
  return found.facts.impliedBy === 'primary key' ? primaryKeysOf(catalog, of).map((key) => key.id) : []
}

export const required: RuleKind<RequiredRule> = {
  kind: 'required',
  sentence: (rule) => `${rule.column} is never missing`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { column } = rule
    const { rows, table, architecture } = context
    const generated = generatedRuleOf(architecture, table.id, column)
    if (generated) {
      await addGeneratedCase(rule, generated.expression, context, ground)
      return ground.draft.written()
    }
    await addNullInsertCase(column, context, ground)
    // An identity that is always generated refuses every update before null is looked at.
    if (table.columns.find((c) => c.name === column)?.identity === 'always') return ground.draft.written()
    const given = [rows.insert(table, ground.base)]
    const when = [
      `update ${qualified(table)} set ${ident(column)} = null where ${rows.where(table, ground.base)}`,
    ]
    await addNullCase(`taking ${column} away from a row is refused`, column, { given, when }, context, ground)
    return ground.draft.written()
  },
  design: (rule) => [alterColumn(rule.table, rule.column, 'set not null')],
  claims: (rule, { catalog }) => {
    const id = ownOrInherited(catalog, rule.table, 'required', rule.column)
    return id === null ? [] : [...whatImplies(rule, catalog, id), id]
  },
}
