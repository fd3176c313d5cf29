/**
 * Moments that tell rows apart where conditions take one stretch of time, such as that for which there are partitions:
 * they are counted from its beginning, and lie as near to one another as it asks for.
 */
import { accepts, isTaken, type Component, type Judging } from './conditions.ts'
import { makerFor, type DraftColumn, type TableDraft } from './draft.ts'
import type { Maker } from './makers/maker.ts'
import type { Tuple } from './samples.ts'

const daySeconds = 86_400
/** Around the usual moments. */
const years = 30
/** Looked at first, and where nothing is found. */
const daysApart = [10, 1] as const
/** Looked at between what is taken and what is not, each time. */
const between = 100

interface Window {
  readonly from: number
  readonly to: number
}

/** Of neighbours that are taken the longest run, as places among them. */
const longestRun = (taken: readonly boolean[]): Window | null => {
  let best: Window | null = null
  let from = 0
  for (let at = 0; at <= taken.length; at += 1) {
    if (taken[at] === true) continue
    if (at > from && (best === null || at - from > best.to - best.from + 1)) best = { from, to: at - 1 }
    from = at + 1
  }
  return best
}

type Asks = (numbers: readonly number[]) => Promise<readonly boolean[]>

/** The last number that is taken, on the way from one that is to one that is not. */
const edge = async (taken: number, refused: number, ask: Asks): Promise<number> => {
  let [good, bad] = [taken, refused]
  while (Math.abs(bad - good) > 1) {
    const step = (bad - good) / (between + 1)
    const numbers = [...new Set(Array.from({ length: between }, (_, k) => Math.trunc(good + step * (k + 1))))]
    const inside = numbers.filter((one) => one !== good && one !== bad)
    const answers = await ask(inside)
    const first = answers.indexOf(false)
    if (first < 0) good = inside.at(-1)!
    else {
      bad = inside[first]!
      if (first > 0) good = inside[first - 1]!
    }
    if (inside.length < between) break
  }
  return good
}

const windowOf = async (seconds: number, days: number, ask: Asks): Promise<Window | null> => {
  const step = Math.max(1, Math.floor((days * daySeconds) / seconds))
  const reach = Math.floor((years * 365 * daySeconds) / seconds / step)
  const numbers = Array.from({ length: 2 * reach + 1 }, (_, k) => (k - reach) * step)
  const run = longestRun(await ask(numbers))
  if (run === null) return null
  const [from, to] = [numbers[run.from]!, numbers[run.to]!]
  return { from: await edge(from, from - step, ask), to: await edge(to, to + step, ask) }
}

const countWithin = async (
  draft: TableDraft,
  component: Component,
  column: DraftColumn,
  judging: Judging,
): Promise<boolean> => {
  const { source } = column
  const maker: Maker | null = makerFor(column, true)
  if (source?.kind !== 'made' || source.number.kind !== 'row' || maker?.seconds === undefined) return false
  const ask: Asks = (numbers) =>
    accepts(
      draft,
      component,
      numbers.map((i): Tuple => component.columns.map((one) => (one === column ? maker.make(i) : null))),
      judging,
    )
  let window: Window | null = null
  for (const days of daysApart) window ??= await windowOf(maker.seconds, days, ask)
  const room = window === null ? 0 : Math.floor((window.to - window.from + 1) / draft.count)
  if (window === null || room < 1) return false
  const stride = Math.min(source.number.stride, room)
  column.source = { ...source, number: { ...source.number, offset: window.from, stride } }
  if (await isTaken(draft, component, judging)) return true
  column.source = source
  return false
}

export const moveIntoWindow = async (
  draft: TableDraft,
  component: Component,
  judging: Judging,
): Promise<boolean> => {
  for (const column of component.columns.filter(({ isFixed }) => isFixed))
    if (await countWithin(draft, component, column, judging)) return true
  return false
}
