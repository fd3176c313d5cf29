/** Network addresses: inet, cidr and MAC addresses. */
import { literal } from '../../postgres/quote.ts'
import type { TypeFamily } from './family.ts'

const byType: Readonly<Record<string, (n: number) => string>> = {
  inet: (n) => `10.0.0.${1 + n}`,
  cidr: (n) => `10.0.${1 + n}.0/24`,
  macaddr: (n) => `08:00:2b:01:02:0${1 + n}`,
  macaddr8: (n) => `08:00:2b:01:02:03:04:0${1 + n}`,
}
const looksLikeOne = /^[\da-f:.]+(?:\/\d+)?$/iu

export const networks: TypeFamily = {
  serves: (slot) => slot.type in byType,
  typical: (slot, family) => literal(byType[slot.type]?.(family) ?? null),
  near: (slot, clues) =>
    clues.constants
      .filter((c) => looksLikeOne.test(c) && /[.:]/u.test(c))
      .flatMap((c) =>
        slot.type === 'inet'
          ? [
              literal(c),
              `inet ${literal(c)} + 1`,
              `inet ${literal(c)} - 1`,
              `host(inet ${literal(c)})::inet + 1`,
            ]
          : [literal(c)],
      ),
  edges: (slot) =>
    slot.type === 'inet' || slot.type === 'cidr'
      ? [
          '127.0.0.1',
          '192.168.0.1',
          '0.0.0.0',
          '255.255.255.255',
          '::1',
          '2001:db8::1',
          '10.0.0.0/8',
          '0.0.0.0/0',
        ]
          .filter((a) => slot.type === 'inet' || a.endsWith('/8') || !a.includes('/'))
          .map(literal)
      : [],
}
