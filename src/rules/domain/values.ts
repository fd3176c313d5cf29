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
  /** By the domains that stand on this one as well: else no column of theirs can show it. */
  readonly isTaken: boolean
}

/** CHECKs that a value has to pass beside the one asked about. */
export interface Beside {
  /** Asked before it, or at its side: what they refuse, it never sees. */
  readonly first: readonly string[]
  /** Asked after it, of the domains that stand on this one: what it refuses may be refused by them as well. */
  readonly then: readonly string[]
}

const obeying = async (
  db: Session,
  base: string,
  values: readonly string[],
  checks: readonly string[],
): Promise<readonly string[]> => {
  const judged = await judgeValues(db, base, values, ['true', ...checks])
  return values.filter((_, i) => judged[i]?.every((answer) => answer === true) ?? false)
}

/** A base type's values that pass the CHECKs asked first, with texts grown to the lengths that the expression speaks of. */
const withGrown = async (
  db: Session,
  base: string,
  expression: string,
  candidates: readonly string[],
  first: readonly string[],
): Promise<readonly string[]> => {
  const obeys = (values: readonly string[]): Promise<readonly string[]> => obeying(db, base, values, first)
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
 * As few values as tell every mutant that any candidate tells, an accepted and a refused one among them. Values for which
 * the CHECK raises an error, and those that a domain on this one refuses anyhow, come in where no others tell.
 */
export const tellingValues = async (
  db: Session,
  base: string,
  expression: string,
  all: readonly string[],
  { first, then }: Beside,
): Promise<readonly TellingValue[]> => {
  const candidates = await withGrown(db, base, expression, all, first)
  const taken = new Set(then.length === 0 ? candidates : await obeying(db, base, candidates, then))
  const mutants = expressionMutants(expression).map((m) => m.sql)
  const judged = await judgeValues(db, base, candidates, [expression, ...mutants])
  const values = candidates
    .flatMap((sql, i) => {
      const [said, ...ofMutants] = judged[i] ?? []
      const isTaken = taken.has(sql)
      if (said === undefined) return []
      const tells = ofMutants.flatMap((answer, m) => (answer === said ? [] : [m]))
      return [{ sql, said, isTaken, tells, rank: Number(said === 'error') + 2 * Number(!isTaken) }]
    })
    .toSorted((a, b) => a.rank - b.rank)
  const untold = new Set(mutants.keys())
  const chosen: TellingValue[] = []
  for (const rank of new Set(values.map((v) => v.rank))) {
    const open = values.filter((v) => v.rank === rank)
    for (;;) {
      const gain = (v: (typeof values)[number]): number => v.tells.filter((m) => untold.has(m)).length
      const best = open.reduce<(typeof values)[number] | null>(
        (a, b) => (gain(b) > (a ? gain(a) : 0) ? b : a),
        null,
      )
      if (!best) break
      chosen.push(best)
      for (const m of best.tells) untold.delete(m)
    }
  }
  const wanted: readonly ((said: Said) => boolean)[] = [
    (said) => said === true,
    (said) => said === false,
    (said) => said !== true,
  ]
  for (const isWanted of wanted) {
    const one = values.find((v) => isWanted(v.said))
    if (one && !chosen.some((v) => isWanted(v.said))) chosen.push(one)
  }
  return chosen
}
