/** Both sides of a key stand in the same row, and an expression tells each from the other. */
import { relationId } from '../../../ground/names.ts'
import type { ColumnsShape, KeyShape } from '../shape.ts'
import { sidesOf, valuesInTable } from '../sides.ts'
import { syncFunction } from '../sync.ts'
import { refuseUnconvertible, type WalkedTable } from '../walk.ts'
import { differing, isWidened } from './differing.ts'
import type { Teller } from './teller.ts'
import { ways } from './ways.ts'

const checkOf = (part: ColumnsShape, table: WalkedTable): readonly string[] => {
  const sides = sidesOf(part, 'beside')
  if (isWidened(sides)) return []
  const values = valuesInTable(sides, 'news').map((value, i) => ({
    value,
    type: sides.news[i]?.type ?? 'text',
  }))
  const into = part.news.map(({ name, type }) => `${name} ${type}`).join(', ')
  return [refuseUnconvertible(table, values, `Rows of ${relationId(part.table)} do not convert to ${into}`)]
}

export const castTeller = (shape: KeyShape): Teller => ({
  sync: (part, stand) => [syncFunction(sidesOf(part, stand), ways[stand])],
  differing: (part, stand) => differing(sidesOf(part, stand)),
  checks: (tables) => shape.parts.flatMap((part, i) => checkOf(part, tables[i] as WalkedTable)),
  fills: shape.parts.map((part) => {
    const sides = sidesOf(part, 'beside')
    const values = valuesInTable(sides, 'news')
    const set = sides.news.map(({ physical }, k) => ({ column: physical, value: values[k] ?? 'null' }))
    return { part, set, condition: differing(sides) }
  }),
  readsOthers: false,
  says: {
    expand: ['A row that does not convert is named, and nothing is changed.'],
    switch: [],
    loses: 'the old columns say the same of every row',
  },
})
