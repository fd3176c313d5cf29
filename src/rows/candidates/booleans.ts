/** Booleans: true for a, false for b, true again for c. */
import type { TypeFamily } from './family.ts'

export const booleans: TypeFamily = {
  serves: (slot) => slot.type === 'boolean',
  typical: (_slot, family) => (family % 2 === 0 ? 'true' : 'false'),
  near: () => [],
  edges: () => ['false', 'true'],
}
