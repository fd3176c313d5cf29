/** Values that tell a domain's CHECK from its mutants, judged by PostgreSQL over the base type. */
import { expressionMutants } from '../../catalog/expression/expressions.ts'
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { selectEach } from '../trial.ts'
import { grown } from '../type-probes/text.ts'
import { judgeValues, type Said } from './judge.ts'

export interface TellingValue {
  /** SQL expression. */
  readonly sql: string
  /** `error`: the CHECK raises one in place of an answer. */
  readonly said: Said
}

/** A base type's values that satisfy the domain's other CHECKs, with texts grown to the lengths that the expression speaks of. */
const withGrown = async (
  db: Session,
  base: string,
  expression: string,
  candidates: readonly string[],
  others: readonly string[],
): Promise<readonly string[]> => {
  const obeys = async (values: readonly string[]): Promise<readonly string[]> => {
    const judged = await judgeValues(db, base, values, ['true', ...others])
    return values.filter((_, i) => judged[i]?.every((answer) => answer === true) ?? false)
  }
  const fitting = await obeys(candidates)
  if (!/^(?:text|citext|varchar|char|character)/u.test(base)) return fitting
  const [sample] = await selectEach(db, [], [`select (${fitting.find((v) => v !== 'null') ?? 'null'})::text`])
  const lengths = [
    ...new Set(
      [...expression.matchAll(/\b\d{1,4}\b/gu)].flatMap(([n]) => [-1, 0, 1].map((step) => Number(n) + step)),
    ),
  ]
  const texts = lengths.filter((n) => n > 0).flatMap((n) => grown(sample?.[0]?.[0] ?? null, n))
  const longer = await selectEach(
    db,
    [],
    texts.map((sql) => `select (${sql})::text`),
  )
  return [...fitting, ...(await obeys(longer.flatMap((rows) => rows?.[0]?.[0] ?? []).map(literal)))]
}

/**
 * As few values as tell every mutant that any candidate tells, an accepted and a refused one among them; `others`: the
 * domain's other CHECKs. Values for which the CHECK raises an error come in where none is refused, or where they alone tell.
 */
export const tellingValues = async (
  db: Session,
  base: string,
  expression: string,
  all: readonly string[],
  others: readonly string[],
): Promise<readonly TellingValue[]> => {
  const candidates = await withGrown(db, base, expression, all, others)
  const mutants = expressionMutants(expression).map((m) => m.sql)
  const judged = await judgeValues(db, base, candidates, [expression, ...mutants])
  const values = candidates
    .flatMap((sql, i) => {
      const [said, ...ofMutants] = judged[i] ?? []
      if (said === undefined) return []
      return [{ sql, said, tells: ofMutants.flatMap((answer, m) => (answer === said ? [] : [m])) }]
    })
    .toSorted((a, b) => Number(a.said === 'error') - Number(b.said === 'error'))
  const untold = new Set(mutants.keys())
  const chosen: TellingValue[] = []
  for (;;) {
    const gain = (v: (typeof values)[number]): number => v.tells.filter((m) => untold.has(m)).length
    const best = values.reduce<(typeof values)[number] | null>(
      (a, b) => (gain(b) > (a ? gain(a) : 0) ? b : a),
      null,
    )
    if (!best) break
    chosen.push({ sql: best.sql, said: best.said })
    for (const m of best.tells) untold.delete(m)
  }
  const wanted: readonly ((said: Said) => boolean)[] = [
    (said) => said === true,
    (said) => said === false,
    (said) => said !== true,
  ]
  for (const isWanted of wanted) {
    const one = values.find((v) => isWanted(v.said))
    if (one && !chosen.some((v) => isWanted(v.said))) chosen.push({ sql: one.sql, said: one.said })
  }
  return chosen
}
