/** The time that a declared query aims at: what its budget says, or what is usual for its class. */
import type { QueryRule } from '../architecture/kinds/query.ts'
import { millisecondsOf, usualMilliseconds } from '../architecture/query-budget.ts'
import { statementsOf } from '../rules/call/recorded.ts'
import type { ValidatedQuery } from './result.ts'

/** `@@` of a document asks a path: `doc @@ '$.a > 1'`. */
const asksPath = /@@\s*\(?\s*'\s*(?:(?:strict|lax)\s+)?\$|::\s*jsonpath/iu

export const targetOf = (rule: QueryRule): Pick<ValidatedQuery, 'target' | 'isUsual'> => {
  const stated = rule.budget.p95 === undefined ? null : millisecondsOf(rule.budget.p95)
  const isTextSearch = statementsOf(rule).some(({ sql }) => sql.includes('@@') && !asksPath.test(sql))
  return { target: stated ?? usualMilliseconds(rule.reads.length, isTextSearch), isUsual: stated === null }
}
