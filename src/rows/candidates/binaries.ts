/** Bytes and bit strings. */
import { literal } from '../../postgres/quote.ts'
import type { Slot, TypeFamily } from './family.ts'

const isBits = (slot: Slot): boolean => slot.type === 'bit' || slot.type === 'bit varying'

const bits = (n: number, width: number): string =>
  literal((n % 2 ** Math.min(width, 30)).toString(2).padStart(width, '0'))
const widthOf = (slot: Slot): number => (slot.modifier > 0 ? slot.modifier : slot.type === 'bit' ? 1 : 8)

export const binaries: TypeFamily = {
  serves: (slot) => slot.type === 'bytea' || isBits(slot),
  typical: (slot, family) =>
    isBits(slot) ? bits(family + 1, widthOf(slot)) : literal(`\\x${(0x61 + family).toString(16)}`),
  near: (slot, clues) => {
    const lengths = [...new Set(clues.lengths.flatMap((n) => [n, n + 1, n - 1]))].filter((n) => n >= 0)
    if (isBits(slot)) return clues.constants.filter((c) => /^[01]+$/u.test(c)).map(literal)
    return [
      ...clues.constants.filter((c) => c.startsWith('\\x')).map(literal),
      ...lengths.flatMap((n) => ['61', '62', '63'].map((byte) => `decode(repeat('${byte}', ${n}), 'hex')`)),
    ]
  },
  edges: (slot) => {
    if (!isBits(slot)) return [literal(''), literal('\\x00'), literal('\\xff')]
    const width = widthOf(slot)
    return [bits(0, width), literal('1'.repeat(width))]
  },
}
