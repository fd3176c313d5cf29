/** Tuples of values that PostgreSQL has taken: found among candidates, and put in the place of values that it refuses. */
import type { Judging } from './conditions.ts'
import type { Tuple } from './samples.ts'
import type { Pool } from './volume-plan.ts'
import type { DraftColumn, TableDraft } from './draft.ts'

const mostCombinations = 3_000

/** How often each class of a column's values is to come. */
interface Wished {
  readonly classOf: (text: string | null) => string | null
  readonly shares: ReadonlyMap<string | null, number>
}

const wishedOf = ({ pools }: TableDraft, { column, source, nulls }: DraftColumn): Wished | null => {
  const known = source?.kind === 'pool' ? pools[source.pool] : undefined
  if (known?.weights != null && source?.kind === 'pool') {
    const { at } = source
    const sum = known.weights.reduce((all, one) => all + one, 0)
    const share = (n: number): number => ((known.weights![n] ?? 0) / sum) * (1 - nulls)
    const of = known.tuples.map((tuple, n) => [tuple[at] ?? null, share(n)] as const)
    return { classOf: (text) => text, shares: new Map([...of, [null, nulls]]) }
  }
  if (known !== undefined || column.notNull) return null
  const shares = new Map([
    [null, nulls],
    ['', 1 - nulls],
  ])
  return { classOf: (text) => (text === null ? null : ''), shares }
}

const rounds = 12

/** By proportional fitting, column by column; a class that no tuple has is left out. Null: all as often. */
const weightsFor = (
  draft: TableDraft,
  columns: readonly DraftColumn[],
  tuples: readonly Tuple[],
): readonly number[] | null => {
  const wished = columns.flatMap((column, at) => {
    const found = wishedOf(draft, column)
    if (found === null) return []
    const classes = tuples.map((tuple) => found.classOf(tuple[at] ?? null))
    const present = new Set(classes)
    const sum = [...found.shares].reduce((all, [name, share]) => all + (present.has(name) ? share : 0), 0)
    return sum > 0 && present.size > 1 ? [{ classes, shares: found.shares, sum }] : []
  })
  if (wished.length === 0) return null
  let weights: readonly number[] = tuples.map(() => 1)
  for (let round = 0; round < rounds; round++)
    for (const { classes, shares, sum } of wished) {
      const sums = new Map<string | null, number>()
      for (const [n, name] of classes.entries()) sums.set(name, (sums.get(name) ?? 0) + weights[n]!)
      const next = weights.map((weight, n) => {
        const own = sums.get(classes[n]!)!
        return own === 0 ? 0 : (weight / own) * ((shares.get(classes[n]!) ?? 0) / sum)
      })
      // What two columns wish may not be had together: the first has its way.
      if (next.some((weight) => weight > 0)) weights = next
    }
  return weights
}

/** `weights`: of the tuples; left out: so that nulls, and values of declared weights, come as often as wished. */
export const setPool = (
  draft: TableDraft,
  columns: readonly DraftColumn[],
  tuples: readonly Tuple[],
  by: Pool['by'],
  weights: Pool['weights'] = by === 'chance' ? weightsFor(draft, columns, tuples) : null,
): void => {
  const names = columns.map(({ column }) => column.name)
  const pool = draft.pools.push({ columns: names, tuples, by, weights }) - 1
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
