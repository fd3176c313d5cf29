/** What expressions over a domain's value say of values of its base type, asked of PostgreSQL. */
import type { PgFault } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { askEachOnce, knownAnswers } from '../../rows/known-answers.ts'
import { selectEach, tryOne } from '../trial.ts'

/** As a CHECK has it: unknown counts as true. An expression may raise an error in place of an answer. */
export type Said = boolean | 'error'

/** Candidates for which every expression is asked alone, since one of them raises. */
const mostApart = 60

/** A domain writes the value as VALUE, here a column of that name. */
const question = (base: string, sql: string, expressions: readonly string[]): string =>
  `select ${expressions.map((e) => `coalesce((${e})::boolean, true)`).join(', ')} from (select cast(${sql} as ${base}) as value) as v`

/** Null where PostgreSQL refuses it. Columns of one domain ask mostly the same. */
const ask = async (
  db: Session,
  base: string,
  asked: readonly { readonly sql: string; readonly expressions: readonly string[] }[],
): Promise<readonly (readonly boolean[] | null)[]> => {
  const known = await knownAnswers(db)
  const selects = asked.map(({ sql, expressions }) => ({
    question: question(base, sql, expressions),
    lasting: known.lasting([base, sql, ...expressions]),
  }))
  const found = await askEachOnce(db, selects, async (open) => {
    const replies = await selectEach(
      db,
      [],
      open.map((one) => one.question),
    )
    return replies.map((rows) => ({ rows }))
  })
  return found.map(({ rows }) => rows?.[0]?.map((text) => text === 't') ?? null)
}

/** [candidate][expression]; null for what is no value of the base type, and for what was asked too often in vain. */
export const judgeValues = async (
  db: Session,
  base: string,
  candidates: readonly string[],
  expressions: readonly string[],
): Promise<readonly (readonly Said[] | null)[]> => {
  const together = await ask(
    db,
    base,
    candidates.map((sql) => ({ sql, expressions })),
  )
  const open = candidates.filter((_, i) => together[i] === null)
  const cast = await ask(
    db,
    base,
    open.map((sql) => ({ sql, expressions: ['true'] })),
  )
  const apart = open.filter((_, i) => cast[i] !== null).slice(0, mostApart)
  const alone = await ask(
    db,
    base,
    apart.flatMap((sql) => expressions.map((one) => ({ sql, expressions: [one] }))),
  )
  return candidates.map((sql, i) => {
    const at = together[i] === null ? apart.indexOf(sql) : -1
    if (at < 0) return together[i]!
    return expressions.map((_, e) => alone[at * expressions.length + e]?.[0] ?? 'error')
  })
}

/** How an expression refuses to answer for a value; null when it answers. */
export const faultOfValue = (
  db: Session,
  base: string,
  sql: string,
  expression: string,
): Promise<PgFault | null> => tryOne(db, { statements: [] }, [question(base, sql, [expression])])
