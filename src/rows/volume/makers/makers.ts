/** The maker of a column: that of its type's family; arrays are made of two values of their elements' maker. */
import type { Column } from '../../../catalog/table.ts'
import { documents } from './documents.ts'
import { identifiers } from './identifiers.ts'
import { labels } from './labels.ts'
import type { Maker, MakerColumn, MakerFamily, MakerWish } from './maker.ts'
import { moments } from './moments.ts'
import { decimals, integers } from './numbers.ts'
import { ranges } from './ranges.ts'
import { shapes } from './shapes.ts'
import { texts } from './texts.ts'

const families: readonly MakerFamily[] = [
  labels,
  integers,
  decimals,
  moments,
  texts,
  identifiers,
  documents,
  ranges,
  shapes,
]

const bare = (type: string): string =>
  type
    .replace(/(?:\[\d*\])+$/u, '')
    .replace(/^(?:"[^"]*"|[^."\s]+)\./u, '')
    .replaceAll('"', '')

export const makerColumn = (column: Column, table: string): MakerColumn => ({
  name: column.name,
  modifier: column.modifier,
  labels: column.labels,
  bareType: bare(column.baseType),
  isArray: column.typeKind === 'array' || (column.typeKind === 'domain' && column.baseType.endsWith(']')),
  table,
})

/** An element as it stands between the braces of an array. */
const element = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** Null when the type is not known here. */
export const makerOf = (column: MakerColumn, wish: MakerWish): Maker | null => {
  const maker = families.find((family) => family.serves(column))?.maker(column, wish)
  if (maker === undefined) return null
  if (!column.isArray) return maker
  const { make, capacity } = maker
  return {
    capacity,
    variety: maker.variety,
    make: (i) => `{${element(make(i))},${element(make((i + 1) % capacity))}}`,
  }
}
