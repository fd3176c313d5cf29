/** UUIDs that read like keys: 00000000-0000-4000-8000-000000001001. */
import { literal } from '../../postgres/quote.ts'
import type { TypeFamily } from './family.ts'

export const uuids: TypeFamily = {
  serves: (slot) => slot.type === 'uuid',
  typical: (_slot, family) => literal(`00000000-0000-4000-8000-${String(1001 + family).padStart(12, '0')}`),
  near: (_slot, clues) => clues.constants.filter((c) => /^[\da-f-]{32,36}$/iu.test(c)).map(literal),
  edges: () => [
    literal('00000000-0000-0000-0000-000000000000'),
    literal('ffffffff-ffff-ffff-ffff-ffffffffffff'),
    literal('018cc251-f400-7000-8000-000000001001'),
    literal('6ba7b810-9dad-11d1-80b4-00c04fd430c8'),
  ],
}
