/** Values that tell a domain's CHECK from its mutants, judged by PostgreSQL over the base type. */
import { expressionMutants } from '../catalog/expressions.ts'
import type { Session } from '../postgres/session.ts'
import { selectEach } from './trial.ts'

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
  const found = await selectEach(
    db,
    [],
    candidates.map((sql) => `select ${answers} from (select cast(${sql} as ${base}) as value) as v`),
  )
  return found.map((rows) => rows?.[0]?.map((text) => text === 't') ?? null)
}

/** As few values as tell every mutant that any candidate tells, an accepted and a rejected one among them. */
export const tellingValues = async (
  db: Session,
  base: string,
  expression: string,
  candidates: readonly string[],
): Promise<readonly TellingValue[]> => {
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
