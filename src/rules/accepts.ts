/** accepts: a row that must be taken. A control: proven by mutants that refuse it. */
import type { AcceptsRule } from '../architecture/kinds/example.ts'
import { accepted, standOnBaseRow } from './draft.ts'
import { structuresBehind } from './example-case.ts'
import { makeRow } from './make-row.ts'
import type { RuleKind } from './rule-kind.ts'
import { pictured } from './sentence.ts'

export const accepts: RuleKind<AcceptsRule> = {
  kind: 'accepts',
  heedsTriggers: true,
  sentence: (rule) => rule.sentence,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { rows, table } = context
    const made = await makeRow(context, table, { pins: rule.row, family: 'a' })
    // No other columns fit it: then the declared row stands in the base row, and PostgreSQL says why not.
    const { row, given } = 'row' in made ? made : { row: { ...ground.base, ...rule.row }, given: [] }
    ground.draft.add({
      title: `${pictured(rule.row, Object.keys(rule.row))} is accepted`,
      given,
      when: [rows.insert(table, row)],
      then: accepted,
    })
    return ground.draft.written()
  },
  design: () => [],
  claims: (rule, { catalog }) => structuresBehind(rule, catalog),
}
