/** UUIDs, bytes, bits and addresses of networks: the number written in the type's own digits. */
import { scramble } from '../random.ts'
import type { Maker, MakerColumn, MakerFamily } from './maker.ts'

const two32 = 2 ** 32
const hex = (n: number, digits: number): string => (n >>> 0).toString(16).padStart(8, '0').slice(-digits)

/** As a version 4 looks; the number is in its last twelve digits, the rest hangs on it. */
const uuid = (i: number): string => {
  const a = scramble(i, 1)
  const b = scramble(i, 2)
  const high = Math.floor(i / two32)
  return `${hex(a, 8)}-${hex(b, 4)}-4${hex(b >>> 16, 3)}-8${hex(a ^ b, 3)}-${hex(high, 4)}${hex(i, 8)}`
}

const dotted = (i: number): string => `10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`

const pairsOf = (digits: string): string => digits.match(/../gu)!.join(':')

const bitLength = ({ bareType, modifier }: MakerColumn): number =>
  modifier > 0 ? modifier : bareType === 'bit' ? 1 : 32

const bits = (column: MakerColumn): Maker => {
  const length = bitLength(column)
  const capacity = 2 ** Math.min(length, 40)
  return { capacity, variety: capacity, make: (i) => i.toString(2).padStart(length, '0') }
}

const makers: Readonly<Record<string, (column: MakerColumn) => Maker>> = {
  uuid: () => ({ capacity: 2 ** 48, variety: 2 ** 40, make: uuid }),
  bytea: () => ({ capacity: two32, variety: two32, make: (i) => `\\x${hex(i, 8)}${hex(scramble(i, 3), 8)}` }),
  bit: bits,
  'bit varying': bits,
  inet: () => ({ capacity: 2 ** 24, variety: 2 ** 20, make: dotted }),
  cidr: () => ({ capacity: 2 ** 24, variety: 2 ** 20, make: (i) => `${dotted(i)}/32` }),
  macaddr: () => ({ capacity: two32, variety: two32, make: (i) => pairsOf(`0200${hex(i, 8)}`) }),
  macaddr8: () => ({ capacity: two32, variety: two32, make: (i) => pairsOf(`02000000${hex(i, 8)}`) }),
  pg_lsn: () => ({ capacity: two32, variety: two32, make: (i) => `0/${i.toString(16).toUpperCase()}` }),
  xid: () => ({ capacity: two32, variety: 1_000, make: String }),
  xid8: () => ({ capacity: two32, variety: 1_000, make: String }),
}

export const identifiers: MakerFamily = {
  serves: ({ bareType }) => bareType in makers,
  maker: (column) => makers[column.bareType]!(column),
}
