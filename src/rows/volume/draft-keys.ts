/** What keeps the rows of a table apart in each of its keys, and how many rows that allows. Pure. */
import { wordsOf } from './makers/maker.ts'
import { makerFor, type DraftColumn, type TableDraft } from './draft.ts'
import { isDistinct, originsOf, type Planned } from './origins.ts'
import type { Link } from './volume-plan.ts'

interface Key {
  readonly columns: readonly string[]
  readonly isExclusion: boolean
}

/** Two years, in seconds. */
const span = 63_072_000

const isPlace = ({ making }: DraftColumn): boolean =>
  /^(?:smallint|integer|bigint|numeric)$/u.test(making.bareType) &&
  wordsOf(making.name).some((word) =>
    /^(?:line|position|pos|number|no|nr|seq|sequence|index|ordinal|order|rank|place|sort)$/u.test(word),
  )

const capacityOf = (column: DraftColumn): number => makerFor(column, true)?.capacity ?? 1

const isMoment = ({ making }: DraftColumn): boolean => /^(?:date|timestamp)/u.test(making.bareType)
const isRange = ({ making }: DraftColumn): boolean => making.bareType.endsWith('range')

/** Moments lie as far from one another as two years allow. */
const strideOf = (column: DraftColumn, count: number): number => {
  const seconds = makerFor(column, true)?.seconds
  return seconds === undefined ? 1 : Math.max(1, Math.floor(span / seconds / Math.max(1, count)))
}

interface Lane {
  readonly place?: number
  readonly places?: number
  /** So many times as far from one another. */
  readonly wide?: number
}

const distinct = (
  column: DraftColumn,
  count: number,
  { place = 0, places = 1, wide = 1 }: Lane = {},
): void => {
  const usual = strideOf(column, count * places) * places
  const room = Math.floor(capacityOf(column) / Math.max(1, count * usual))
  const stride = usual * Math.max(1, Math.min(wide, room))
  column.source = {
    kind: 'made',
    isDistinct: true,
    number: { kind: 'row', stride, offset: (stride / places) * place },
  }
  column.isFixed = true
}

/** Columns that are distinct only together, each a digit of the row's number. */
const digits = (columns: readonly DraftColumn[], draft: TableDraft): void => {
  let unit = 1
  for (const column of columns) {
    const base = capacityOf(column)
    column.source = { kind: 'made', isDistinct: true, number: { kind: 'digit', unit, base } }
    column.isFixed = true
    unit *= base
  }
  draft.count = Math.min(draft.count, unit)
}

const setLink = (draft: TableDraft, at: number, pick: Link['pick']): void => {
  draft.links[at] = { ...draft.links[at]!, pick, nulls: pick.kind === 'once' ? draft.links[at]!.nulls : 0 }
}

interface Parents {
  /** Columns of the key. */
  readonly names: readonly string[]
  readonly planned: Planned
  /** Rows by relation id. */
  readonly countOf: (table: string) => number
}

/** Whether rows that point to different rows by this link differ in these columns. */
const namesParent = (
  draft: TableDraft,
  { columns: names }: Pick<Key, 'columns'>,
  link: number,
  planned: Planned,
): boolean => {
  const { name } = draft.links[link]!
  const { columns = [] } = draft.facts.references.find((one) => one.name === name) ?? {}
  return (
    (columns.length > 0 && columns.every((column) => names.includes(column))) ||
    names.some((column) => {
      const source = draft.columns.get(column)?.source ?? null
      const target = planned.get(draft.links[link]!.target)
      const of =
        source?.kind === 'link' && source.link === link
          ? target?.columns.find((one) => one.column.name === source.column)
          : undefined
      return target !== undefined && of !== undefined && isDistinct(of.source, target.links, planned)
    })
  )
}

/** One row for each ancestor whose key the columns have: of the parents that share it one. */
const oncePerAncestor = (
  draft: TableDraft,
  link: number,
  names: readonly string[],
  planned: Planned,
): boolean => {
  for (const column of names) {
    const source = draft.columns.get(column)?.source
    if (source?.kind !== 'link' || source.link !== link) continue
    for (const { table, column: name, steps } of originsOf(
      draft.links[link]!.target,
      source.column,
      planned,
    )) {
      const ancestor = planned.get(table)
      const own = ancestor?.columns.find((one) => one.column.name === name)
      const isWalkable = steps.every(
        (step) => planned.get(step.table)?.links[step.link]?.pick.kind === 'spread',
      )
      if (steps.length === 0 || !isWalkable || own === undefined) continue
      if (!isDistinct(own.source, ancestor!.links, planned)) continue
      setLink(draft, link, { kind: 'below', down: steps.toReversed() })
      draft.count = Math.min(draft.count, ancestor!.count)
      return true
    }
  }
  return false
}

/** Keys of links alone: one row per parent, or each pair of parents once. */
const keepLinksApart = (
  draft: TableDraft,
  at: readonly number[],
  { names, planned, countOf }: Parents,
): void => {
  const parents = (link: number): number => countOf(draft.links[link]!.target)
  const byMostParents = at.toSorted((a, b) => parents(b) - parents(a))
  const free = byMostParents.filter((link) => draft.links[link]!.pick.kind === 'spread')
  const [first, second] = free
  if (first === undefined) {
    // Different rows have different ones beside them as long as there are enough.
    const beside = at.find((link) => draft.links[link]!.pick.kind === 'beside')
    if (beside !== undefined) draft.count = Math.min(draft.count, parents(beside))
    return
  }
  const [only] = at
  if (at.length === 1 && only === first && !namesParent(draft, { columns: names }, first, planned))
    if (oncePerAncestor(draft, first, names, planned)) return
  const isAnchor = draft.links.some(({ pick }) => pick.kind === 'within' && pick.by === first)
  if (second === undefined || isAnchor) {
    setLink(draft, first, { kind: 'once' })
    draft.count = Math.min(draft.count, parents(first))
    return
  }
  // The others are added beside the first child of each: one more than their mean.
  const most = parents(second) > 2 ? parents(first) * (parents(second) - 2) : parents(first)
  draft.count = Math.min(draft.count, Math.max(parents(first), most))
  setLink(draft, first, { kind: 'spread', skew: 0, isOrdered: false })
  setLink(draft, second, { kind: 'ranked', by: first })
}

/** Rows of so many parents that so few values tell apart: all have nearly as many, and each parent one at least. */
export const mostByRank = (parents: number, values: number): number =>
  values > 2 ? parents * (values - 2) : parents

/** A column of few values tells the rows of one parent apart. */
const byRank = (draft: TableDraft, column: DraftColumn, link: number, parents: number): boolean => {
  const maker = makerFor(column, false)
  if (maker === null || maker.variety >= draft.count) return false
  if (mostByRank(parents, maker.variety) < draft.count) return false
  column.source = { kind: 'made', isDistinct: false, number: { kind: 'rank', link } }
  column.isFixed = true
  setLink(draft, link, { kind: 'spread', skew: 0, isOrdered: false })
  return true
}

export interface KeyWish {
  /** Rows by relation id, of tables that are not planned yet. */
  readonly wished: ReadonlyMap<string, number>
  /** How far moments that must not touch lie from one another, beside what is usual. */
  readonly wide: number
}

const keepApart = (draft: TableDraft, key: Key, planned: Planned, { wished, wide }: KeyWish): void => {
  const countOf = (id: string): number =>
    id === draft.facts.table.id ? draft.count : (planned.get(id)?.count ?? wished.get(id) ?? 0)
  const columns = key.columns.flatMap((name) => draft.columns.get(name) ?? [])
  if (
    columns.length === 0 ||
    columns.some(({ source }) => source?.kind === 'none' || isDistinct(source, draft.links, planned))
  )
    return
  const linked = [...new Set(columns.flatMap(({ source }) => (source?.kind === 'link' ? [source.link] : [])))]
  const free = columns.filter(({ source, isFixed }) => source === null && !isFixed)
  const ranked = columns.some(({ source }) => {
    const by = source?.kind === 'made' ? source.number : source
    return by?.kind === 'rank' && namesParent(draft, key, by.link, planned)
  })
  if (ranked) return
  if (free.length === 0) return keepLinksApart(draft, linked, { names: key.columns, planned, countOf })

  const bounds = free.filter(isMoment)
  const range = free.find(isRange)
  if (key.isExclusion && range) return distinct(range, draft.count, { wide })
  if (key.isExclusion && bounds.length > 1) {
    for (const [place, column] of bounds.entries())
      distinct(column, draft.count, { place, places: bounds.length, wide })
    return
  }
  const [moment] = bounds
  if (key.isExclusion && moment) return distinct(moment, draft.count, { wide })
  const [link] = linked
  const place = free.find(isPlace)
  const isSpread =
    link !== undefined &&
    linked.length === 1 &&
    draft.links[link]!.pick.kind === 'spread' &&
    namesParent(draft, key, link, planned)
  if (place && isSpread) {
    place.source = { kind: 'rank', link }
    place.isFixed = true
    setLink(draft, link, { kind: 'spread', skew: 0, isOrdered: true })
    return
  }
  const carrier = free.toSorted((a, b) => capacityOf(a) - capacityOf(b)).at(-1)!
  if (isSpread && byRank(draft, carrier, link, countOf(draft.links[link]!.target))) return
  if (capacityOf(carrier) >= draft.count) return distinct(carrier, draft.count)
  digits(free, draft)
}

/** Primary key first, then those of the fewest columns. `planned`: the tables before this one. */
export const draftKeys = (draft: TableDraft, planned: Planned, wish: KeyWish): void => {
  const { keys, exclusions } = draft.facts
  const all: Key[] = [
    ...keys
      .toSorted((a, b) => Number(b.primary) - Number(a.primary) || a.columns.length - b.columns.length)
      .map(({ columns }) => ({ columns, isExclusion: false })),
    ...exclusions.map(({ columns }) => ({ columns, isExclusion: true })),
  ]
  for (const key of all) keepApart(draft, key, planned, wish)
}
