/**
 * Columns that conditions tie together in more ways than one: their own values, here and there what the conditions name
 * or null, and what follows from the others. Of many such tuples those are kept that PostgreSQL takes.
 */
import { accepts, distinctTuples, type Component, type Judging } from './conditions.ts'
import { mostByRank } from './draft-keys.ts'
import { makerFor, type DraftColumn, type TableDraft } from './draft.ts'
import { equalColumns, withEqualColumns } from './equal-columns.ts'
import { candidateTexts, setPool } from './pools.ts'
import { scramble } from './random.ts'
import { tuplesOf, type Tuple } from './samples.ts'
import type { CountedNumber } from './volume-plan.ts'

const mixed = 1_500
const mostCandidates = 24
const fewTuples = 24
const mostTuples = 2_000
/** How far a column that tells rows apart is looked through. */
const mostScanned = 24_000
const scannedTogether = 3_000

interface Counted {
  readonly at: number
  readonly column: DraftColumn
  readonly number: CountedNumber
}

/** Null when other rows or tables have a say in a column that is fixed; undefined: none is. */
const countedOf = ({ columns }: Component): Counted | null | undefined => {
  const fixed = columns.flatMap((column, at) => (column.isFixed ? [{ column, at }] : []))
  const [one] = fixed
  if (one === undefined) return undefined
  const { source } = one.column
  if (fixed.length > 1 || source?.kind !== 'made') return null
  const { number } = source
  return number.kind === 'row' || number.kind === 'rank' ? { ...one, number } : null
}

const mix = (
  draft: TableDraft,
  { columns }: Component,
  candidates: readonly (readonly (string | null)[])[],
  numbers: readonly number[],
  judging: Judging,
): readonly Tuple[] =>
  tuplesOf(
    draft,
    columns,
    // The table has no rows beyond these.
    numbers.map((n) => n % draft.count),
    judging,
  ).map((tuple, at) => {
    // The first stay what they are.
    if (at % 4 === 0) return tuple
    return tuple.map((text, place) => {
      const list = candidates[place]!
      const chance = scramble(numbers[at]!, 101 + place)
      return list.length === 0 || chance % 5 > 1 ? text : (list[Math.floor(chance / 5) % list.length] ?? null)
    })
  })

const isNamed = ({ making: { bareType, labels, isArray } }: DraftColumn): boolean =>
  !isArray && (labels !== null || /^(?:text|character|character varying|citext|boolean)$/u.test(bareType))

/** What stands in a condition is a word or an edge: words are as good as any, of edges only nothing at all. */
const isUsual = (column: DraftColumn, text: string | null): boolean =>
  text === null || isNamed(column) || /^0(?:\.0+)?$/u.test(text)

/** `withEdges`: numbers and moments at which conditions change are among the values, too. */
export const poolOfMixed = async (
  draft: TableDraft,
  component: Component,
  judging: Judging,
  { withEdges }: { readonly withEdges: boolean },
): Promise<boolean> => {
  const { columns, expressions } = component
  const counted = countedOf(component)
  if (counted === null || columns.length < 2 || columns.some(({ source }) => source?.kind === 'link'))
    return false
  const candidates: (readonly (string | null)[])[] = []
  for (const column of columns) {
    const found = column.isFixed ? [] : await candidateTexts(draft, column, expressions, judging)
    candidates.push(found.filter((text) => withEdges || isUsual(column, text)).slice(0, mostCandidates))
  }
  const equal = equalColumns(component)
  const take = async (tuples: readonly Tuple[]): Promise<readonly Tuple[]> => {
    const whole = distinctTuples(await withEqualColumns(component, equal, tuples, judging))
    const taken = await accepts(draft, component, whole, judging)
    return whole.filter((_, at) => taken[at])
  }
  if (counted === undefined) {
    const numbers = Array.from({ length: mixed }, (_, n) => n)
    const found = (await take(mix(draft, component, candidates, numbers, judging))).slice(0, mostTuples)
    if (found.length < fewTuples) return false
    setPool(draft, columns, found, 'chance')
    return true
  }
  const { at, column, number } = counted
  const maker = makerFor(column, true)
  if (maker === null) return false
  const { stride, offset } = number.kind === 'row' ? number : { stride: 1, offset: 0 }
  const found = new Map<string, Tuple>()
  for (let from = 0; from < mostScanned && found.size < Math.min(draft.count, mostTuples);) {
    const numbers = Array.from({ length: scannedTogether }, (_, k) => from + k).filter(
      (k) => k * stride + offset < maker.capacity,
    )
    const tuples = mix(draft, component, candidates, numbers, judging).map((tuple, n): Tuple =>
      tuple.map((text, place) => (place === at ? maker.make(numbers[n]! * stride + offset) : text)),
    )
    for (const tuple of await take(tuples)) found.set(tuple[at] ?? '', found.get(tuple[at] ?? '') ?? tuple)
    if (numbers.length < scannedTogether || found.size === 0) break
    from += scannedTogether
  }
  const kept = [...found.values()].slice(0, mostTuples)
  if (kept.length < Math.min(fewTuples, draft.count)) return false
  const link = number.kind === 'rank' ? number.link : null
  const parents = link === null ? 0 : (judging.planned.get(draft.links[link]!.target)?.count ?? 0)
  setPool(draft, columns, kept, link ?? 'row')
  draft.count = Math.min(draft.count, link === null ? kept.length : mostByRank(parents, kept.length))
  return true
}
