/**
 * Indexes that find all that another one finds, because they have its keys or begin with them, and those that give its
 * order where most rows share its first key: they begin with the keys behind that, and a filter costs little. They are
 * proven by rules of their own; while a statement is put to the other one they are set aside, or they might answer in
 * its place.
 */
import type { KeyFacts, KeyPart } from '../../catalog/key/key.ts'
import { partitionAncestors } from '../../catalog/partition/whole.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'

const kinds = ['index', 'unique', 'primaryKey']

const partsText = (keys: readonly KeyPart[]): string =>
  JSON.stringify(keys.map((k) => [k.expression, k.descending, k.nullsFirst, k.operatorClass, k.collation]))

const beginsWith = (keys: readonly KeyPart[], wanted: readonly KeyPart[]): boolean =>
  partsText(keys.slice(0, wanted.length)) === partsText(wanted)

const isServedBy = (one: KeyFacts, other: KeyFacts): boolean =>
  one.method === 'btree' &&
  other.method === 'btree' &&
  other.predicate === one.predicate &&
  (beginsWith(other.keys, one.keys) || (one.keys.length > 1 && beginsWith(other.keys, one.keys.slice(1))))

const drop = ({ name, isConstraint }: KeyFacts, table: Table): string =>
  isConstraint
    ? `alter table ${qualified(table)} drop constraint ${ident(name)} cascade`
    : `drop index ${qualified({ schema: table.schema, name })}`

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
    .filter((key) => key !== own && isServedBy(own.facts, key.facts))
    .map((key) => drop(key.facts, key.of))
}
