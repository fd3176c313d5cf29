/** Values that tell a domain's CHECK from its mutants, judged by PostgreSQL over the base type. */
import { expressionMutants } from '../../catalog/expression/expressions.ts'
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { askEachOnce, knownAnswers } from '../../rows/known-answers.ts'
import { selectEach } from '../trial.ts'
import { grown } from '../type-probes/text.ts'

export interface TellingValue {
  /** SQL expression. */
  readonly sql: string
  readonly accepted: boolean
}

/** As a CHECK has it: unknown counts as true. A domain writes the value as VALUE, here a column of that name. */
const judge = async (
  db: Session,
  base: string,
  candidates: readonly string[],
  expressions: readonly string[],
): Promise<readonly (readonly boolean[] | null)[]> => {
  const answers = expressions.map((e) => `coalesce((${e})::boolean, true)`).join(', ')
  const known = await knownAnswers(db)
  const ofBase = [base, ...expressions]
  const selects = candidates.map((sql) => ({
    question: `select ${answers} from (select cast(${sql} as ${base}) as value) as v`,
    lasting: known.lasting([...ofBase, sql]),
  }))
  // Columns of one domain ask mostly the same.
  const found = await askEachOnce(db, selects, async (open) => {
    const replies = await selectEach(
      db,
      [],
      open.map(({ question }) => question),
    )
    return replies.map((rows) => ({ rows }))
  })
  return found.map(({ rows }) => rows?.[0]?.map((text) => text === 't') ?? null)
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
    const judged = await judge(db, base, values, ['true', ...others])
    return values.filter((_, i) => judged[i]?.every((answer) => answer) ?? false)
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

/** As few values as tell every mutant that any candidate tells, an accepted and a rejected one among them; `others`: the domain's other CHECKs. */
export const tellingValues = async (
  db: Session,
  base: string,
  expression: string,
  all: readonly string[],
  others: readonly string[],
): Promise<readonly TellingValue[]> => {
  const candidates = await withGrown(db, base, expression, all, others)
  const mutants = expressionMutants(expression).map((m) => m.sql)
  const judged = await judge(db, base, candidates, [expression, ...mutants])
  const values = candidates.flatMap((sql, i) => {
    const answers = judged[i]
    if (!answers) return []
    const [isAccepted, ...others] = answers
    const tells = others.flatMap((answer, m) => (answer === isAccepted ? [] : [m]))
    return [{ sql, accepted: isAccepted!, tells }]
  })
  const untold = new Set(mutants.keys())
  const chosen: TellingValue[] = []
  for (;;) {
    const gain = (v: (typeof values)[number]): number => v.tells.filter((m) => untold.has(m)).length
    const best = values.reduce<(typeof values)[number] | null>(
      (a, b) => (gain(b) > (a ? gain(a) : 0) ? b : a),
      null,
    )
    if (!best) break
    chosen.push({ sql: best.sql, accepted: best.accepted })
    for (const m of best.tells) untold.delete(m)
  }
  for (const wanted of [true, false]) {
    const one = values.find((v) => v.accepted === wanted)
    if (one && !chosen.some((v) => v.accepted === wanted)) chosen.push({ sql: one.sql, accepted: wanted })
  }
  return chosen
}
