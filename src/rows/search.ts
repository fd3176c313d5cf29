/** Finds the nearest row that satisfies expressions over several columns: PostgreSQL judges combinations of options. */
import type { Column } from '../catalog/table.ts'
import type { Session } from '../postgres/session.ts'
import { combinationsOf } from './combinations.ts'
import { evaluate, type Question } from './evaluate.ts'
import type { TableFacts } from './facts.ts'
import type { Row } from './rows.ts'

/** Columns that move together (one column, or those of foreign keys), with their options; the first is the present one. */
export interface Variable {
  readonly columns: readonly Column[]
  readonly options: readonly (readonly string[])[]
  /** They point to other rows: what is no key of these is not worth a try. */
  readonly points?: true
  /** They point to rows of their own table. */
  readonly isOwnKey?: true
}

export interface Search {
  readonly facts: TableFacts
  readonly row: Row
  readonly variables: readonly Variable[]
  /** Columns that do not vary but are named by the expressions. */
  readonly fixed: readonly Column[]
  readonly expressions: readonly string[]
  readonly limit: number
}

const rowWith = (search: Search, combination: readonly number[]): Row => {
  const changed = search.variables.flatMap((v, i) =>
    v.columns.map((c, k) => [c.name, v.options[combination[i]!]![k]!] as const),
  )
  return { ...search.row, ...Object.fromEntries(changed) }
}

/** The question of a search, and how its combinations become rows. */
export const searchQuestion = (
  search: Search,
): { readonly question: Question; readonly rows: (at: number) => Row; readonly complete: boolean } => {
  const { facts, variables, fixed, expressions, limit } = search
  const { rows, complete } = combinationsOf(
    variables.map((v) => v.options.length),
    limit,
  )
  const varying = variables.flatMap((v, i) =>
    v.columns.map((column, k) => ({ column, options: v.options.map((o) => o[k]!), variable: i })),
  )
  const still = fixed
    .filter((c) => !varying.some((v) => v.column.name === c.name))
    .map((column) => ({ column, options: [search.row[column.name] ?? column.default ?? 'null'] }))
  const question: Question = {
    frame: { facts, columns: [...varying.map(({ column, options }) => ({ column, options })), ...still] },
    combinations: rows.map((r) => [...varying.map((v) => r[v.variable]!), ...still.map(() => 0)]),
    expressions,
  }
  return { question, rows: (at) => rowWith(search, rows[at]!), complete }
}

/** `(a) is not false and (b) is not false`: as CHECK reads it. */
export const noneFalse = (expressions: readonly string[]): string =>
  expressions.map((e) => `((${e}\n) is not false)`).join(' and ')

/** For each search the first rows, nearest first, whose expressions are all true or unknown. One round trip for all, unless something throws. */
export const findRows = async (db: Session, searches: readonly Search[], count = 1): Promise<Row[][]> => {
  const asked = searches.map((s) => searchQuestion({ ...s, expressions: [noneFalse(s.expressions)] }))
  const verdicts = await evaluate(
    db,
    asked.map((a) => ({ ...a.question, enough: count })),
  )
  return asked.map((a, i) => {
    const found: Row[] = []
    for (const [at, verdict] of verdicts[i]!.entries()) {
      if (verdict.fits && verdict.of === 't') found.push(a.rows(at))
      if (found.length >= count) break
    }
    return found
  })
}
