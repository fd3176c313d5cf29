/** Bytes and bit strings. */
import { literal } from '../../postgres/quote.ts'
import type { ValueClues } from '../constants.ts'
import { familyNumbers, type Slot, type TypeFamily } from './family.ts'

const isBits = (slot: Slot): boolean => slot.type === 'bit' || slot.type === 'bit varying'

const bits = (n: number, width: number): string =>
  literal((n % 2 ** Math.min(width, 30)).toString(2).padStart(width, '0'))
const widthOf = (slot: Slot): number => (slot.modifier > 0 ? slot.modifier : slot.type === 'bit' ? 1 : 8)

/** Two digits of base 16: a, b, c … as ASCII has them. */
const byteOf = (family: number): string => (0x61 + family).toString(16)

const longest = 1_000_000
const lengthsOf = ({ lengths }: ValueClues): readonly number[] =>
  [...new Set(lengths.flatMap((n) => [n, n + 1, n - 1]))].filter((n) => n >= 0 && n <= longest)

const nearBits = (slot: Slot, clues: ValueClues): readonly string[] => [
  ...clues.constants.filter((c) => /^[01]+$/u.test(c)).map(literal),
  ...lengthsOf(clues)
    .filter((n) => slot.modifier <= 0 || n <= slot.modifier)
    .flatMap((n) => familyNumbers.map((family) => bits(family + 1, n))),
]

/** What bytes are to be, or to begin with, in base 16: `\x0102`, and text that is no number. */
const spoken = ({ constants }: ValueClues): readonly string[] =>
  constants.flatMap((c) => {
    if (/^\\x(?:[\da-f]{2})+$/iu.test(c)) return [c.slice(2)]
    return c === '' || /^[\d\\]/u.test(c) ? [] : [Buffer.from(c, 'utf8').toString('hex')]
  })

const nearBytes = (clues: ValueClues): readonly string[] => {
  const lengths = lengthsOf(clues)
  const begun = spoken(clues)
  const bytes = (hex: string): string => literal(`\\x${hex}`)
  return [
    ...begun.map(bytes),
    ...lengths.flatMap((n) =>
      familyNumbers.map((family) => `decode(repeat('${byteOf(family)}', ${n}), 'hex')`),
    ),
    ...begun.flatMap((hex) => familyNumbers.map((family) => bytes(hex + byteOf(family)))),
    ...begun.flatMap((hex) =>
      lengths
        .filter((n) => n * 2 > hex.length && n <= 1_000)
        .flatMap((n) =>
          familyNumbers.map((family) => bytes(hex + byteOf(family).repeat(n - hex.length / 2))),
        ),
    ),
    ...begun.map((hex) => bytes(`00${hex}`)),
  ]
}

export const binaries: TypeFamily = {
  serves: (slot) => slot.type === 'bytea' || isBits(slot),
  typical: (slot, family) =>
    isBits(slot) ? bits(family + 1, widthOf(slot)) : literal(`\\x${byteOf(family)}`),
  near: (slot, clues) => (isBits(slot) ? nearBits(slot, clues) : nearBytes(clues)),
  edges: (slot) => {
    if (!isBits(slot)) return [literal(''), literal('\\x00'), literal('\\xff')]
    const width = widthOf(slot)
    return [bits(0, width), literal('1'.repeat(width))]
  },
}
