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

export const geometries: TypeFamily = {
  serves: (slot) => slot.type in byType,
  typical: (slot, family) => literal(byType[slot.type]?.(family + 1) ?? null),
  near: (_slot, clues) => clues.constants.filter((c) => /^[([{<]/u.test(c)).map(literal),
  edges: (slot) =>
    slot.type === 'point' ? ['(0,0)', '(-1,-1)', '(180,90)', '(-180,-90)', '(181,91)'].map(literal) : [],
}
