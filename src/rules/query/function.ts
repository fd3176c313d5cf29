/** A query that is a function: its statements are counted on filled tables, and none is sent once for each row of another. */
import type { CallFunction } from '../../architecture/kinds/call-function.ts'
import type { QueryBudget, QueryRule } from '../../architecture/kinds/query.ts'
import { loadParser } from '../../postgres/parse.ts'
import { callExperiments, lacksValues, type CallWish } from '../call/experiments.ts'
import { record } from '../call/recorded.ts'
import { unseenWishes } from '../call/unseen.ts'
import type { CallLimits, Experiment } from '../experiment.ts'
import type { RuleContext, Written } from '../rule-kind.ts'

type FunctionRule = QueryRule & { readonly function: CallFunction }
type Context = Pick<RuleContext, 'architecture' | 'catalog'>

const countMend =
  'Send fewer statements, or declare an index for those that find too few rows too slowly, with t.indexed(…); or give it a wider budget.'
const repeatMend =
  "Ask once for all rows: where(…, 'in', ids), a join, or the rows of the other table as one JSON column (jsonArrayFrom of kysely/helpers/postgres)."

const mayReadWhole = ({ buffers, buffersPerRow, rowsReadPerRow, never }: QueryBudget): boolean =>
  never === undefined
    ? [buffers, buffersPerRow, rowsReadPerRow].some((limit) => limit !== undefined)
    : ![never].flat().includes('Seq Scan')

const limitsOf = ({ budget }: QueryRule): CallLimits => {
  const { statements, buffers, buffersPerRow, rowsReadPerRow } = budget
  return {
    ...(statements === undefined ? {} : { statements }),
    ...(buffers === undefined ? {} : { buffers }),
    ...(buffersPerRow === undefined ? {} : { buffersPerRow }),
    ...(rowsReadPerRow === undefined ? {} : { rowsReadPerRow }),
    readsWhole: mayReadWhole(budget),
    repeats: true,
    rows: null,
  }
}

const wishesOf = (rule: FunctionRule, context: Context): readonly CallWish[] => {
  const shared = {
    rows: 1,
    most: 1,
    writers: 1,
    isOwn: true,
    isCrossed: false,
    takesOut: false,
    isFrequent: true,
    isolation: 'read committed',
    retries: 0,
  }
  return [
    {
      ...shared,
      title: 'one call stays within the budget',
      then: { kind: 'cost', within: limitsOf(rule) },
      mend: countMend,
    },
    {
      ...shared,
      title: 'no statement is sent once for each row of another',
      then: { kind: 'cost', within: { readsWhole: true, repeats: false, rows: null } },
      mend: repeatMend,
      code: 'query.n-plus-one',
    },
    ...unseenWishes(rule, context, shared),
  ]
}

export const writeFunction = async (
  rule: FunctionRule,
  { architecture, catalog }: Context,
): Promise<Written> => {
  await loadParser()
  await record(rule)
  const lacks = lacksValues(rule, catalog)
  if (lacks !== null) return { experiments: [], unsolved: [{ rule: rule.id, ...lacks }] }
  const parts = { rule, architecture, catalog }
  const found = wishesOf(rule, parts).flatMap((wish) => callExperiments(parts, wish))
  return {
    experiments: found.map((one, n): Experiment => ({ id: `${rule.id}#${n + 1}`, ...one })),
    unsolved: [],
  }
}
