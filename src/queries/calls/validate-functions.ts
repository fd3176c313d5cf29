/**
 * The declared queries that are functions of several statements, measured for real: on filled tables, all that one call
 * sends taken together. What a statement is sent depends on the rows of those before it, so none of them is planned alone.
 */
import type { CallFunction } from '../../architecture/kinds/call-function.ts'
import type { QueryRule } from '../../architecture/kinds/query.ts'
import type { BoundRule } from '../../prove/bind.ts'
import { writeFunction } from '../../rules/query/function.ts'
import { queryFindings } from '../query-findings.ts'
import { targetOf } from '../query-target.ts'
import type { MeasuredCall, ValidatedQuery } from '../result.ts'
import { validatedRule } from '../validated-rule.ts'
import { brokenFindings, partlyUnseen } from './broken-calls.ts'
import type { CallsWish, ValidatedCalls } from './calls-wish.ts'
import { calibrationsOf, measureRules, type BoundCall, type MeasuredRule } from './measure-rules.ts'
import { filledFor, statementsIn, sumIn, type Measured } from './measured-call.ts'

export interface ValidatedFunctions extends ValidatedCalls {
  readonly queries: readonly ValidatedQuery[]
}

type FunctionRule = QueryRule & { readonly function: CallFunction }

const isFunction = (bound: BoundRule): bound is BoundCall<FunctionRule> =>
  bound.rule.kind === 'query' && (bound.rule as QueryRule).function !== undefined

const notPlanned =
  'it sends several statements, and what they are sent depends on the rows of those before them'

const toldOf = ({ work, result: { experiment }, times, broken }: Measured): MeasuredCall => ({
  title: experiment.title,
  median: times.median,
  p95: times.p95,
  ratio: times.ratio,
  runs: times.runs,
  statements: statementsIn(work),
  buffers: work?.buffers ?? 0,
  rowsRead: sumIn(work, 'read'),
  rowsReturned: work?.statements.reduce((sum, { rows }) => sum + rows, 0) ?? 0,
  broken,
  heaviest: null,
})

interface Told extends Pick<ValidatedCalls, 'rules' | 'findings'> {
  readonly query: ValidatedQuery
}

const tell = ({ loaded, measured, unsolved }: MeasuredRule<FunctionRule>): Told => {
  const { rule, experiments } = loaded
  const calls = measured
    .filter(({ result, broken }) => result.experiment.code === undefined || broken !== null)
    .map(toldOf)
  const { target, isUsual } = targetOf(rule)
  const query: ValidatedQuery = {
    id: rule.id,
    sentence: rule.sentence,
    target,
    isUsual,
    filled: filledFor(experiments),
    calls,
    projected: [],
    unprojected: Object.keys(rule.rowsAt).length > 0 ? [notPlanned] : [],
    unsolved,
  }
  const times = calls
    .filter(({ runs }) => runs > 0)
    .map(({ title, ...call }) => ({ ...call, call: title, target }))
  const results = measured.map(({ result }) => result)
  return {
    query,
    rules: [validatedRule(loaded, results, { times })],
    findings: [
      ...brokenFindings(rule, measured, 'query.over-budget'),
      ...partlyUnseen(rule, measured),
      ...queryFindings(loaded, { ...query, calls: calls.filter(({ broken }) => broken === null) }),
    ],
  }
}

/** Leaves nothing behind. */
export const validateFunctions = async (wish: CallsWish): Promise<ValidatedFunctions> => {
  const measured = await measureRules(wish, {
    is: isFunction,
    write: (rule) => writeFunction(rule, wish),
    // The same call is looked at for something else: it was timed once.
    isTimed: ({ code }) => code === undefined,
  })
  const told = measured.map(tell)
  return {
    queries: told.map(({ query }) => query),
    rules: told.flatMap(({ rules }) => rules),
    findings: told.flatMap(({ findings }) => findings),
    calibrations: calibrationsOf(measured),
  }
}
