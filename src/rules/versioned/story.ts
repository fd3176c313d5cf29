/**
 * A story: writes one step after the other, the history aged by hours between them because now() stands still in a
 * transaction. At its end the history, asked for each step's moment, has to answer what the table held then.
 */
import { ident, literal } from '../../postgres/quote.ts'
import type { VersionPlan } from './plan.ts'

export interface Told {
  /** The last statement asks: one boolean for each moment. */
  readonly when: readonly string[]
  readonly answers: number
}

const hours = (n: number): string => `interval '${n} hours'`

/** The whole row as text: what is compared, so that types without equality are, too. */
export const rowText = (plan: VersionPlan, alias: string): string =>
  `row(${plan.columns.map((c) => `${alias}.${ident(c)}`).join(', ')})::text`

const gathered = (line: string, from: string): string =>
  `(select coalesce(array_agg(${line} order by ${line} collate "C"), '{}')::text from ${from})`

/** Two statements: a period that never ends overlaps all others of its row as long as these have not moved. */
const age = ({ history }: VersionPlan, n: number): readonly string[] => [
  `update ${history} set valid = tstzrange(lower(valid) - ${hours(n)}, upper(valid) - ${hours(n)}) where not upper_inf(valid)`,
  `update ${history} set valid = tstzrange(lower(valid) - ${hours(n)}, null) where upper_inf(valid)`,
]

const setting = (step: number): string => literal(`assay.step_${step}`)

const remember = (plan: VersionPlan, step: number): string =>
  `select pg_catalog.set_config(${setting(step)}, ${gathered(rowText(plan, 'present'), `${plan.table} as present`)}, true)`

const asOf = (plan: VersionPlan, moment: string): string =>
  gathered(rowText(plan, 'version'), `${plan.history} as version where version.valid @> (${moment})`)

/**
 * Each step's writes are one transaction's. Between steps the history moves into the past by twice the hours of the
 * last time, so that no version meets one that has not moved yet.
 */
export const tellStory = (
  plan: VersionPlan,
  steps: readonly (readonly string[])[],
  more: readonly string[] = [],
): Told => {
  const n = steps.length
  const ageOf = (step: number): number => 2 ** n - 2 ** step
  const at = (step: number, answer: number): string =>
    `${asOf(plan, `now() - ${hours(ageOf(step))}${answer === step ? '' : ` - interval '1 microsecond'`}`)} = current_setting(${setting(answer)})`
  const moments = Array.from({ length: n + 1 }, (_, step) => [
    ...(step === 0 ? [] : [at(step, step - 1)]),
    at(step, step),
  ]).flat()
  const open = `${asOf(plan, `timestamptz 'infinity'`)} = current_setting(${setting(n)})`
  const questions = [...moments, open, ...more]
  return {
    when: [
      remember(plan, 0),
      ...steps.flatMap((writes, i) => [...age(plan, 2 ** i), ...writes, remember(plan, i + 1)]),
      `select ${questions.join(',\n  ')}`,
    ],
    answers: questions.length,
  }
}
