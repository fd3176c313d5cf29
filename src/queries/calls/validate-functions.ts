/**
 * The declared queries that are functions of several statements, measured for real: on filled tables, all that one call
 * sends taken together. What a statement is sent depends on the rows of those before it, so none of them is planned alone.
 */
import type { CallFunction } from '../../architecture/kinds/call-function.ts'
import type { QueryRule } from '../../architecture/kinds/query.ts'
import { PgError } from '../../postgres/fault.ts'
import { isAskedFor } from '../../prove/asked.ts'
import type { BoundRule } from '../../prove/bind.ts'
import { openFilledClones, type FilledClones } from '../../prove/filled-clones.ts'
import type { Finding, RuleResult } from '../../prove/result.ts'
import type { TestedRule } from '../../prove/write-tests.ts'
import { writeFunction } from '../../rules/query/function.ts'
import type { LoadedQuery } from '../loaded-query.ts'
import { queryFindings } from '../query-findings.ts'
import { targetOf } from '../query-target.ts'
import type { MeasuredCall, ValidatedQuery } from '../result.ts'
import { validatedRule } from '../validated-rule.ts'
import type { CallsWish, ValidatedCalls } from './calls-wish.ts'
import {
  filledFor,
  isCallable,
  measureOn,
  statementsIn,
  sumIn,
  widenAll,
  type Measured,
} from './measured-call.ts'

export interface ValidatedFunctions extends ValidatedCalls {
  readonly queries: readonly ValidatedQuery[]
}

type FunctionRule = QueryRule & { readonly function: CallFunction }
type BoundFunction = BoundRule & { readonly rule: FunctionRule }

const isFunction = (bound: BoundRule): bound is BoundFunction =>
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

const written = async (
  bound: BoundFunction,
  { architecture, catalog, sizes }: CallsWish,
): Promise<TestedRule> => {
  if (bound.missing !== null) return { ...bound, experiments: [], unsolved: [] }
  const { experiments, unsolved } = await writeFunction(bound.rule, { architecture, catalog })
  return { ...bound, unsolved, experiments: widenAll(experiments, sizes) }
}

const fill = async (clones: FilledClones, bound: BoundFunction, wish: CallsWish): Promise<LoadedQuery> => {
  const { rule } = bound
  try {
    const [filled] = await clones.fill([await written(bound, wish)], wish.architecture.volumes ?? {})
    return { ...filled!, rule }
  } catch (cause) {
    if (!(cause instanceof PgError) || wish.sizes !== null) throw cause
    const summary = `its tables could not be filled: ${cause.message}`
    return { ...bound, rule, experiments: [], unsolved: [{ rule: rule.id, summary, tried: 'rows by COPY' }] }
  }
}

/** What a call does beyond its budget, one for each kind of it. */
const brokenFindings = (query: LoadedQuery, measured: readonly Measured[]): readonly Finding[] => {
  const { id, at, sentence } = query.rule
  const broken = measured.filter((one) => one.broken !== null)
  const codeOf = ({ result }: Measured): string => result.experiment.code ?? 'query.over-budget'
  return [...new Set(broken.map(codeOf))].map((code) => {
    const [first, ...others] = broken.filter((one) => codeOf(one) === code)
    return {
      code,
      severity: 'error',
      rule: id,
      ...(at === null ? {} : { where: at }),
      summary: `"${sentence}": ${first!.broken!}${others.length > 0 ? ` (and ${others.length} more)` : ''}`,
      why: 'the budget is declared, and what one call sends does not stay within it on filled tables',
      fix: first!.result.experiment.mend ?? 'Give it a wider budget.',
    }
  })
}

const validateOne = async (
  clones: FilledClones,
  bound: BoundFunction,
  wish: CallsWish,
): Promise<{ readonly query: ValidatedQuery } & ValidatedCalls> => {
  const loaded = await fill(clones, bound, wish)
  const { rule } = loaded
  const experiments = loaded.unsolved.length > 0 ? [] : loaded.experiments.filter(isCallable)
  const measured: Measured[] = []
  for (const experiment of experiments)
    measured.push(
      await measureOn(wish.server, clones.of(experiment.call)!.database, experiment, {
        // The same call is looked at for something else: it was timed once.
        isTimed: experiment.code === undefined,
      }),
    )
  const calls = measured
    .filter(({ result, broken }) => result.experiment.code === undefined || broken !== null)
    .map(toldOf)
  const { target, isUsual } = targetOf(rule)
  const missing = bound.missing === null ? [] : [bound.missing]
  const query: ValidatedQuery = {
    id: rule.id,
    sentence: rule.sentence,
    target,
    isUsual,
    filled: filledFor(experiments),
    calls,
    projected: [],
    unprojected: Object.keys(rule.rowsAt).length > 0 ? [notPlanned] : [],
    unsolved: [...missing, ...loaded.unsolved.map(({ summary }) => summary)],
  }
  const times = calls
    .filter(({ runs }) => runs > 0)
    .map(({ title, ...call }) => ({ ...call, call: title, target }))
  return {
    query,
    rules: [
      validatedRule(
        loaded,
        measured.map(({ result }) => result),
        { times },
      ),
    ],
    findings: [
      ...brokenFindings(loaded, measured),
      ...queryFindings(loaded, { ...query, calls: calls.filter(({ broken }) => broken === null) }),
    ],
    calibrations: measured.flatMap((one) => (one.times.calibration > 0 ? [one.times.calibration] : [])),
  }
}

/** Leaves nothing behind. */
export const validateFunctions = async (wish: CallsWish): Promise<ValidatedFunctions> => {
  const { server, template, catalog, binding, only, onProgress } = wish
  const asked = binding.rules.filter(isFunction).filter(({ rule }) => isAskedFor(rule.id, rule.table, only))
  const queries: ValidatedQuery[] = []
  const rules: RuleResult[] = []
  const findings: Finding[] = []
  const calibrations: number[] = []
  const clones = openFilledClones(server, template)
  clones.use(catalog)
  try {
    for (const [done, bound] of asked.entries()) {
      onProgress?.(`measuring "${bound.rule.sentence}"`, done, asked.length)
      const one = await validateOne(clones, bound, wish)
      queries.push(one.query)
      rules.push(...one.rules)
      findings.push(...one.findings)
      calibrations.push(...one.calibrations)
    }
  } finally {
    await clones.close()
  }
  return { queries, rules, findings, calibrations }
}
