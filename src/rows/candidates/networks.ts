/** Network addresses: inet, cidr and MAC addresses. */
import { literal } from '../../postgres/quote.ts'
import type { ValueClues } from '../constants.ts'
import { familyNumbers, type Slot, type TypeFamily } from './family.ts'

/** The last two octets of a MAC address. */
const octets = (n: number): string =>
  [n >> 8, n & 255].map((octet) => octet.toString(16).padStart(2, '0')).join(':')

const byType: Readonly<Record<string, (n: number) => string>> = {
  inet: (n) => `10.0.${(1 + n) >> 8}.${(1 + n) & 255}`,
  cidr: (n) => `10.${(1 + n) >> 8}.${(1 + n) & 255}.0/24`,
  macaddr: (n) => `08:00:2b:01:${octets(2 * 256 + 1 + n)}`,
  macaddr8: (n) => `08:00:2b:01:02:03:${octets(4 * 256 + 1 + n)}`,
}
const looksLikeOne = /^[\da-f:.]+(?:\/\d+)?$/iu

const isAddress = (slot: Slot): boolean => slot.type === 'inet' || slot.type === 'cidr'

/** The numbers of a network's bits that are spoken of, one more and one less. */
const masksOf = ({ constants }: ValueClues): readonly number[] => [
  ...new Set(
    constants
      .filter((c) => /^\d{1,3}$/u.test(c))
      .map(Number)
      .flatMap((n) => [n, n + 1, n - 1])
      .filter((n) => n >= 1 && n <= 128),
  ),
]

/** Addresses of both versions with a mask of so many bits; as a network, the bits behind it are zero. */
const masked = (slot: Slot, mask: number): readonly string[] => {
  const of = (address: string): string => {
    const set = `set_masklen(inet ${literal(address)}, ${mask})`
    return slot.type === 'cidr' ? `network(${set})` : set
  }
  // Those of one family differ in front of the mask, as far as there is room for it.
  const four = familyNumbers.map((n) => (mask > 24 ? `10.0.${n}.64` : `${10 + n}.${n}.0.64`))
  const six = familyNumbers.map((n) => (mask > 44 ? `2001:db8:${n + 1}::` : `2001:${n + 1}00::`))
  return [...(mask <= 32 ? four : []), ...six].map(of)
}

/** Within a network that is spoken of, and beside it. */
const nearAddress = (slot: Slot, address: string): readonly string[] => {
  const text = literal(address)
  if (slot.type === 'cidr') return [text]
  return [
    text,
    `inet ${text} + 1`,
    `inet ${text} - 1`,
    ...familyNumbers.map((n) => `host(inet ${text})::inet + ${n + 1}`),
  ]
}

/** The pairs of digits that a pattern begins with, completed. */
const begunAs = (slot: Slot, pattern: string): readonly string[] => {
  const pairs = (/^\^?((?:[\da-f]{2}:)*[\da-f]{2})(?::|%|$)/iu.exec(pattern)?.[1] ?? '').split(':')
  const length = slot.type === 'macaddr8' ? 8 : 6
  if (pairs[0] === '' || pairs.length >= length) return []
  const rest = Array.from({ length: length - pairs.length - 1 }, () => '00')
  return familyNumbers.map((n) => [...pairs, ...rest, `0${n + 1}`].join(':'))
}

export const networks: TypeFamily = {
  serves: (slot) => slot.type in byType,
  typical: (slot, family) => literal(byType[slot.type]?.(family) ?? null),
  near: (slot, clues) => {
    const spoken = clues.constants.filter((c) => looksLikeOne.test(c) && /[.:]/u.test(c))
    if (!isAddress(slot))
      return [...new Set([...spoken, ...clues.patterns.flatMap(({ text }) => begunAs(slot, text))])].map(
        literal,
      )
    return [
      ...spoken.flatMap((c) => nearAddress(slot, c)),
      ...masksOf(clues).flatMap((mask) => masked(slot, mask)),
    ]
  },
  edges: (slot) => {
    if (!isAddress(slot)) {
      const length = slot.type === 'macaddr8' ? 8 : 6
      return ['00', 'ff', '02'].map((pair) => literal(Array.from({ length }, () => pair).join(':')))
    }
    return [
      '127.0.0.1',
      '192.168.0.1',
      '0.0.0.0',
      '255.255.255.255',
      '::1',
      ...familyNumbers.map((n) => `2001:db8::${n + 1}`),
      '10.0.0.0/8',
      '0.0.0.0/0',
      '2001:db8::/32',
    ]
      .filter((a) => slot.type === 'inet' || /\/(?:8|32)$/u.test(a) || !a.includes('/'))
      .map(literal)
  },
}
