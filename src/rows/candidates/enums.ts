/** Enum labels in their order, one per family as far as they go. */
import { literal } from '../../postgres/quote.ts'
import type { TypeFamily } from './family.ts'

export const enums: TypeFamily = {
  serves: (slot) => slot.labels !== null,
  typical: (slot, family) => {
    const labels = slot.labels ?? []
    return literal(labels[family % Math.max(1, labels.length)] ?? null)
  },
  near: (slot, clues) => clues.constants.filter((c) => slot.labels?.includes(c)).map(literal),
  edges: (slot) => (slot.labels ?? []).map(literal),
}
