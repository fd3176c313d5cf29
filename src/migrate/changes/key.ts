/**
 * Primary keys, unique keys and indexes: built concurrently beside what writers do, then taken as a constraint. On a
 * partitioned table the parent's is made on itself alone, each partition's concurrently, and attached.
 */
import { alterTable, tableOf } from '../../catalog/alter.ts'
import { createKey, dropKey, keyExtras, type KeyFacts, type KeyWord } from '../../catalog/key/key.ts'
import { replaceKey } from '../../catalog/key/replace.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { fittedName } from '../../rules/ddl.ts'
import {
  alone,
  together,
  asOwner,
  withoutOwners,
  type ChangeContext,
  type ChangeKind,
  type Step,
} from './change.ts'
import { leavesOf } from './table.ts'

const wordOf = ({ kind }: Structure): KeyWord =>
  kind === 'primaryKey' ? 'primary key' : kind === 'unique' ? 'unique' : 'index'

const factsOf = (structure: Structure): KeyFacts => structure.facts as KeyFacts

const indexName = (table: Table, name: string): string => qualified({ schema: table.schema, name })

/** The statement of an index of this name that writers do not wait for. */
const concurrently = (table: Table, word: KeyWord, facts: KeyFacts, name: string): string => {
  const kind = word === 'index' ? 'index' : 'unique'
  const plain = createKey(table, kind, { ...facts, name, isConstraint: false })
  return plain.replace(/^create (unique )?index /u, 'create $1index concurrently ')
}

const constraintOf = (word: KeyWord, facts: KeyFacts, index: string): string => {
  const deferrable = facts.deferrable === 'no' ? '' : ` deferrable initially ${facts.deferrable}`
  return `add constraint ${ident(facts.name)} ${word} using index ${ident(index)}${deferrable}`
}

/** Nothing but a plain index can be built concurrently; periods and their kin are exclusion constraints at heart. */
const canBeBuilt = (facts: KeyFacts): boolean => !facts.withoutOverlaps

/** A leftover of a failed run is INVALID, and would be taken for the index. */
const clear = (table: Table, name: string): string =>
  `drop index concurrently if exists ${indexName(table, name)}`

const onTable = (table: Table, word: KeyWord, facts: KeyFacts): readonly Step[] => {
  const isConstraint = facts.isConstraint && word !== 'index'
  return alone(
    ...(isConstraint ? [`${alterTable(table)} drop constraint if exists ${ident(facts.name)}`] : []),
    clear(table, facts.name),
    concurrently(table, word, facts, facts.name),
    ...(isConstraint ? [`${alterTable(table)} ${constraintOf(word, facts, facts.name)}`] : []),
    ...withoutOwners(keyExtras(table, facts)),
  )
}

/** The index of one partition; attached to the parent's, which is valid once every partition has one. */
const inPartition = (parent: Table, partition: Table, word: KeyWord, facts: KeyFacts): readonly string[] => {
  const name = fittedName(`${partition.name}_${facts.name}`)
  const isConstraint = facts.isConstraint && word !== 'index'
  return [
    ...(isConstraint ? [`${alterTable(partition)} drop constraint if exists ${ident(name)}`] : []),
    clear(partition, name),
    concurrently(partition, word, facts, name),
    ...(isConstraint ? [`${alterTable(partition)} ${constraintOf(word, { ...facts, name }, name)}`] : []),
    `alter index ${indexName(parent, facts.name)} attach partition ${indexName(partition, name)}`,
  ]
}

const onPartitioned = (
  table: Table,
  word: KeyWord,
  facts: KeyFacts,
  leaves: readonly Table[],
): readonly Step[] => {
  const isConstraint = facts.isConstraint && word !== 'index'
  const only = createKey(table, word, facts)
  return alone(
    isConstraint
      ? `${alterTable(table)} drop constraint if exists ${ident(facts.name)}`
      : `drop index if exists ${indexName(table, facts.name)}`,
    isConstraint
      ? only.replace('alter table ', 'alter table only ')
      : only.replace(` on ${qualified(table)}`, () => ` on only ${qualified(table)}`),
    ...leaves.flatMap((leaf) => inPartition(table, leaf, word, facts)),
    ...withoutOwners(keyExtras(table, facts)),
  )
}

const make = (structure: Structure, { after, online }: ChangeContext): readonly Step[] => {
  const table = tableOf(structure, after)
  const facts = factsOf(structure)
  const word = wordOf(structure)
  const plain = together(createKey(table, word, facts), ...withoutOwners(keyExtras(table, facts)))
  if (!online || !canBeBuilt(facts)) return plain
  if (table.kind !== 'partitioned') return onTable(table, word, facts)
  const parts = [...after.tables.values()].filter((t) => t.partitionOf === table.id)
  // Partitions of partitions would need an index at every height: they take the plain form.
  if (parts.some((part) => part.kind === 'partitioned')) return plain
  return onPartitioned(table, word, facts, leavesOf(table, after))
}

/** Whether foreign keys or views stand on it, which let go of it only when they are made again. */
const isPointedTo = (structure: Structure, table: Table, catalog: Catalog): boolean => {
  const word = wordOf(structure)
  const kind = factsOf(structure).isConstraint && word !== 'index' ? word : 'index'
  const node = catalog.dependencies.find(table.id, kind, structure.name)
  return node !== undefined && catalog.dependencies.on(node.key).length > 0
}

const alter = (old: Structure, next: Structure, context: ChangeContext): readonly Step[] => {
  const { before, online } = context
  const table = tableOf(next, context.after)
  const facts = factsOf(next)
  const word = wordOf(next)
  const isBuilt =
    online && canBeBuilt(facts) && table.kind !== 'partitioned' && !isPointedTo(old, table, before)
  if (!isBuilt) {
    const made = { word, facts }
    return together(...asOwner(replaceKey(old as Structure<KeyFacts>, before, wordOf(old), made).ddl))
  }
  if (old.name !== next.name) {
    return [...onTable(table, word, facts), ...alone(dropKey(table, factsOf(old)))]
  }
  // The new one is built under another name, so that there is no moment without a key.
  const name = fittedName(`${facts.name}_next`)
  const build = [clear(table, name), concurrently(table, word, facts, name)]
  if (facts.isConstraint && factsOf(old).isConstraint)
    return alone(
      ...build,
      `${alterTable(table)} drop constraint if exists ${ident(facts.name)}, ${constraintOf(word, facts, name)}`,
    )
  if (facts.isConstraint || factsOf(old).isConstraint)
    return [...together(dropKey(table, factsOf(old))), ...make(next, context)]
  return alone(
    ...build,
    clear(table, facts.name),
    `alter index ${indexName(table, name)} rename to ${ident(facts.name)}`,
  )
}

export const keyChange: ChangeKind = {
  make,
  alter,
  remove: (structure, { before }) => together(dropKey(tableOf(structure, before), factsOf(structure))),
}
