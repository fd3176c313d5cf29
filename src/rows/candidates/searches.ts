/** Full-text search types. */
import { literal } from '../../postgres/quote.ts'
import { familyLetter, type TypeFamily } from './family.ts'

export const searches: TypeFamily = {
  serves: (slot) => slot.type === 'tsvector' || slot.type === 'tsquery',
  typical: (_slot, family) => literal(familyLetter(family)),
  near: (_slot, clues) => clues.constants.filter((c) => /^[\w' ]+$/u.test(c)).map(literal),
  edges: () => [literal('')],
}
