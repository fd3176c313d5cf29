/**
 * A named call that gives only some of the parameters: the others are found from rows, but for those that the
 * application may leave out.
 */
import type { CompiledCall } from './query-builder.ts'

/** What a call comes to where some parameters have no value. */
export interface Attempt {
  readonly sent: readonly CompiledCall[]
  /** Null: it came to its end. */
  readonly thrown: unknown
}

export const isNamed = (call: unknown): call is Readonly<Record<string, unknown>> =>
  typeof call === 'object' &&
  call !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(call) as object | null)

const writing = /^\s*(?:with\b[^]*\b)?(?:insert\s+into|update|merge\s+into)\b/iu

/** A column that has no value is left out of these, and nobody sees it. */
const writesIn = ({ sent }: Attempt): string =>
  sent
    .map(({ sql }) => sql)
    .filter((sql) => writing.test(sql))
    .join(';')

/** Whether one parameter has to have a value: `without` it, as against `whole`, where all of them have one. */
export const isNeeded = (whole: Attempt, without: Attempt): boolean =>
  (without.thrown !== null && whole.thrown === null) ||
  without.sent.some(({ parameters }) => parameters.includes(undefined)) ||
  writesIn(without) !== writesIn(whole)
