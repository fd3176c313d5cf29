/** view: it shows what its query selects, to whom its options say, and lets through what they say. */
import type { ViewRule } from '../architecture/kinds/view.ts'
import { relationObjectId } from '../catalog/uses.ts'
import { relationOfId, tableText } from './ddl.ts'
import type { RuleKind } from './rule-kind.ts'
import { listed } from './sentence.ts'
import { barrierCases, optionsCase, rightsCases } from './views/rights.ts'
import { addShown, labourOfView, writtenOf } from './views/shows.ts'
import { writeCases } from './views/writes.ts'

const sentenceOf = (rule: ViewRule): string =>
  listed([
    `it shows what its query selects with the rights of ${rule.securityInvoker ? 'who asks' : 'its owner'}`,
    ...(rule.securityBarrier ? ['hides all other rows from functions of who asks'] : []),
    ...(rule.checkOption === null ? [] : ['takes no row that it does not show']),
  ])

const optionsText = (rule: ViewRule): string => {
  const options = [
    ...(rule.securityInvoker ? ['security_invoker = true'] : []),
    ...(rule.securityBarrier ? ['security_barrier = true'] : []),
    ...(rule.checkOption === null ? [] : [`check_option = ${rule.checkOption}`]),
  ]
  return options.length === 0 ? '' : ` with (${options.join(', ')})`
}

export const view: RuleKind<ViewRule> = {
  kind: 'view',
  designPlace: 30,
  sentence: sentenceOf,
  async experiments(rule, context) {
    const shown = await addShown(context, rule, [])
    const cases = [
      ...(await writeCases(context, rule, shown)),
      ...(await rightsCases(context, rule, shown)),
      ...(await barrierCases(context, rule, shown)),
      optionsCase(rule, context),
    ]
    for (const one of cases) shown.draft.add(one)
    return writtenOf(shown)
  },
  labour: (_, context) => labourOfView(context),
  design: (rule) => [`create view ${tableText(rule.table)}${optionsText(rule)} as ${rule.query};`],
  claims: (rule, { catalog }) => {
    const id = relationObjectId('view', relationOfId(rule.table))
    return catalog.structures.has(id) ? [id] : []
  },
}
