/**
 * Which conditions are the same for every row: PostgreSQL's planner folds them (EXPLAIN VERBOSE prints what is left),
 * so `x = NULL` is told to be null by the one who will judge it. No table is read and none has to be readable.
 */
import type { Column, Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import { parsePlan } from '../../postgres/plan.ts'
import type { Reply, Session } from '../../postgres/session.ts'
import { askEach } from '../savepoint.ts'

export type RowConstant = 'true' | 'false' | 'null'

export interface Question {
  readonly table: Pick<Table, 'name' | 'columns'>
  readonly expressions: readonly string[]
}

const nullOf = ({ name, type }: Column): string => `cast(null as ${type}) as ${ident(name)}`

/** OFFSET keeps the planner from looking through to the nulls: columns stay columns. */
export const anyRowOf = ({ name, columns }: Pick<Table, 'name' | 'columns'>): string =>
  `(select ${columns.map(nullOf).join(', ')} offset 0) as ${ident(name)}`

const explain = ({ table, expressions }: Question): string =>
  `explain (verbose, costs off, format json) select ${expressions.map((e) => `(${e}\n)`).join(', ')} from ${anyRowOf(table)}`

const constants: Readonly<Record<string, RowConstant>> = {
  true: 'true',
  false: 'false',
  'NULL::boolean': 'null',
}

const readConstants = (reply: Reply | undefined, count: number): readonly (RowConstant | null)[] => {
  const output = parsePlan(reply?.commands.at(-1)?.rows[0]?.[0] ?? '')?.['Output']
  const texts = Array.isArray(output) ? (output as readonly unknown[]) : []
  return Array.from({ length: count }, (_, i) => constants[String(texts[i])] ?? null)
}

/** For each question and expression: what it is for every row, null when that depends on the row or cannot be told. */
export const rowConstants = async (
  db: Session,
  questions: readonly Question[],
): Promise<readonly (readonly (RowConstant | null)[])[]> => {
  const replies = await askEach(db, questions.map(explain))
  const refused = questions.flatMap(({ table, expressions }, i) =>
    replies[i]?.fault ? expressions.map((e, k) => ({ i, k, question: { table, expressions: [e] } })) : [],
  )
  const single = await askEach(
    db,
    refused.map(({ question }) => explain(question)),
  )
  return questions.map(({ expressions }, i) => {
    if (!replies[i]?.fault) return readConstants(replies[i], expressions.length)
    return expressions.map((_e, k) => {
      const at = refused.findIndex((r) => r.i === i && r.k === k)
      return single[at]?.fault ? null : (readConstants(single[at], 1)[0] ?? null)
    })
  })
}
