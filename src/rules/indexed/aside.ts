/**
 * Indexes that might answer in the place of another one: they have its keys or begin with them; they give its order
 * where most rows share its first key, because they begin with the keys behind that; they are keys that it begins with,
 * so that of each there is one row; or they are trees beside block ranges, which are made to be small, not to be
 * fast. They are proven by rules of their own; while a statement is put to the other one they are set aside.
 */
import { dropKey, type KeyFacts, type KeyPart } from '../../catalog/key/key.ts'
import { partitionAncestors } from '../../catalog/partition/whole.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'

const kinds = ['index', 'unique', 'primaryKey']

const partsText = (keys: readonly KeyPart[]): string =>
  JSON.stringify(keys.map((k) => [k.expression, k.descending, k.nullsFirst, k.operatorClass, k.collation]))

const beginsWith = (keys: readonly KeyPart[], wanted: readonly KeyPart[]): boolean =>
  partsText(keys.slice(0, wanted.length)) === partsText(wanted)

const isServedByTree = (one: KeyFacts, other: KeyFacts, isKey: boolean): boolean => {
  if (one.method === 'brin') return one.keys.some((part) => part.expression === other.keys[0]?.expression)
  return (
    one.method === 'btree' &&
    (beginsWith(other.keys, one.keys) ||
      (one.keys.length > 1 && beginsWith(other.keys, one.keys.slice(1))) ||
      (isKey && beginsWith(one.keys, other.keys)))
  )
}

/** One over all rows has those of one over few. */
const isServedBy = (one: KeyFacts, other: KeyFacts, isKey: boolean): boolean =>
  other.method === 'btree' &&
  (other.predicate === null || other.predicate === one.predicate) &&
  isServedByTree(one, other, isKey)

/** DDL that takes them away, for the length of an experiment. */
export const setAside = (
  claimed: Structure | undefined,
  table: Table,
  catalog: Catalog,
): readonly string[] => {
  if (!claimed) return []
  // A partition has those of its whole as well, and they go with the whole's.
  const keys = [table, ...partitionAncestors(catalog, table)].flatMap((of) =>
    kinds.flatMap((kind) =>
      (catalog.of(of.id, kind) as readonly Structure<KeyFacts>[]).map((key) => ({ ...key, of })),
    ),
  )
  const own = keys.find((key) => key.id === claimed.id)
  if (!own) return []
  return keys
    .filter((key) => key !== own && isServedBy(own.facts, key.facts, key.kind !== 'index'))
    .map((key) => `${dropKey(key.of, key.facts)} cascade`)
}
