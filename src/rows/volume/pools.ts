/** Tuples of values that PostgreSQL has taken: found among candidates, and put in the place of values that it refuses. */
import type { Judging } from './conditions.ts'
import type { Tuple } from './samples.ts'
import type { Pool } from './volume-plan.ts'
import type { DraftColumn, TableDraft } from './draft.ts'

const mostCombinations = 3_000

export const setPool = (
  draft: TableDraft,
  columns: readonly DraftColumn[],
  tuples: readonly Tuple[],
  by: Pool['by'],
): void => {
  const names = columns.map(({ column }) => column.name)
  const pool = draft.pools.push({ columns: names, tuples, by, weights: null }) - 1
  for (const [at, column] of columns.entries()) {
    column.source = { kind: 'pool', pool, at }
    column.nulls = 0
  }
}

/** Candidates of each column, as texts. */
export const candidateTexts = async (
  draft: TableDraft,
  column: DraftColumn,
  expressions: readonly string[],
  judging: Judging,
): Promise<readonly (string | null)[]> => {
  const found = await judging.rows.candidates(draft.facts.table, column.column.name, expressions)
  const steady = found.filter((sql) => !/\bnow\s*\(|current_|_timestamp\s*\(|localtime|random/iu.test(sql))
  const texts = await judging.texts(column.column, steady.length > 0 ? steady : found)
  const known = texts.filter((text) => text !== undefined)
  return [...new Set(column.column.notNull ? known : [...known, null])].filter(
    (text) => text !== null || !column.column.notNull,
  )
}

export const combine = (lists: readonly (readonly (string | null)[])[]): readonly Tuple[] => {
  const each = Math.max(2, Math.floor(mostCombinations ** (1 / lists.length)))
  return lists.reduce<readonly Tuple[]>(
    (tuples, list) => list.slice(0, each).flatMap((value) => tuples.map((tuple) => [...tuple, value])),
    [[]],
  )
}
