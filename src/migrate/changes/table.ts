/** A table made in full with what stands inside its statement, and dropped. Its partitions are made with it. */
import { relationId } from '../../ground/names.ts'
import { alterTable, tableOf } from '../../catalog/alter.ts'
import { defaultsOf } from '../../catalog/default.ts'
import { excludesKind } from '../../catalog/excludes.ts'
import { generatedOf } from '../../catalog/generated.ts'
import { identitiesOf } from '../../catalog/identity.ts'
import { createKey, keyExtras, type KeyFacts } from '../../catalog/key/key.ts'
import type { PartitionFacts } from '../../catalog/partition.ts'
import type { RelationFacts } from '../../catalog/relation.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { rewrites } from './note.ts'
import { lockingSeveral, together, withoutOwners, type ChangeContext, type ChangeKind } from './change.ts'

/** Kinds that a column's own definition holds. */
export const inColumn: ReadonlySet<string> = new Set(['required', 'default', 'identity', 'generated'])

const isConstraint = ({ facts }: Structure): boolean => (facts as KeyFacts).isConstraint

/** Whether CREATE TABLE itself holds the structure. */
export const isInTable = (structure: Structure): boolean =>
  ['column', 'check', 'partition', 'excludes'].includes(structure.kind) ||
  inColumn.has(structure.kind) ||
  (['primaryKey', 'unique'].includes(structure.kind) && isConstraint(structure))

/** `"slug" character varying(20) default 'x' not null`. */
export const columnSql = (
  catalog: Catalog,
  table: Table,
  column: Column,
  leaveOut: ReadonlySet<string> = new Set(),
): string => {
  const own = <T>(structures: readonly Structure<T>[]): Structure<T> | undefined =>
    structures.find((s) => s.name === column.name)
  const generated = own(generatedOf(catalog, table.id))
  const identity = own(identitiesOf(catalog, table.id))
  const standing = own(defaultsOf(catalog, table.id))
  const required = own(catalog.of(table.id, 'required'))
  return [
    `${ident(column.name)} ${column.type}`,
    ...(column.collation === null ? [] : [`collate ${column.collation}`]),
    ...(generated ? [`generated always as (${generated.facts.expression}) ${generated.facts.storage}`] : []),
    ...(identity ? [identity.definition.toLowerCase()] : []),
    // A sequence that goes with its column is made after it.
    ...(standing && standing.facts.sequence === null && !leaveOut.has('default')
      ? [`default ${standing.facts.expression}`]
      : []),
    ...(required && !identity && !leaveOut.has('required') ? ['not null'] : []),
  ].join(' ')
}

/** What follows the columns: `constraint "x" check (…)`. */
const constraintsOf = (catalog: Catalog, table: Table): readonly string[] => {
  const head = `${alterTable(table)} add `
  const keys = [...catalog.of(table.id, 'primaryKey'), ...catalog.of(table.id, 'unique')]
    .filter(isConstraint)
    .map((s) => createKey(table, s.kind === 'unique' ? 'unique' : 'primary key', s.facts as KeyFacts))
  const checks = catalog
    .of(table.id, 'check')
    .map((s) => `${head}constraint ${ident(s.name)} ${s.definition}`)
  const excludes = catalog
    .of(table.id, 'excludes')
    .flatMap((s) => excludesKind.create(s as never, catalog).slice(0, 1))
  return [...keys, ...checks, ...excludes].map((sql) => sql.slice(head.length))
}

const partitionBy = (key: string | null): string => (key === null ? '' : ` partition by ${key}`)

/** CREATE TABLE … PARTITION OF for each partition at every depth. */
const partitionsOf = (
  table: Table,
  facts: RelationFacts,
  { after: catalog, calledFor }: ChangeContext,
): readonly string[] => {
  const direct = new Map(
    catalog
      .of(table.id, 'partition')
      .flatMap((s) => (s.facts as PartitionFacts).partitions.map((p) => [p.relation, p.bound] as const)),
  )
  return facts.partitions.flatMap(({ id, bound, partitionKey }) => {
    const partition = catalog.tables.get(id)
    const parent = catalog.tables.get(partition?.partitionOf ?? '')
    const values = bound ?? direct.get(partition ? qualified(partition) : '')
    if (!partition || !parent || values === undefined) return []
    // Those of today are made on the day on which it runs.
    if (calledFor?.has(table.id) && values !== 'DEFAULT') return []
    return [
      `create table ${qualified(partition)} partition of ${qualified(parent)} ${values}${partitionBy(partitionKey)}`,
    ]
  })
}

/** Sequences that belong to a column, and what a key carries besides its constraint. */
const afterwards = (table: Table, catalog: Catalog): readonly string[] => [
  ...defaultsOf(catalog, table.id)
    .filter(({ facts }) => facts.sequence !== null)
    .flatMap(({ facts: { sequence, column, expression } }) => [
      `create sequence if not exists ${qualified(sequence!)} as ${sequence!.type} owned by ${qualified(table)}.${ident(column)}`,
      `${alterTable(table)} alter column ${ident(column)} set default ${expression}`,
    ]),
  ...[...catalog.of(table.id, 'primaryKey'), ...catalog.of(table.id, 'unique')]
    .filter(isConstraint)
    .flatMap((s) => withoutOwners(keyExtras(table, s.facts as KeyFacts))),
]

const withoutLogging = ({ kind, partitionKey, inherits, server }: RelationFacts): string =>
  JSON.stringify([kind, partitionKey, inherits, server])

export const tableChange: ChangeKind = {
  isGround: true,
  notes: ({ id, table, does, before, after }) => {
    if (does !== 'alter' || !before || !after) return []
    if (withoutLogging(before.facts as RelationFacts) === withoutLogging(after.facts as RelationFacts))
      return [rewrites(id, [table ?? ''], 'all rows are written to the log, or out of it')]
    return [
      {
        code: 'design.no-way-in-place',
        structure: id,
        text: `${id}: ${before.definition} does not become ${after.definition} in place.`,
        why: 'PostgreSQL has no ALTER for it: another table has to be made, and the rows brought over',
        fix: 'make the new table beside the old one and move the rows, in migrations written by hand',
      },
    ]
  },
  make: (structure, context) => {
    const { after } = context
    const table = tableOf(structure, after)
    const facts = structure.facts as RelationFacts
    const words = `${facts.unlogged ? 'unlogged ' : ''}${facts.kind === 'foreign' ? 'foreign ' : ''}table`
    const inherits = facts.inherits.length > 0 ? ` inherits (${facts.inherits.join(', ')})` : ''
    const server = facts.server === null ? '' : ` server ${facts.server}`
    const lines = [
      ...table.columns.map((column) => columnSql(after, table, column)),
      ...constraintsOf(after, table),
    ]
    const body = lines.length === 0 ? '()' : `(\n  ${lines.join(',\n  ')}\n)`
    return together(
      `create ${words} ${qualified(table)} ${body}${inherits}${partitionBy(facts.partitionKey)}${server}`,
      ...partitionsOf(table, facts, context),
      ...afterwards(table, after),
    )
  },
  // Dropped and made again it would have no rows: what has no way in place is left as it is, and told.
  alter: (old, next, { after }) => {
    const [was, is] = [old.facts as RelationFacts, next.facts as RelationFacts]
    const alter = alterTable(tableOf(next, after))
    return together(
      ...(was.unlogged === is.unlogged ? [] : [`${alter} set ${is.unlogged ? 'unlogged' : 'logged'}`]),
    )
  },
  remove: (structure, { before }) => {
    const table = tableOf(structure, before)
    const word = (structure.facts as RelationFacts).kind === 'foreign' ? 'foreign table' : 'table'
    const steps = together(`drop ${word} ${qualified(table)}`)
    // Its foreign keys lock the tables that they point to.
    return before.of(table.id, 'references').length > 0 ? lockingSeveral(steps) : steps
  },
}

/** Relation ids of a table's partitions at every depth that hold rows themselves. */
export const leavesOf = (table: Table, catalog: Catalog): readonly Table[] => {
  const below = [...catalog.tables.values()].filter((t) => t.partitionOf === relationId(table))
  return below.flatMap((t) => (t.kind === 'partitioned' ? leavesOf(t, catalog) : [t]))
}
