/** rejects: a row that must be refused with a SQLSTATE, while the typical row that it differs from is accepted. */
import type { RejectsRule } from '../architecture/kinds/example.ts'
import { accepted, standOnBaseRow } from './draft.ts'
import { structuresBehind } from './example-case.ts'
import type { RuleKind } from './rule-kind.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { tryOne } from './trial.ts'
import { pictured } from './sentence.ts'

export const rejects: RuleKind<RejectsRule> = {
  kind: 'rejects',
  heedsTriggers: true,
  sentence: (rule) => rule.sentence,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { rows, table } = context
    const solved = await rows.solve(table, { pins: rule.row })
    const row = 'row' in solved ? solved.row : { ...ground.base, ...rule.row }
    ground.draft.add({
      title: `${pictured(rule.row, Object.keys(rule.row))} is refused`,
      when: [rows.insert(table, row)],
      then: { kind: 'rejected', by: { sqlstate: rule.sqlstate } },
    })
    // Such a rule may be about new rows only: what it says of a change is looked up, and then held.
    const given = [rows.insert(table, ground.base)]
    const changes = Object.entries(rule.row).map(([c, sql]) => `${ident(c)} = ${sql}`)
    const change = `update ${qualified(table)} set ${changes.join(', ')} where ${rows.where(table, ground.base)}`
    const fault = await tryOne(context.db, ground.world, [...given, change])
    if (fault?.sqlstate === rule.sqlstate) {
      ground.draft.add({
        title: `changing a row to ${pictured(rule.row, Object.keys(rule.row))} is refused`,
        given,
        when: [change],
        then: { kind: 'rejected', by: { sqlstate: rule.sqlstate } },
      })
    }
    ground.draft.add({
      title: 'the typical row that it differs from is accepted',
      when: [rows.insert(table, ground.base)],
      then: accepted,
    })
    return ground.draft.written()
  },
  design: () => [],
  claims: (rule, { catalog }) => structuresBehind(rule, catalog),
}
