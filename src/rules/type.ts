/**
 * type: the column holds values of its SQL type and nothing else. What the declared type does with values at its
 * edges is foretold by PostgreSQL (type-oracle.ts) and then asked of the real column.
 */
import type { TypeRule } from '../architecture/kinds/type.ts'
import { ident, literal } from '../postgres/quote.ts'
import { alterColumn } from './ddl.ts'
import { generatedRuleOf } from './declared.ts'
import { allTrue, standOnBaseRow, type Ground } from './draft.ts'
import { addGeneratedTypeCases } from './generated/type.ts'
import { ownOrInherited } from './inherited.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { addProbeCases, rowWithValue, type Standing } from './type-cases.ts'
import { understandType } from './type-oracle.ts'

const addBaseCase = (
  rule: TypeRule,
  context: RuleContext,
  ground: Ground,
  { row, given }: Standing,
): void => {
  const name = ident(rule.column)
  const value = row[rule.column]
  const isOfType = `pg_typeof(${name}) = ${literal(rule.type)}::regtype`
  const isKept =
    value === undefined ? [] : [`${name}::text is not distinct from cast(${value} as ${rule.type})::text`]
  ground.draft.add({
    title: `a typical ${rule.column} is kept as ${rule.type}`,
    given,
    when: [`${context.rows.insert(context.table, row)} returning ${[isOfType, ...isKept].join(', ')}`],
    then: allTrue(1 + isKept.length),
  })
}

export const type: RuleKind<TypeRule> = {
  kind: 'type',
  designPlace: -80,
  sentence: (rule) => `${rule.column} is ${rule.type}`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const understood = await understandType(context.db, rule.type)
    const generated = generatedRuleOf(context.architecture, rule.table, rule.column)
    if (generated) {
      addBaseCase(rule, context, ground, { row: ground.base, given: [] })
      const told = understood
        ? await addGeneratedTypeCases(rule, generated.expression, understood, context, ground)
        : {}
      return { ...ground.draft.written(), ...told }
    }
    const standing = await rowWithValue(rule.column, context, ground.base)
    addBaseCase(rule, context, ground, standing)
    // Enums and domains have rules of their own.
    if (understood && 'brm'.includes(understood.class)) {
      await addProbeCases({ column: rule.column, type: rule.type, understood, ...standing }, context, ground)
    }
    return ground.draft.written()
  },
  design: (rule) => [
    alterColumn(rule.table, rule.column, `type ${rule.type} using ${ident(rule.column)}::${rule.type}`),
  ],
  claims: (rule, { catalog }) => {
    const id = ownOrInherited(catalog, rule.table, 'column', rule.column)
    return id === null ? [] : [id]
  },
}
