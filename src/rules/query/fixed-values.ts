/**
 * Values that a declaration itself fixes, as constants: Kysely's `where('status', '=', 'open')` sends one as a parameter,
 * and PostgreSQL plans each call with the value that it brings. So a partial index may serve it. Needs `loadParser()`.
 */
import type { QueryForm } from '../../architecture/kinds/query.ts'
import { literal } from '../../postgres/quote.ts'
import { scanWords } from '../../postgres/scan.ts'

/** How many rows come says nothing of which. */
const counts = new Set(['limit', 'offset', 'first', 'next'])

/** The statement itself where it fixes nothing that rows are compared with. */
export const withFixedValues = (form: QueryForm): QueryForm => {
  const { sql, parameters, call } = form
  if (parameters.every((one) => 'name' in one)) return form
  const words = scanWords(sql)
  const numberOf = (text: string): number => Number(/^\$(\d+)$/u.exec(text)?.[1] ?? 0)
  const counted = new Set(
    words.flatMap(({ text }, at) => (counts.has(words[at - 1]?.text ?? '') ? numberOf(text) : [])),
  )
  const isFixed = (number: number): boolean => {
    const one = parameters[number - 1]
    // The values of a call that is named are those of one call.
    const isOwn = one !== undefined && 'value' in one && (call === null || one.isConstant === true)
    return isOwn && !counted.has(number)
  }
  const kept = parameters.flatMap((_, at) => (isFixed(at + 1) ? [] : [at + 1]))
  if (kept.length === parameters.length) return form
  let text = ''
  let from = 0
  for (const word of words) {
    const number = numberOf(word.text)
    const parameter = parameters[number - 1]
    if (parameter === undefined) continue
    const constant = 'value' in parameter && isFixed(number) ? literal(parameter.value) : null
    text += `${sql.slice(from, word.start)}${constant ?? `$${kept.indexOf(number) + 1}`}`
    from = word.end
  }
  return { ...form, sql: text + sql.slice(from), parameters: kept.map((number) => parameters[number - 1]!) }
}
