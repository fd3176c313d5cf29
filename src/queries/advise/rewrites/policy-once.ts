/** `using (owner = (select app_user()))`: a policy's call is asked once for each statement, and not for each row. */
import type { PolicyFacts } from '../../../catalog/policy.ts'
import type { Structure } from '../../../catalog/structure.ts'
import { deparseExpression, parseExpression, type ParseNode } from '../../../postgres/parse.ts'
import { ident } from '../../../postgres/quote.ts'
import { nodeParts } from '../../../rows/tree.ts'
import { statementIn } from '../../../rules/query/text.ts'
import { isConstant, namesColumns } from '../terms.ts'
import type { RewriteKind } from './attempt.ts'

/** Calls that name no column, each in a select of its own; null: there is none. */
const callsOnce = (using: string): string | null => {
  let changed = false
  const change = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(change)
    if (typeof node !== 'object' || node === null) return node
    const kind = nodeParts(node)?.[0]
    if (kind === 'SubLink') return node
    if (kind === 'FuncCall' && !namesColumns(node) && isConstant(node)) {
      changed = true
      const select = {
        targetList: [{ ResTarget: { val: node } }],
        limitOption: 'LIMIT_OPTION_DEFAULT',
        op: 'SETOP_NONE',
      }
      return { SubLink: { subLinkType: 'EXPR_SUBLINK', subselect: { SelectStmt: select } } }
    }
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, change(value)]))
  }
  const text = deparseExpression(change(parseExpression(using)) as ParseNode)
  return changed ? text : null
}

export const policyOnce: RewriteKind = {
  kind: 'policy-once',
  attempts: ({ rule, experiments }, { catalog }) => {
    const policies = rule.reads.flatMap((id) => catalog.of(id, 'policy') as readonly Structure<PolicyFacts>[])
    const found = policies.flatMap(({ facts }) => {
      const using = facts.using === null ? null : callsOnce(facts.using)
      if (using === null || !rule.asApplication) return []
      const head = `alter policy ${ident(facts.name)} on ${facts.relation}`
      const pairs = experiments.map((experiment) => {
        const sql = statementIn(experiment.when.at(-1)!)
        return { experiment, ddl: [`${head} using (${using})`], before: sql, after: sql }
      })
      return [
        {
          kind: 'policy-once',
          summary: `"${rule.sentence}": the policy ${ident(facts.name)} calls a function for each row`,
          before: `${head} using (${facts.using});`,
          after: `${head} using (${using});`,
          hint: `No rule is red without it, since the same rows come: put it into a migration of your own (assay migrate test tries it), with this as its down.sql:\n${head} using (${facts.using});`,
          pairs,
        },
      ]
    })
    return Promise.resolve(found)
  },
}
