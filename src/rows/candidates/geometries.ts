/** Geometric types of PostgreSQL itself. */
import { literal } from '../../postgres/quote.ts'
import type { ValueClues } from '../constants.ts'
import type { TypeFamily } from './family.ts'

const byType: Readonly<Record<string, (n: number) => string>> = {
  point: (n) => `(${n},${n})`,
  line: (n) => `{1,-1,${n}}`,
  lseg: (n) => `[(${n},0),(${n + 1},1)]`,
  box: (n) => `(${4 * n + 1},1),(${4 * n},0)`,
  path: (n) => `[(0,0),(${n + 1},1)]`,
  polygon: (n) => `((${4 * n},0),(${4 * n + 1},1),(${4 * n + 1},0))`,
  circle: (n) => `<(${4 * n},0),1>`,
}

/** Of no length or area, and of a large one. */
const withoutExtent: Readonly<Record<string, readonly string[]>> = {
  lseg: ['[(0,0),(0,0)]', '[(0,0),(1000,1000)]'],
  box: ['(0,0),(0,0)', '(1000,1000),(0,0)'],
  path: ['((0,0),(1,1),(1,0))', '[(0,0),(1000,1000)]'],
  polygon: ['((0,0),(0,0),(0,0))', '((0,0),(1000,0),(1000,1000),(0,1000))'],
  circle: ['<(0,0),0>', '<(0,0),1000>'],
}

/** So far along each axis, and along both. */
const ofExtent: Readonly<Record<string, (v: number) => readonly string[]>> = {
  point: (v) => [`(${v},0)`, `(0,${v})`, `(${v},${v})`],
  lseg: (v) => [`[(0,0),(${v},0)]`],
  box: (v) => [`(${v},1),(0,0)`, `(1,${v}),(0,0)`, `(${v},${v}),(0,0)`],
  path: (v) => [`[(0,0),(${v},0)]`],
  polygon: (v) => [`((0,0),(${v},0),(${v},${v}),(0,${v}))`],
  circle: (v) => (v < 0 ? [] : [`<(0,0),${v}>`]),
}

const mostNumbers = 8

/** The numbers that are spoken of, on both sides of zero, one more and one less. */
const numbersOf = ({ constants }: ValueClues): readonly number[] => {
  const spoken = constants.filter((c) => /^-?\d{1,6}(?:\.\d{1,4})?$/u.test(c)).map((c) => Math.abs(Number(c)))
  return [...new Set(spoken)]
    .slice(0, mostNumbers)
    .flatMap((n) => (n === 0 ? [0] : [n, n + 1, n - 1, -n, -n - 1, -n + 1]))
}

export const geometries: TypeFamily = {
  serves: (slot) => slot.type in byType,
  typical: (slot, family) => literal(byType[slot.type]?.(family + 1) ?? null),
  near: (slot, clues) =>
    [
      ...clues.constants.filter((c) => /^[([{<]/u.test(c)),
      ...numbersOf(clues).flatMap((n) => ofExtent[slot.type]?.(n) ?? []),
    ].map(literal),
  edges: (slot) =>
    (slot.type === 'point'
      ? ['(0,0)', '(-1,-1)', '(180,90)', '(-180,-90)', '(181,91)']
      : (withoutExtent[slot.type] ?? [])
    ).map(literal),
}
