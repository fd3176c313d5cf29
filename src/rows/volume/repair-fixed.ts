/** Columns that keys or links stand on, and whose values are refused: begun elsewhere, numbered otherwise, or left null. */
import { accepts, isTaken, type Component, type Judging } from './conditions.ts'
import type { Tuple } from './samples.ts'
import { makerFor, type DraftColumn, type TableDraft } from './draft.ts'
import { mostByRank } from './draft-keys.ts'
import { candidateTexts, setPool } from './pools.ts'
import { exchangeLetters } from './repair-letters.ts'
import { sieve } from './repair-sieve.ts'
import { moveIntoWindow } from './repair-window.ts'
import type { Source } from './volume-plan.ts'

const probes = 40

/** The first of the sources with which all that is tried is taken; else the column stays what it was. */
const firstTaken = async (
  draft: TableDraft,
  component: Component,
  column: DraftColumn,
  sources: readonly Source[],
  judging: Judging,
): Promise<boolean> => {
  const before = column.source
  for (const source of sources) {
    column.source = source
    if (await isTaken(draft, component, judging)) return true
  }
  column.source = before
  return false
}

/** The same text with the row's number in the places where a form is likeliest to bear it. */
const numbered = (text: string, count: number): readonly Source[] => {
  const width = String(count - 1).length
  const runs = [...text.matchAll(/\d+/gu)].filter(([run]) => run.length >= width)
  const inDigits = runs.map((found): Source => {
    const [run] = found
    return {
      kind: 'numbered',
      before: text.slice(0, found.index),
      after: text.slice(found.index + run.length),
      digits: run.length,
    }
  })
  const at = (place: number): Source => ({
    kind: 'numbered',
    before: text.slice(0, place),
    after: text.slice(place),
    digits: 0,
  })
  return [...inDigits, at(1), at(text.length), at(0)]
}

const parentsOf = (draft: TableDraft, link: number, { planned }: Judging): number =>
  planned.get(draft.links[link]!.target)?.count ?? 0

const isText = ({ making }: DraftColumn): boolean => /text|char|citext|name/u.test(making.bareType)

const carriers = async (
  draft: TableDraft,
  component: Component,
  column: DraftColumn,
  judging: Judging,
): Promise<boolean> => {
  const { source } = column
  const maker = makerFor(column, true)
  if (source?.kind === 'made' && maker !== null && source.number.kind === 'row') {
    const { number } = source
    const at = [
      ...Array.from({ length: probes }, (_, n) => n),
      ...Array.from({ length: 30 }, (_, n) => 2 ** n),
    ]
    const offsets = at.filter((i) => i + draft.count * number.stride < maker.capacity)
    const taken = await accepts(
      draft,
      component,
      offsets.map((i): Tuple => component.columns.map((one) => (one === column ? maker.make(i) : null))),
      judging,
    )
    const good = offsets.filter((_, k) => taken[k]).slice(0, 12)
    const sources = good.map((offset): Source => ({ ...source, number: { ...number, offset } }))
    if (await firstTaken(draft, component, column, sources, judging)) return true
  }
  const texts = await candidateTexts(draft, column, component.expressions, judging)
  const known = texts.filter((text) => text !== null)
  const asTuple = (text: string): Tuple => component.columns.map((one) => (one === column ? text : null))
  // Where others have a say, what is taken beside nothing is likelier than the rest.
  const taken = await accepts(draft, component, known.map(asTuple), judging)
  const isAlone = component.columns.length === 1
  const good = isAlone || taken.some(Boolean) ? known.filter((_, k) => taken[k]) : known
  if (isText(column)) {
    const sources = good.slice(0, 8).flatMap((text) => numbered(text, draft.count))
    if (await firstTaken(draft, component, column, sources, judging)) return true
  }
  if (!isAlone || good.length === 0) return false
  if (column.making.bareType !== 'name' && isText(column))
    if (await exchangeLetters(draft, component, column, good, judging)) return true
  const values = good.map((text) => [text])
  if (source?.kind === 'made' && source.number.kind === 'rank') {
    const { link } = source.number
    setPool(draft, [column], values, link)
    draft.count = Math.min(draft.count, mostByRank(parentsOf(draft, link, judging), good.length))
    return true
  }
  setPool(draft, [column], values, 'row')
  draft.count = Math.min(draft.count, good.length)
  return true
}

/** The same number as a column that is fixed, a little more, or a little less: moments that begin and end. */
const besideFixed = async (draft: TableDraft, component: Component, judging: Judging): Promise<boolean> => {
  const fixed = component.columns.find(
    ({ isFixed, source }) => isFixed && source?.kind === 'made' && source.number.kind === 'row',
  )
  const source = fixed?.source
  if (fixed === undefined || source?.kind !== 'made' || source.number.kind !== 'row') return false
  const { number } = source
  const half = Math.max(1, Math.floor(number.stride / 2))
  for (const column of component.columns.filter(({ isFixed }) => !isFixed)) {
    if (column.making.bareType !== fixed.making.bareType) continue
    const nulls = column.nulls
    column.nulls = 0
    const sources = [half, 0, 1, -1]
      .filter((by) => number.offset + by >= 0)
      .map((by): Source => ({ ...source, number: { ...number, offset: number.offset + by } }))
    if (await firstTaken(draft, component, column, sources, judging)) return true
    column.nulls = nulls
  }
  return false
}

/** Links that may be null, in all combinations, those with the fewest nulls first. */
const masksOf = (links: readonly number[]): readonly (readonly number[])[] =>
  Array.from({ length: 2 ** links.length }, (_, bits) =>
    links.filter((_link, at) => (bits >> at) & 1),
  ).toSorted((a, b) => a.length - b.length)

const mostLinks = 6

/** Foreign keys of which only some may be filled: of each combination it is tried whether the others make it good. */
export const withFewerLinks = async (
  draft: TableDraft,
  component: Component,
  judging: Judging,
  others: () => Promise<boolean>,
): Promise<boolean> => {
  const linked = component.columns.filter(({ source, column }) => source?.kind === 'link' && !column.notNull)
  const links = [...new Set(linked.flatMap(({ source }) => (source?.kind === 'link' ? [source.link] : [])))]
  if (links.length === 0) return false
  const sources = linked.map(({ source }) => source)
  const before = draft.links.map((link) => link)
  for (const mask of masksOf(links.slice(0, mostLinks))) {
    for (const link of links) draft.links[link] = { ...before[link]!, nulls: 0 }
    for (const [at, column] of linked.entries()) {
      const source = sources[at]!
      column.source = source?.kind === 'link' && mask.includes(source.link) ? { kind: 'none' } : source
    }
    if ((await isTaken(draft, component, judging)) || (await others())) return true
  }
  for (const [at, column] of linked.entries()) column.source = sources[at]!
  for (const [at, link] of before.entries()) draft.links[at] = link
  return false
}

export const repairFixed = async (
  draft: TableDraft,
  component: Component,
  judging: Judging,
): Promise<boolean> => {
  if (await besideFixed(draft, component, judging)) return true
  if (await moveIntoWindow(draft, component, judging)) return true
  if (await sieve(draft, component, judging)) return true
  for (const column of component.columns.filter(({ isFixed, source }) => isFixed && source?.kind !== 'link'))
    if (await carriers(draft, component, column, judging)) return true
  return false
}
