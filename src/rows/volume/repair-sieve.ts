/**
 * A column that tells rows apart, and whose conditions take only some of its numbers: every working day, every fifth
 * number, those with a good check digit. What is taken in turn goes on for ever; else the taken ones are kept.
 */
import { accepts, isTaken, type Component, type Judging } from './conditions.ts'
import { mostByRank } from './draft-keys.ts'
import { makerFor, type DraftColumn, type TableDraft } from './draft.ts'
import type { Maker } from './makers/maker.ts'
import { setPool } from './pools.ts'
import type { Tuple } from './samples.ts'
import type { CountedNumber } from './volume-plan.ts'

/** Looked at first: several times the longest turn. */
const looked = 420
const longestTurn = 70
const scanned = 20_000
const scannedTogether = 2_000
/** Fewer are left to the candidates. */
const fewest = 24

/** The shortest turn after which the answers come again; null without one, or where all are alike. */
const turnOf = (taken: readonly boolean[]): readonly boolean[] | null => {
  if (taken.every(Boolean) || !taken.some(Boolean)) return null
  for (let period = 2; period <= longestTurn && period * 3 <= taken.length; period++)
    if (taken.every((is, at) => at < period || is === taken[at - period])) return taken.slice(0, period)
  return null
}

const isCountedNumber = ({ source }: DraftColumn): CountedNumber | null =>
  source?.kind === 'made' && (source.number.kind === 'row' || source.number.kind === 'rank')
    ? source.number
    : null

const scan = async (
  draft: TableDraft,
  component: Component,
  { make, capacity }: Maker,
  numbers: (k: number) => number,
  judging: Judging,
): Promise<readonly string[]> => {
  const found: string[] = []
  for (let from = 0; from < scanned && found.length < Math.min(draft.count, scannedTogether);) {
    const all = Array.from({ length: scannedTogether }, (_, k) => numbers(from + k))
    const texts = all.filter((i) => i < capacity).map(make)
    const taken = await accepts(
      draft,
      component,
      texts.map((text): Tuple => [text]),
      judging,
    )
    found.push(...texts.filter((_, at) => taken[at]))
    from += scannedTogether
    if (texts.length < scannedTogether || (from === scannedTogether && found.length < fewest / 10)) break
  }
  return found.slice(0, Math.min(draft.count, scannedTogether))
}

export const sieve = async (draft: TableDraft, component: Component, judging: Judging): Promise<boolean> => {
  const [column, ...others] = component.columns
  if (column === undefined || others.length > 0 || !column.isFixed) return false
  const number = isCountedNumber(column)
  const { source } = column
  if (number === null || source?.kind !== 'made') return false
  const maker = makerFor(column, source.isDistinct)
  if (maker === null) return false
  const { stride, offset } = number.kind === 'row' ? number : { stride: 1, offset: 0 }
  const numbers = (k: number): number => k * stride + offset
  const first = Array.from({ length: looked }, (_, k) => numbers(k)).filter((i) => i < maker.capacity)
  const taken = await accepts(
    draft,
    component,
    first.map((i): Tuple => [maker.make(i)]),
    judging,
  )
  const parents = number.kind === 'rank' ? judging.planned.get(draft.links[number.link]!.target)?.count : null
  const turn = turnOf(taken)
  if (turn !== null) {
    const kept = turn.flatMap((is, at) => (is ? [at] : []))
    column.source = { ...source, number: { kind: 'comb', of: number, period: turn.length, kept } }
    const values = Math.floor((maker.capacity - offset) / stride / turn.length) * kept.length
    const { count } = draft
    draft.count = Math.min(count, parents === null ? values : mostByRank(parents ?? 0, values))
    if (draft.count > 0 && (await isTaken(draft, component, judging))) return true
    draft.count = count
    column.source = source
  }
  const texts = await scan(draft, component, maker, numbers, judging)
  if (texts.length < Math.min(fewest, draft.count)) return false
  const tuples = texts.map((text): Tuple => [text])
  setPool(draft, [column], tuples, number.kind === 'rank' ? number.link : 'row')
  draft.count = Math.min(
    draft.count,
    parents === null ? texts.length : mostByRank(parents ?? 0, texts.length),
  )
  return true
}
