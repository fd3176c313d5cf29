/** Ranges and multiranges: disjoint ones per family, constants as bounds, empty and unbounded ones. */
import { literal } from '../../postgres/quote.ts'
import type { ValueClues } from '../constants.ts'
import { addDecimal, decimalPattern } from '../decimal.ts'
import { unitsBegun } from './calendar.ts'
import { familyCount, type Slot, type TypeFamily } from './family.ts'

const day = (n: number): string => `2024-01-${String(1 + n).padStart(2, '0')}`
const timeOf = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => `${String(part).padStart(2, '0')}:`).join('') + '00'
const boundOf: Readonly<Record<string, (n: number) => string>> = {
  int4: (n) => String(1 + 4 * n),
  int8: (n) => String(1 + 4 * n),
  num: (n) => String(1 + 4 * n),
  date: (n) => day(4 * n),
  ts: (n) => `${day(4 * n)} 12:00:00`,
  tstz: (n) => `${day(4 * n)} 12:00:00+00`,
  // Only a database's own ranges are over these.
  time: (n) => timeOf(360 + 75 * n),
  interval: (n) => `${1 + 4 * n} days`,
  inet: (n) => `10.0.${4 * n}.0`,
  text: (n) => String.fromCodePoint(97 + n),
}
const pattern = /^(int4|int8|num|date|tstz|ts|time|interval|inet|text)(multi)?range$/u
const datedKinds = /^(?:date|tstz|ts)$/u

const wrap = (slot: Slot, range: string): string =>
  literal(slot.type.includes('multi') ? `{${range}}` : range)
const kindOf = (slot: Slot): string => pattern.exec(slot.type)?.[1] ?? 'num'

const numeric = (clues: ValueClues): string[] =>
  clues.constants
    .filter((c) => decimalPattern.test(c))
    .flatMap((c) => {
      const up = addDecimal(c, '1', 1)
      const down = addDecimal(c, '1', -1)
      return [
        `[${c},${addDecimal(c, '1', 2)})`,
        `[${down},${c})`,
        `[1,${up})`,
        `[${c},)`,
        `(,${c})`,
        `[${down},${up})`,
        `[0,${c})`,
        `[0,${up})`,
        `[1,${addDecimal(c, '1', 2)})`,
        `(0,${up}]`,
        `[1,${c}]`,
      ]
    })

/** So long as a number says, one behind the other: from 1 on, and each from a multiple of it on. */
const ofSize = (clues: ValueClues): string[] =>
  clues.constants
    .filter((c) => /^[1-9]\d{0,5}$/u.test(c))
    .map(Number)
    .flatMap((size) =>
      Array.from({ length: familyCount }, (_, n) => [1 + n * (size + 1), n * size]).flatMap((starts) =>
        starts.map((start) => `[${start},${start + size})`),
      ),
    )

/** From the beginning of a unit to that of the next one. */
const ofUnits = (slot: Slot, clues: ValueClues): string[] => {
  const kind = kindOf(slot)
  const boundAt = ([day, time]: readonly [string, string]): string =>
    kind === 'date' ? day : `"${day} ${time}:00${kind === 'tstz' ? '+00' : ''}"`
  return unitsBegun(clues).flatMap((begun) =>
    begun
      .slice(1)
      .map((end, n) => [boundAt(begun[n]!), boundAt(end)])
      .flatMap(([from, to]) => (from === to ? [] : [`[${from},${to})`])),
  )
}

const dated = (clues: ValueClues): string[] =>
  clues.constants
    .filter((c) => /^\d{4}-\d{2}-\d{2}/u.test(c))
    .flatMap((c) => [`["${c}",)`, `(,"${c}")`, `["${c}","2100-01-01")`, `["1900-01-01","${c}")`])

const spansFrom = (slot: Slot, type: string, start: string, span: string): readonly string[] =>
  [
    '',
    " + interval '1 second'",
    " - interval '1 second'",
    " + interval '30 minutes'",
    " - interval '30 minutes'",
    " + interval '1 day'",
  ].map(
    (more) => `${slot.type}(${literal(start)}, ${type} ${literal(start)} + interval ${literal(span)}${more})`,
  )

/** Ranges as long as a span says, a little shorter and longer. */
const lasting = (slot: Slot, clues: ValueClues): string[] => {
  const kind = kindOf(slot)
  const start = boundOf[kind]?.(0) ?? ''
  if (slot.type.includes('multi')) return []
  if (kind === 'date') {
    const days = clues.constants
      .filter((c) => /^\d{1,4}$/u.test(c))
      .flatMap((c) => [c, addDecimal(c, '1', 1), addDecimal(c, '1', -1)])
    // On each of seven days, and at the beginning of some weeks.
    const starts = [0, 1, 2, 3, 4, 5, 6, 7, 14, 21, 28, 35].map((n) =>
      literal(new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10)),
    )
    return starts.flatMap((from) => days.map((n) => `daterange(${from}, date ${from} + ${n})`))
  }
  const type = kind === 'tstz' ? 'timestamptz' : 'timestamp'
  const spans = clues.constants.filter((c) => /^\d+(?:\.\d+)?\s*[a-z]|^\d{1,3}:\d{2}/iu.test(c))
  const inTurn = Array.from({ length: familyCount - 1 }, (_, n) => literal(boundOf[kind]?.(n + 1) ?? ''))
  return [
    ...spans.flatMap((c) => spansFrom(slot, type, start, c)),
    ...spans.flatMap((c) =>
      inTurn.map((from) => `${slot.type}(${from}, ${type} ${from} + interval ${literal(c)})`),
    ),
  ]
}

export const ranges: TypeFamily = {
  serves: (slot) => pattern.test(slot.type),
  typical: (slot, family) => {
    const bound = boundOf[kindOf(slot)]
    return wrap(slot, bound ? `[${bound(family)},${bound(family + 1)})` : 'empty')
  },
  near: (slot, clues) => {
    const kind = kindOf(slot)
    const own = /^(?:int4|int8|num)$/u.test(kind)
      ? [...numeric(clues), ...ofSize(clues)]
      : datedKinds.test(kind)
        ? [...dated(clues), ...ofUnits(slot, clues)]
        : []
    const long = datedKinds.test(kind) ? lasting(slot, clues) : []
    const given = clues.constants.filter((c) => /^[[({]|^empty$/u.test(c))
    return [...given.map((c) => literal(c)), ...own.map((r) => wrap(slot, r)), ...long]
  },
  edges: (slot) => {
    const bound = boundOf[kindOf(slot)]
    if (!bound) return []
    const [low, mid, high] = [bound(0), bound(1), bound(2)]
    const empty = slot.type.includes('multi') ? literal('{}') : literal('empty')
    return [
      ...[
        `[${low},${mid}]`,
        `(${low},${mid})`,
        `(${low},${mid}]`,
        `[${low},${high})`,
        `[${low},${low}]`,
        `[${mid},)`,
        `(,${mid})`,
        '(,)',
        `[${low},)`,
      ].map((r) => wrap(slot, r)),
      empty,
      ...(slot.type.includes('multi') ? [literal(`{[${low},${mid}),[${high},)}`)] : []),
    ]
  },
}
