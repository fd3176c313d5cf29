/** The index of a partitioned table: its own on itself alone, each partition's built concurrently and attached, height by height. */
import { alterTable } from '../../catalog/alter.ts'
import { createKey, type KeyFacts, type KeyWord } from '../../catalog/key/key.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { fittedName } from '../../rules/ddl.ts'
import { clear, concurrently, constraintOf, indexName } from './key-index.ts'

/** An index on a partitioned table alone; it is not valid before each partition's is attached to it. */
const onItself = (table: Table, word: KeyWord, facts: KeyFacts): readonly string[] => {
  const isConstraint = facts.isConstraint && word !== 'index'
  const only = createKey(table, word, facts)
  return [
    isConstraint
      ? `${alterTable(table)} drop constraint if exists ${ident(facts.name)}`
      : `drop index if exists ${indexName(table, facts.name)}`,
    isConstraint
      ? only.replace('alter table ', 'alter table only ')
      : only.replace(` on ${qualified(table)}`, () => ` on only ${qualified(table)}`),
  ]
}

/** The index of one partition and of those below it, then attached to the parent's. */
const inPartition = (
  parent: Table,
  partition: Table,
  word: KeyWord,
  facts: KeyFacts,
  catalog: Catalog,
): readonly string[] => {
  const name = fittedName(`${partition.name}_${facts.name}`)
  const isConstraint = facts.isConstraint && word !== 'index'
  const own = { ...facts, name }
  const leaf = [
    ...(isConstraint ? [`${alterTable(partition)} drop constraint if exists ${ident(name)}`] : []),
    clear(partition, name),
    concurrently(partition, word, facts, name),
    ...(isConstraint ? [`${alterTable(partition)} ${constraintOf(word, own, name)}`] : []),
  ]
  return [
    ...(partition.kind === 'partitioned' ? atEachHeight(partition, word, own, catalog) : leaf),
    `alter index ${indexName(parent, facts.name)} attach partition ${indexName(partition, name)}`,
  ]
}

export const atEachHeight = (
  table: Table,
  word: KeyWord,
  facts: KeyFacts,
  catalog: Catalog,
): readonly string[] => [
  ...onItself(table, word, facts),
  ...[...catalog.tables.values()]
    .filter((part) => part.partitionOf === table.id)
    .flatMap((part) => inPartition(table, part, word, facts, catalog)),
]

/** Indexes of partitions that were built and not attached yet: they do not go with the table's. */
export const leftBelow = (table: Table, name: string, catalog: Catalog): readonly string[] =>
  [...catalog.tables.values()]
    .filter((part) => part.partitionOf === table.id)
    .flatMap((part) => {
      const own = fittedName(`${part.name}_${name}`)
      return [
        `${alterTable(part)} drop constraint if exists ${ident(own)}`,
        `drop index if exists ${indexName(part, own)}`,
        ...leftBelow(part, own, catalog),
      ]
    })
