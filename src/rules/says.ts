/** says: the table or a column of it carries a comment. */
import type { SaysRule } from '../architecture/kinds/says.ts'
import { structureId } from '../ground/names.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import { tableText } from './ddl.ts'
import { openDraft, rowsAre, worldOf } from './draft.ts'
import type { RuleKind } from './rule-kind.ts'
import { shortened } from './sentence.ts'

export const says: RuleKind<SaysRule> = {
  kind: 'says',
  sentence: (rule) => `${rule.column ?? 'the table'} says: ${rule.text}`,
  async experiments(rule, context) {
    const draft = openDraft(rule, await worldOf(context))
    const relation = `${literal(qualified(context.table))}::regclass`
    const comment =
      rule.column === null
        ? `select obj_description(${relation}, 'pg_class')`
        : `select col_description(a.attrelid, a.attnum) from pg_catalog.pg_attribute a where a.attrelid = ${relation} and a.attname = ${literal(rule.column)}`
    draft.add({
      title: `the comment reads ${shortened(rule.text)}`,
      when: [comment],
      then: rowsAre([rule.text]),
    })
    return draft.written()
  },
  design: (rule) => {
    const what =
      rule.column === null
        ? `table ${tableText(rule.table)}`
        : `column ${tableText(rule.table)}.${ident(rule.column)}`
    return [`comment on ${what} is ${literal(rule.text)};`]
  },
  claims: (rule, { catalog }) => {
    const id = structureId(rule.table, 'comment', ...(rule.column === null ? [] : [rule.column]))
    return catalog.structures.has(id) ? [id] : []
  },
}
