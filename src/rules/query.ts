/** query: a statement of the application stays within its budget on loaded rows, and without its indexes it does not. */
import type { QueryForm, QueryRule } from '../architecture/kinds/query.ts'
import { loadParser } from '../postgres/parse.ts'
import { loaded } from './indexed.ts'
import type { Experiment, Limits, Unsolved } from './experiment.ts'
import { record } from './call/recorded.ts'
import { callsOf, type CallContext } from './query/calls.ts'
import { claimsOfQuery } from './query/claims.ts'
import { flipsThatNobodySees } from './query/flips.ts'
import { writeFunction } from './query/function.ts'
import { notesOf } from './query/notes.ts'
import { budgetInWords, estimatesMend, limitsOf, unknownMend } from './query/limits.ts'
import { repeatsFor } from './query/repeated.ts'
import { rowsToLoad } from './query/sample.ts'
import { analysed } from './query/text.ts'
import type { RuleKind, Written } from './rule-kind.ts'

const mend =
  'Declare an index that serves it: t.indexed(…) with the columns of its conditions first, then those of its order; or give it a wider budget.'

const withoutValue = (rule: QueryRule, name: string): Unsolved => ({
  rule: rule.id,
  summary: `no value is known for its parameter "${name}"; name calls with { with: [{ ${name}: … }] }`,
  tried: 'the columns that its conditions compare it with',
  mend: `Name calls to prove it with:\n{ with: [{ ${name}: … }] }`,
})

const experimentsOf = async (
  rule: QueryRule,
  form: QueryForm,
  limits: Limits,
  context: CallContext,
): Promise<{
  readonly experiments: readonly Omit<Experiment, 'id'>[]
  readonly unsolved: readonly Unsolved[]
}> => {
  const { calls, without } = await callsOf(rule, form, context)
  if (without.length > 0)
    return { experiments: [], unsolved: without.map((name) => withoutValue(rule, name)) }
  return {
    unsolved: [],
    experiments: calls.map(({ title, sql, as }) => ({
      rule: rule.id,
      title,
      world: loaded,
      ...(as === null ? {} : { as }),
      given: [],
      // The first time PostgreSQL reads its own catalog for it.
      when: [analysed(sql), analysed(sql)],
      then: { kind: 'plan', uses: null, without: [], within: limits },
      on: 'loaded',
      mend: unknownMend(limits) ?? (limits.estimate === undefined ? mend : `${mend} ${estimatesMend}`),
    })),
  }
}

/** Its experiments with values from `context.source`. */
export const writeQuery = async (
  rule: QueryRule,
  context: CallContext,
): Promise<Pick<Written, 'experiments' | 'unsolved' | 'notes'>> => {
  await loadParser()
  const limits = await limitsOf(rule, context)
  const found = []
  for (const form of rule.forms) found.push(await experimentsOf(rule, form, limits, context))
  return {
    experiments: found
      .flatMap((one) => one.experiments)
      .map((one, n) => ({ id: `${rule.id}#${n + 1}`, ...one })),
    unsolved: found.flatMap((one) => one.unsolved),
    notes: await notesOf(rule, context),
  }
}

const experiments: RuleKind<QueryRule>['experiments'] = async (rule, context) => {
  if (rule.function) return writeFunction({ ...rule, function: rule.function }, context)
  const written = await writeQuery(rule, { ...context, source: rowsToLoad(context) })
  const repeats = repeatsFor(context.architecture, context.catalog)
  return {
    ...written,
    indistinct: flipsThatNobodySees(rule, context),
    ...(repeats ? { repeats } : {}),
  }
}

export const query: RuleKind<QueryRule> = {
  kind: 'query',
  sentence: (rule) => `"${rule.sentence}": ${budgetInWords(rule.budget)}`,
  prepare: record,
  experiments,
  design: () => [],
  claims: claimsOfQuery,
}
