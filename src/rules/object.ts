/** object: a sequence, type, function or schema does what its cases say. */
import type { ObjectCase, ObjectRule } from '../architecture/kinds/object.ts'
import { openDraft } from './draft.ts'
import type { Expected, World } from './experiment.ts'
import type { RuleKind } from './rule-kind.ts'

const nothing: World = { id: 'object', statements: [] }

const expected = ({ then }: ObjectCase): Expected =>
  'rows' in then ? { kind: 'rows', rows: then.rows } : { kind: 'rejected', by: { sqlstate: then.sqlstate } }

export const object: RuleKind<ObjectRule> = {
  kind: 'object',
  designPlace: -110,
  sentence: (rule) => rule.sentence,
  experiments: (rule) => {
    const draft = openDraft(rule, nothing)
    for (const one of rule.cases)
      draft.add({ title: one.title, given: one.given, when: one.when, then: expected(one) })
    return Promise.resolve(draft.written())
  },
  design: (rule) => rule.design,
  claims: (rule, { catalog }) => rule.structures.filter((id) => catalog.structures.has(id)),
}
