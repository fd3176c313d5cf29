/** Columns that nothing else stands on, and some of whose values are refused: narrowed, or made from what is taken. */
import { accepts, distinctTuples, isTaken, type Component, type Judging } from './conditions.ts'
import { rowNumbers, tuplesOf, type Tuple } from './samples.ts'
import { makerFor, type DraftColumn, type TableDraft } from './draft.ts'
import { candidateTexts, combine, setPool } from './pools.ts'
import type { Law } from './volume-plan.ts'

const mostSampled = 6_000
/** When none of so many is taken, too few of all are. */
const firstSampled = 400
/** More tuples are not kept of one component. */
const mostTuples = 2_000
const fewTuples = 24
const fixedSamples = 8
const probes = 64

/** Where the longest run of trues begins and ends; null without any. */
const longestRun = (taken: readonly boolean[]): { readonly from: number; readonly to: number } | null => {
  let best: { from: number; to: number } | null = null
  let from = -1
  for (let at = 0; at <= taken.length; at++) {
    if (taken[at] === true) {
      if (from < 0) from = at
    } else if (from >= 0) {
      if (best === null || at - from > best.to - best.from + 1) best = { from, to: at - 1 }
      from = -1
    }
  }
  return best
}

const yearSeconds = 31_536_000
/** Years before and after the usual ones, where partitions and conditions are about other ones. */
const farther = [5, 20, 60]

/** One column of numbers or moments: drawn from where all that was tried is taken; moments also far from the usual ones. */
export const narrow = async (
  draft: TableDraft,
  component: Component,
  judging: Judging,
  wish: { readonly isOneRun: boolean },
): Promise<boolean> => {
  const [column, ...others] = component.columns
  if (column === undefined || others.length > 0 || column.isFixed) return false
  const { source } = column
  if (source?.kind !== 'made') return false
  const { number } = source
  if (number.kind !== 'drawn' && number.kind !== 'rising') return false
  if (/text|char|citext|name|json|xml/u.test(column.making.bareType) || column.making.labels !== null)
    return false
  const { make, seconds } = makerFor(column, source.isDistinct)!
  const { from, variety } = number
  const ask = async (
    low: number,
    high: number,
  ): Promise<{ at: number[]; run: ReturnType<typeof longestRun>; taken: readonly boolean[] }> => {
    const step = Math.max(1, Math.floor((high - low) / probes))
    const at: number[] = []
    for (let i = low; i < high && at.length <= probes; i += step) at.push(i)
    if (at.at(-1) !== high) at.push(high)
    const taken = await accepts(
      draft,
      component,
      at.map((i): Tuple => [make(i)]),
      judging,
    )
    return { at, run: longestRun(taken), taken }
  }
  let first = await ask(from, from + variety - 1)
  for (const years of seconds === undefined ? [] : farther) {
    if (first.run !== null) break
    const away = Math.floor((years * yearSeconds) / seconds!)
    first = await ask(from - away, from + variety - 1 + away)
  }
  if (first.run === null) return false
  const { at, run, taken } = first
  // Values on both sides of a gap are worth more than all of one side.
  const { length } = taken.slice(run.from, run.to + 1)
  if (wish.isOneRun && taken.filter(Boolean).length > length) return false
  let low = at[run.from]!
  let high = at[run.to]!
  if (run.from > 0) {
    const edge = await ask(at[run.from - 1]!, low)
    if (edge.run) low = edge.at[edge.run.from]!
  }
  if (run.to < at.length - 1) {
    const edge = await ask(high, at[run.to + 1]!)
    if (edge.run) high = edge.at[edge.run.to]!
  }
  if (high - low < Math.min(fewTuples, variety / 2)) return false
  const part = (high - low + 1) / variety
  const range = { from: low, variety: high - low + 1 }
  const fitted = (law: Law): Law =>
    law.kind === 'bell' ? { ...law, mean: (high - low) / 2, deviation: law.deviation * part } : law
  column.source = {
    ...source,
    number:
      number.kind === 'rising' ? { ...number, ...range } : { ...number, ...range, law: fitted(number.law) },
  }
  return isTaken(draft, component, judging)
}

/** Tuples of the columns' own values, those that are refused left out. */
export const poolOfOwn = async (
  draft: TableDraft,
  component: Component,
  judging: Judging,
): Promise<boolean> => {
  const { columns } = component
  if (columns.some(({ isFixed }) => isFixed)) return false
  const numbers = rowNumbers(Math.max(draft.count, mostSampled), mostSampled)
  const tuples = distinctTuples(tuplesOf(draft, columns, numbers, judging))
  const first = await accepts(draft, component, tuples.slice(0, firstSampled), judging)
  if (!first.some(Boolean)) return false
  const taken = [...first, ...(await accepts(draft, component, tuples.slice(firstSampled), judging))]
  const pool = tuples.filter((_, at) => taken[at]).slice(0, mostTuples)
  if (pool.length < fewTuples) return false
  setPool(draft, columns, pool, 'chance')
  return true
}

/** Candidates that are taken beside all that is fixed. */
export const poolOfCandidates = async (
  draft: TableDraft,
  { columns, expressions }: Component,
  judging: Judging,
): Promise<boolean> => {
  const isGiven = ({ isFixed }: DraftColumn): boolean => isFixed
  const free = columns.filter((column) => !isGiven(column))
  const fixed = columns.filter(isGiven)
  if (free.length === 0) return false
  const lists: (readonly (string | null)[])[] = []
  for (const column of free) lists.push(await candidateTexts(draft, column, expressions, judging))
  const found = combine(lists)
  const samples: readonly Tuple[] =
    fixed.length === 0 ? [[]] : tuplesOf(draft, fixed, rowNumbers(draft.count, fixedSamples), judging)
  let pool: readonly Tuple[] = found
  for (const sample of samples) {
    const whole = pool.map((tuple): Tuple =>
      columns.map(
        (column) => (isGiven(column) ? sample[fixed.indexOf(column)] : tuple[free.indexOf(column)]) ?? null,
      ),
    )
    const taken = await accepts(draft, { columns, expressions }, whole, judging)
    pool = pool.filter((_, at) => taken[at])
  }
  const full = pool.filter((tuple) => tuple.every((value) => value !== null))
  const kept = full.length > 0 ? full : pool
  if (kept.length === 0) return false
  setPool(draft, free, kept.slice(0, mostTuples), 'chance')
  return true
}
