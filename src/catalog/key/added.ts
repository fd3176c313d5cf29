/** A key put where there is none: no two rows may share the column's value any more. Made for operator sets that ask for it. */
import { ident } from '../../postgres/quote.ts'
import { alterTable, columnOf, tableOf } from '../alter.ts'
import { columnsOf } from '../column.ts'
import type { KeyFacts } from './key.ts'
import { makeMutant } from '../make-mutant.ts'
import { primaryKeysOf } from '../primary-key.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'
import { uniquesOf } from '../unique.ts'

/** Alone, over every row, and asked at once: what another such key adds is nothing. */
const isOver = ({ keys, predicate, deferrable }: KeyFacts, column: string): boolean =>
  predicate === null && deferrable === 'no' && keys.length === 1 && keys[0]?.column === column

/** Of a column's structure; none for any other. */
export const keysAdded = (structure: Structure, catalog: Catalog): readonly Mutant[] => {
  if (structure.table === null) return []
  const own = columnsOf(catalog, structure.table).find(({ id }) => id === structure.id)
  const table = tableOf(structure, catalog)
  if (!own || table.kind === 'foreign') return []
  const { column } = own.facts
  const primaryKeys = primaryKeysOf(catalog, table.id)
  const keys = [...primaryKeys, ...uniquesOf(catalog, table.id)]
  const unique = makeMutant(structure, {
    does: 'unique-added',
    effect: 'strengthened',
    summary: `no two rows share ${column}`,
    ddl: [`${alterTable(table)} add unique (${ident(column)})`],
  })
  const isUnique = keys.some(({ facts }) => isOver(facts, column))
  const primaryKey = makeMutant(structure, {
    does: 'primary-key-added',
    effect: 'strengthened',
    summary: `${column} becomes the primary key`,
    ddl: [`${alterTable(table)} add primary key (${ident(column)})`],
    equivalent:
      isUnique && columnOf(table, column).notNull ? `${column} is unique and never null already` : null,
  })
  return [...(isUnique ? [] : [unique]), ...(primaryKeys.length > 0 ? [] : [primaryKey])]
}
