/** The values of columns that no key and no foreign key stands on: as name, type and wish let expect. Pure. */
import type { ColumnVolumeWish } from '../../architecture/volume.ts'
import { makerFor, type DraftColumn, type TableDraft } from './draft.ts'
import { isLater } from './makers/moments.ts'
import { kinVariety } from './makers/kin.ts'
import { wordsOf, type Maker } from './makers/maker.ts'
import type { Law, NumberSource } from './volume-plan.ts'

const usualNulls = 0.1
const rareShare = 0.9
/** A month. */
const usualLater = 2_592_000

const isRare = (name: string): boolean =>
  wordsOf(name).some((word) =>
    /^(?:deleted|archived|cancelled|canceled|revoked|banned|suspended|discarded)$/u.test(word),
  )

const nullsOf = ({ facts }: TableDraft, { column }: DraftColumn): number =>
  column.notNull ? 0 : facts.restsNull.has(column.name) || isRare(column.name) ? rareShare : usualNulls

const isMostlyFew = ({ column }: DraftColumn): boolean =>
  wordsOf(column.name).some((word) => /^(?:quantity|qty|copies|attempts|retries)$/u.test(word))

/** The bell is as wide as it may be without leaving the values at either end. */
const lawOf = (column: DraftColumn, maker: Maker, variety: number, wish: ColumnVolumeWish): Law => {
  const exponent = wish.zipf ?? (isMostlyFew(column) ? 1 : 0)
  if (exponent > 0) return { kind: 'zipf', exponent }
  return maker.isBell && wish.zipf === undefined
    ? { kind: 'bell', mean: variety * 0.4, deviation: variety * 0.115 }
    : { kind: 'even' }
}

/** Numbers of a maker that makes numbers: what `make(i)` says is `first + i * unit`. */
const numbersOf = (maker: Maker): { readonly first: number; readonly unit: number } | null => {
  const first = Number(maker.make(0))
  const unit = Number(maker.make(1)) - first
  return Number.isFinite(first) && unit > 0 ? { first, unit } : null
}

/** What is declared in the column's own numbers, as numbers of its maker. */
const declaredNumbers = (
  maker: Maker,
  { uniform, normal }: ColumnVolumeWish,
): { readonly from: number; readonly variety: number; readonly law: Law } | null => {
  const numbers = numbersOf(maker)
  if (numbers === null) return null
  const at = (value: number): number => Math.max(0, Math.round((value - numbers.first) / numbers.unit))
  if (uniform) {
    const from = at(uniform[0])
    return { from, variety: Math.max(1, at(uniform[1]) - from + 1), law: { kind: 'even' } }
  }
  if (!normal) return null
  const [mean, deviation] = [at(normal[0]), Math.max(1, normal[1] / numbers.unit)]
  const from = Math.max(0, Math.floor(mean - 4 * deviation))
  return {
    from,
    variety: Math.ceil(mean + 4 * deviation) - from,
    law: { kind: 'bell', mean: mean - from, deviation },
  }
}

const isMoment = (column: DraftColumn): boolean => makerFor(column, false)?.seconds !== undefined

/** Whether a condition of the table speaks of both. */
const shareCheck = ({ facts }: TableDraft, one: DraftColumn, other: DraftColumn): boolean =>
  facts.checks.some(({ columns }) => columns.includes(one.column.name) && columns.includes(other.column.name))

const isFirst = ({ column }: DraftColumn): boolean =>
  wordsOf(column.name).some((word) => /^(?:created|inserted|added|registered)$/u.test(word))

/** The moment that another column of the table comes after: one that a condition compares it with, if there is such. */
const momentBefore = (draft: TableDraft, column: DraftColumn): DraftColumn | undefined => {
  if (!isLater(column.column.name) || !isMoment(column)) return undefined
  const earlier = [...draft.columns.values()].filter(
    (one) =>
      one !== column &&
      isMoment(one) &&
      !isLater(one.making.name) &&
      !/birth/iu.test(one.making.name) &&
      (one.source === null || (one.source.kind === 'made' && one.source.number.kind !== 'after')),
  )
  return earlier.find((one) => shareCheck(draft, one, column)) ?? earlier.find(isFirst) ?? earlier[0]
}

const setWeights = (
  draft: TableDraft,
  column: DraftColumn,
  weights: Readonly<Record<string, number>>,
): void => {
  const values = Object.keys(weights)
  const pool =
    draft.pools.push({
      columns: [column.column.name],
      tuples: values.map((value) => [value]),
      by: 'chance',
      weights: Object.values(weights),
    }) - 1
  column.source = { kind: 'pool', pool, at: 0 }
}

const usuallyTrue = /^(?:active|activebool|enabled|visible|public|published|verified|confirmed|available)$/u
const seldomTrue =
  /^(?:deleted|archived|cancelled|canceled|revoked|banned|blocked|suspended|discontinued|locked|hidden|test)$/u

/** Of what is nearly always so, or nearly never. */
const flagWeights = ({ column, making }: DraftColumn): Readonly<Record<string, number>> | null => {
  if (making.bareType !== 'boolean' || making.isArray) return null
  const words = wordsOf(column.name)
  if (words.some((word) => usuallyTrue.test(word))) return { true: 9, false: 1 }
  return words.some((word) => seldomTrue.test(word)) ? { true: 1, false: 9 } : null
}

/** Counted by a sequence, though no key of its own stands on it (a key of a partitioned table has more columns). */
const isSerial = ({ column }: DraftColumn): boolean =>
  column.identity !== null || column.default?.startsWith('nextval(') === true

const mostListed = 200

/** A list that the table is there for (`countries.name`): none comes twice before all have come once. */
const listNumber = (column: DraftColumn, { variety }: Maker): NumberSource | null => {
  const { name, table, bareType, isArray } = column.making
  const own = wordsOf(name).join('_')
  const isText = /^(?:text|character|character varying|citext)$/u.test(bareType) && !isArray
  const thing = wordsOf(table).at(-1) ?? ''
  const isOwn =
    own === 'name' || own === 'title' || (own.length > 2 && thing.startsWith(own.replace(/y$/u, '')))
  return isText && isOwn && variety < mostListed ? { kind: 'digit', unit: 1, base: variety } : null
}

const isPlainWish = ({ zipf, distinct, uniform, normal, rising }: ColumnVolumeWish): boolean =>
  rising === undefined &&
  zipf === undefined &&
  distinct === undefined &&
  uniform === undefined &&
  normal === undefined

/** The number of the whole that the column has a part of; null where no other column has one. */
const wholeOf = (draft: TableDraft, column: DraftColumn): NumberSource | null => {
  const kin = makerFor(column, false)?.kin
  if (kin === undefined) return null
  const relatives = [...draft.columns.values()].filter((one) => {
    const other = makerFor(one, false)?.kin
    return one !== column && other?.group === kin.group && other.of === kin.of
  })
  if (relatives.length === 0) return null
  const counted = relatives.flatMap(({ source, making }) => {
    const number = source?.kind === 'made' && source.isDistinct ? source.number : null
    const part = makerFor({ making }, true)?.kin?.part
    const isWhole =
      part !== undefined && part !== 'first' && part !== 'last' && part !== 'code' && part !== 'short'
    return number?.kind === 'row' && isWhole ? [number] : []
  })
  const drawn = { kind: 'drawn', from: 0, variety: kinVariety[kin.group], law: { kind: 'even' } } as const
  const { of, ...own } = kin
  return { kind: 'part', kin: own, salt: `${kin.group} ${of}`, of: counted[0] ?? drawn }
}

const setValue = (draft: TableDraft, column: DraftColumn, wish: ColumnVolumeWish): void => {
  column.nulls = wish.nulls ?? nullsOf(draft, column)
  const weights = wish.weights ?? flagWeights(column)
  if (weights) return setWeights(draft, column, weights)
  const maker = makerFor(column, false)
  if (maker === null) return
  const number: NumberSource | null = !isPlainWish(wish)
    ? null
    : isSerial(column)
      ? { kind: 'row', stride: 1, offset: 0 }
      : (wholeOf(draft, column) ?? listNumber(column, maker))
  if (number !== null) {
    column.source = { kind: 'made', isDistinct: number.kind === 'row', number }
    return
  }
  const before = wish.after === undefined ? momentBefore(draft, column) : draft.columns.get(wish.after[0])
  if (before && maker.seconds !== undefined) {
    const most = wish.after?.[1] ?? usualLater
    column.source = {
      kind: 'made',
      isDistinct: false,
      number: { kind: 'after', column: before.column.name, most },
    }
    return
  }
  const declared = declaredNumbers(maker, wish)
  const variety = Math.max(1, Math.min(maker.capacity, wish.distinct ?? maker.variety))
  if (wish.rising === true) {
    const range = { from: declared?.from ?? 0, variety: declared?.variety ?? variety }
    column.source = { kind: 'made', isDistinct: false, number: { kind: 'rising', ...range } }
    return
  }
  column.source = {
    kind: 'made',
    isDistinct: false,
    number: {
      kind: 'drawn',
      ...(declared ?? { from: 0, variety, law: lawOf(column, maker, variety, wish) }),
    },
  }
}

/** Keys count on it that no parent has many more children than another. */
const isCounted = (draft: TableDraft, link: number): boolean =>
  draft.links.some(({ pick }) => pick.kind === 'ranked' && pick.by === link) ||
  [...draft.columns.values()].some(
    ({ source }) =>
      (source?.kind === 'rank' && source.link === link) ||
      (source?.kind === 'made' && source.number.kind === 'rank' && source.number.link === link),
  )

export const draftValues = (
  draft: TableDraft,
  wishes: Readonly<Record<string, ColumnVolumeWish>> = {},
): void => {
  for (const [name, wish] of Object.entries(wishes)) {
    const source = draft.columns.get(name)?.source
    const link = source?.kind === 'link' ? draft.links[source.link] : undefined
    if (source?.kind !== 'link' || link?.pick.kind !== 'spread' || isCounted(draft, source.link)) continue
    const skew = wish.zipf ?? link.pick.skew
    draft.links[source.link] = { ...link, pick: { ...link.pick, skew }, nulls: wish.nulls ?? link.nulls }
  }
  // What others come after has its source first.
  const open = [...draft.columns.values()].filter(({ source }) => source === null)
  const later = (column: DraftColumn): boolean =>
    isLater(column.column.name) || wishes[column.column.name]?.after !== undefined
  for (const column of [...open.filter((one) => !later(one)), ...open.filter(later)])
    setValue(draft, column, wishes[column.column.name] ?? {})
}
