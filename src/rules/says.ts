/** says: the table or a column of it carries a comment. */
import type { Architecture } from '../architecture/architecture.ts'
import type { SaysRule } from '../architecture/kinds/says.ts'
import { viewOf } from '../catalog/place.ts'
import { structureId } from '../ground/names.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import { relationOfId, tableText } from './ddl.ts'
import { openDraft, rowsAre, worldOf } from './draft.ts'
import type { RuleKind } from './rule-kind.ts'
import { commentOf, saidObjectText } from './said-objects.ts'
import { shortened } from './sentence.ts'

/** As COMMENT ON names it. */
const wordOf = (id: string, { views = [] }: Architecture): string => {
  const view = views.find((one) => one.id === id)
  if (!view) return 'table'
  return view.rules.some((rule) => rule.kind === 'materializedView') ? 'materialized view' : 'view'
}

export const says: RuleKind<SaysRule> = {
  kind: 'says',
  designPlace: 70,
  sentence: (rule) =>
    `${rule.on ? `${rule.on.object} ${rule.on.name}` : (rule.column ?? 'the table')} says: ${rule.text}`,
  async experiments(rule, context) {
    const draft = openDraft(rule, await worldOf(context))
    const relation = `${literal(qualified(context.table))}::regclass`
    const comment = rule.on
      ? commentOf(rule.on.object, rule.on.name, relation)
      : rule.column === null
        ? `select obj_description(${relation}, 'pg_class')`
        : `select col_description(a.attrelid, a.attnum) from pg_catalog.pg_attribute a where a.attrelid = ${relation} and a.attname = ${literal(rule.column)}`
    draft.add({
      title: `the comment reads ${shortened(rule.text)}`,
      when: [comment],
      then: rowsAre([rule.text]),
    })
    return draft.written()
  },
  design: (rule, architecture) => {
    const what = rule.on
      ? saidObjectText(rule.on.object, rule.on.name, relationOfId(rule.table))
      : rule.column === null
        ? `${wordOf(rule.table, architecture)} ${tableText(rule.table)}`
        : `column ${tableText(rule.table)}.${ident(rule.column)}`
    return [`comment on ${what} is ${literal(rule.text)};`]
  },
  claims: (rule, { catalog, table }) => {
    const on = viewOf(catalog, table)?.id ?? rule.table
    const id = rule.on
      ? structureId(on, `comment-on-${rule.on.object}`, rule.on.name)
      : structureId(on, 'comment', ...(rule.column === null ? [] : [rule.column]))
    return catalog.structures.has(id) ? [id] : []
  },
}
