/**
 * Primary keys, unique keys and indexes: built concurrently beside what writers do, then taken as a constraint. On a
 * partitioned table the parent's is made on itself alone, each partition's concurrently, and attached.
 */
import { alterTable, tableOf } from '../../catalog/alter.ts'
import { createKey, dropKey, keyExtras, type KeyFacts, type KeyWord } from '../../catalog/key/key.ts'
import { replaceKey } from '../../catalog/key/replace.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import { fittedName } from '../../rules/ddl.ts'
import {
  alone,
  lockingSeveral,
  together,
  asOwner,
  withoutOwners,
  type Change,
  type ChangeContext,
  type ChangeKind,
  type Step,
} from './change.ts'
import { atEachHeight, leftBelow } from './key-heights.ts'
import { clear, concurrently, constraintOf, indexName } from './key-index.ts'
import { blocksWrites } from './note.ts'

const wordOf = ({ kind }: Structure): KeyWord =>
  kind === 'primaryKey' ? 'primary key' : kind === 'unique' ? 'unique' : 'index'

const factsOf = (structure: Structure): KeyFacts => structure.facts as KeyFacts

/** Nothing but a plain index can be built concurrently; periods and their kin are exclusion constraints at heart. */
const canBeBuilt = (facts: KeyFacts): boolean => !facts.withoutOverlaps

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

const onPartitioned = (table: Table, word: KeyWord, facts: KeyFacts, catalog: Catalog): readonly Step[] =>
  alone(...atEachHeight(table, word, facts, catalog), ...withoutOwners(keyExtras(table, facts)))

const make = (structure: Structure, { after, online }: ChangeContext): readonly Step[] => {
  const table = tableOf(structure, after)
  const facts = factsOf(structure)
  const word = wordOf(structure)
  const plain = together(createKey(table, word, facts), ...withoutOwners(keyExtras(table, facts)))
  if (!online || !canBeBuilt(facts)) return plain
  if (table.kind !== 'partitioned') return onTable(table, word, facts)
  return onPartitioned(table, word, facts, after)
}

/** Whether foreign keys or views stand on it, which let go of it only when they are made again. */
const isPointedTo = (structure: Structure, table: Table, catalog: Catalog): boolean => {
  const word = wordOf(structure)
  const kind = factsOf(structure).isConstraint && word !== 'index' ? word : 'index'
  const node = catalog.dependencies.find(table.id, kind, structure.name)
  return node !== undefined && catalog.dependencies.on(node.key).length > 0
}

const addsForeignKey =
  /^(?<alter>alter table "(?:[^"]|"")+"\."(?:[^"]|"")+") add constraint (?<name>"(?:[^"]|"")+") foreign key [^]*$/iu

/** Foreign keys that are put back hold for every write at once, and are looked up while writers go on. */
const validatedLater = (statements: readonly string[], takesNotValid: (sql: string) => boolean) => {
  const found = statements.map((sql) => {
    const { alter: table, name } = addsForeignKey.exec(sql)?.groups ?? {}
    const isPlain = name === undefined || / not (?:valid|enforced)$/iu.test(sql) || !takesNotValid(sql)
    return isPlain ? { sql } : { sql: `${sql} not valid`, validate: `${table} validate constraint ${name}` }
  })
  return {
    statements: found.map(({ sql }) => sql),
    validates: found.flatMap(({ validate }) => validate ?? []),
  }
}

/** What points to it lets go of it only for as long as the two change places; the new one is built before that. */
const changedUnderPointers = (old: Structure, next: Structure, context: ChangeContext): readonly Step[] => {
  const { before, after } = context
  const table = tableOf(next, after)
  const [facts, word] = [factsOf(next), wordOf(next)]
  const name = fittedName(`${facts.name}_next`)
  const replaced = replaceKey(old as Structure<KeyFacts>, before, wordOf(old), { word, facts }).ddl
  const create = createKey(table, word, facts)
  const swapped = asOwner(replaced).map((sql) =>
    sql === create ? `${alterTable(table)} ${constraintOf(word, facts, name)}` : sql,
  )
  const partitioned = [...before.tables.values()].filter(({ kind }) => kind === 'partitioned').map(alterTable)
  const { statements, validates } = validatedLater(
    swapped,
    (sql) => before.major >= 18 || !partitioned.some((parent) => sql.startsWith(`${parent} `)),
  )
  return [
    ...alone(clear(table, name), concurrently(table, word, facts, name)),
    ...lockingSeveral(together(...statements)),
    ...alone(...validates),
  ]
}

/** Another index beside the old one at every height; the two change their name and place at the end. */
const changedOnPartitioned = (old: Structure, next: Structure, context: ChangeContext): readonly Step[] => {
  const table = tableOf(next, context.after)
  const [facts, word] = [factsOf(next), wordOf(next)]
  const name = fittedName(`${facts.name}_next`)
  const isConstraint = facts.isConstraint && word !== 'index'
  return [
    ...alone(...atEachHeight(table, word, { ...facts, name }, context.after)),
    ...together(
      dropKey(table, factsOf(old)),
      isConstraint
        ? `${alterTable(table)} rename constraint ${ident(name)} to ${ident(facts.name)}`
        : `alter index ${indexName(table, name)} rename to ${ident(facts.name)}`,
      ...withoutOwners(keyExtras(table, facts)),
    ),
  ]
}

const alter = (old: Structure, next: Structure, context: ChangeContext): readonly Step[] => {
  const { before, online } = context
  const table = tableOf(next, context.after)
  const facts = factsOf(next)
  const word = wordOf(next)
  const isPointed = isPointedTo(old, table, before)
  const isPartitioned = table.kind === 'partitioned'
  const isSameKind = facts.isConstraint === factsOf(old).isConstraint
  if (online && canBeBuilt(facts) && isSameKind && isPartitioned !== isPointed) {
    if (isPointed && facts.isConstraint) return changedUnderPointers(old, next, context)
    // A table has one primary key, and a partitioned one takes none that was an index before.
    if (isPartitioned && word !== 'primary key') return changedOnPartitioned(old, next, context)
  }
  if (!online || !canBeBuilt(facts) || isPartitioned || isPointed) {
    const made = { word, facts }
    return together(...asOwner(replaceKey(old as Structure<KeyFacts>, before, wordOf(old), made).ddl))
  }
  if (old.name !== next.name && word !== 'primary key') {
    return [...onTable(table, word, facts), ...alone(dropKey(table, factsOf(old)))]
  }
  // The new one is built under another name, so that there is no moment without a key.
  const name = fittedName(`${facts.name}_next`)
  const build = [clear(table, name), concurrently(table, word, facts, name)]
  if (facts.isConstraint && factsOf(old).isConstraint)
    return alone(
      ...build,
      `${alterTable(table)} drop constraint if exists ${ident(old.name)}, ${constraintOf(word, facts, name)}`,
    )
  if (facts.isConstraint || factsOf(old).isConstraint)
    return [...together(dropKey(table, factsOf(old))), ...make(next, context)]
  return alone(
    ...build,
    clear(table, facts.name),
    `alter index ${indexName(table, name)} rename to ${ident(facts.name)}`,
  )
}

const remove = (structure: Structure, { before, online, fromHalfWay }: ChangeContext): readonly Step[] => {
  const table = tableOf(structure, before)
  const facts = factsOf(structure)
  if (fromHalfWay && table.kind === 'partitioned')
    return together(dropKey(table, facts), ...leftBelow(table, facts.name, before))
  // The index is there before its constraint.
  if (fromHalfWay && facts.isConstraint)
    return together(dropKey(table, facts), `drop index if exists ${indexName(table, facts.name)}`)
  // PostgreSQL has no DROP INDEX CONCURRENTLY for a partitioned table.
  const isPatient = online && !facts.isConstraint && table.kind !== 'partitioned'
  return isPatient ? alone(clear(table, facts.name)) : together(dropKey(table, facts))
}

const blocks = (change: Change, context: ChangeContext): string | null => {
  const { before: old, after: next } = change
  if (next === null) return null
  if (!canBeBuilt(factsOf(next))) return 'a key without overlaps is an exclusion constraint at heart'
  if (old === null) return null
  const table = tableOf(next, context.after)
  const isPointed = isPointedTo(old, table, context.before)
  if (table.kind === 'partitioned' && (isPointed || wordOf(next) === 'primary key'))
    return 'a partitioned table has one primary key at a time, and takes no index for it'
  if (isPointed && !factsOf(next).isConstraint) return 'foreign keys point to the index itself'
  return null
}

export const keyChange: ChangeKind = {
  mayOverlap: true,
  notes: (change, context) => {
    const why = blocks(change, context)
    return why === null
      ? []
      : [blocksWrites(change.id, 'nobody writes to the table while its index is built.', why)]
  },
  make,
  alter,
  remove,
}

/** Two cannot stand at once, and without one in between rows might repeat. */
export const primaryKeyChange: ChangeKind = {
  ...keyChange,
  changesPlace: (old, { before }) => !isPointedTo(old, tableOf(old, before), before),
}
