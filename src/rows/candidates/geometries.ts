/** Geometric types of PostgreSQL itself. */
import { literal } from '../../postgres/quote.ts'
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

export const geometries: TypeFamily = {
  serves: (slot) => slot.type in byType,
  typical: (slot, family) => literal(byType[slot.type]?.(family + 1) ?? null),
  near: (_slot, clues) => clues.constants.filter((c) => /^[([{<]/u.test(c)).map(literal),
  edges: (slot) =>
    (slot.type === 'point'
      ? ['(0,0)', '(-1,-1)', '(180,90)', '(-180,-90)', '(181,91)']
      : (withoutExtent[slot.type] ?? [])
    ).map(literal),
}
