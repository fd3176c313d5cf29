/** Ranges and multiranges: disjoint ones per family, constants as bounds, empty and unbounded ones. */
import { literal } from '../../postgres/quote.ts'
import type { ValueClues } from '../constants.ts'
import { addDecimal, decimalPattern } from '../decimal.ts'
import type { Slot, TypeFamily } from './family.ts'

const day = (n: number): string => `2024-01-${String(1 + n).padStart(2, '0')}`
const boundOf: Readonly<Record<string, (n: number) => string>> = {
  int4: (n) => String(1 + 4 * n),
  int8: (n) => String(1 + 4 * n),
  num: (n) => String(1 + 4 * n),
  date: (n) => day(4 * n),
  ts: (n) => `${day(4 * n)} 12:00:00`,
  tstz: (n) => `${day(4 * n)} 12:00:00+00`,
}
const pattern = /^(int4|int8|num|date|tstz|ts)(multi)?range$/u

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

const dated = (clues: ValueClues): string[] =>
  clues.constants
    .filter((c) => /^\d{4}-\d{2}-\d{2}/u.test(c))
    .flatMap((c) => [`["${c}",)`, `(,"${c}")`, `["${c}","2100-01-01")`, `["1900-01-01","${c}")`])

/** Ranges as long as a span says, a little shorter and longer. */
const lasting = (slot: Slot, clues: ValueClues): string[] => {
  const kind = kindOf(slot)
  const start = boundOf[kind]?.(0) ?? ''
  if (slot.type.includes('multi')) return []
  if (kind === 'date') {
    const days = clues.constants
      .filter((c) => /^\d{1,4}$/u.test(c))
      .flatMap((c) => [c, addDecimal(c, '1', 1), addDecimal(c, '1', -1)])
    return days.map((n) => `daterange(${literal(start)}, date ${literal(start)} + ${n})`)
  }
  const type = kind === 'tstz' ? 'timestamptz' : 'timestamp'
  const spans = clues.constants.filter((c) => /^\d+(?:\.\d+)?\s*[a-z]|^\d{1,3}:\d{2}/iu.test(c))
  return spans.flatMap((c) =>
    [
      '',
      " + interval '1 second'",
      " - interval '1 second'",
      " + interval '30 minutes'",
      " - interval '30 minutes'",
      " + interval '1 day'",
    ].map(
      (more) => `${slot.type}(${literal(start)}, ${type} ${literal(start)} + interval ${literal(c)}${more})`,
    ),
  )
}

export const ranges: TypeFamily = {
  serves: (slot) => pattern.test(slot.type),
  typical: (slot, family) => {
    const bound = boundOf[kindOf(slot)]
    return wrap(slot, bound ? `[${bound(family)},${bound(family + 1)})` : 'empty')
  },
  near: (slot, clues) => {
    const kind = kindOf(slot)
    const own = /^(?:int4|int8|num)$/u.test(kind) ? numeric(clues) : dated(clues)
    const long = /^(?:int4|int8|num)$/u.test(kind) ? [] : lasting(slot, clues)
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
