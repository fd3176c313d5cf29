/**
 * The moment in which both sides of a key change places: names and what hangs on them, no row is read. The foreign keys
 * of the side that goes are dropped with its primary key; a way back adds them again, and validates them afterwards.
 */
import { foreignKeySql, type ReferencesFacts } from '../../../catalog/foreign-key.ts'
import { identityKind, type IdentityFacts } from '../../../catalog/identity.ts'
import type { KeyFacts } from '../../../catalog/key/key.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import { relationId, type RelationName } from '../../../ground/names.ts'
import { dollarQuoted, ident, literal, qualified } from '../../../postgres/quote.ts'
import { constraintOf } from '../../changes/key-index.ts'
import { when } from '../columns-open.ts'
import type { KeyShape } from '../shape.ts'
import { sidesOf, type Stand } from '../sides.ts'
import { isHead } from './drawn/places.ts'
import type { Sequence, StandsOn } from './stands-on.ts'
import { keptName, nextName } from './stood-on.ts'
import { tellerOf } from './tellers.ts'
import { dropViews, refreshViews, renameViews } from './twin-views.ts'

/** NOT NULL as a constraint with a name (PostgreSQL 18). */
export interface NamedNotNull {
  readonly table: RelationName
  /** Of the old side, and of the new one beside it. */
  readonly old: string
  readonly young: string
  /** Of the old side once it is aside: as it is made there again. */
  readonly kept: string
}

export interface SwapParts {
  readonly shape: KeyShape
  readonly found: StandsOn
  readonly notNulls: readonly NamedNotNull[]
}

type Direction = 'forth' | 'back'

const tableOf = ({ table }: Pick<Structure, 'table'>, catalog: Catalog): RelationName =>
  catalog.tables.get(table ?? '') ?? { schema: 'public', name: table ?? '' }

/** Every table that is locked: whoever points before what is pointed to, as writers take their locks. */
const lockedTables = ({ shape, found }: Pick<SwapParts, 'shape' | 'found'>): readonly RelationName[] => {
  const references = found.olds.filter(({ kind }) => kind === 'references')
  const all = new Map(
    [...shape.parts.map(({ table }) => table), ...references.map((one) => tableOf(one, found.before))].map(
      (table) => [relationId(table), table],
    ),
  )
  const placed = new Map<string, RelationName>()
  const seen = new Set<string>()
  const place = (id: string): void => {
    const table = all.get(id)
    if (table === undefined || seen.has(id)) return
    seen.add(id)
    for (const { table: from, facts } of references)
      if ((facts as ReferencesFacts).target === id) place(from ?? '')
    placed.set(id, table)
  }
  for (const id of [...all.keys()].toSorted()) place(id)
  return [...placed.values()]
}

/** Together no longer than what one statement may wait: whoever writes the first waits for the last. */
const longestWait = 500

const lock = (parts: SwapParts): readonly string[] => {
  const tables = lockedTables(parts)
  return [
    `set local lock_timeout = '${Math.max(50, Math.floor(longestWait / tables.length))}ms'`,
    `lock table ${tables.map(qualified).join(', ')} in access exclusive mode`,
  ]
}

const renamed = (
  { kind, facts, name }: Structure,
  table: RelationName,
  from: (name: string) => string,
  to: (name: string) => string,
): string => {
  const isConstraint = kind === 'check' || kind === 'references' || (facts as KeyFacts).isConstraint
  return isConstraint
    ? `alter table ${qualified(table)} rename constraint ${ident(from(name))} to ${ident(to(name))}`
    : `alter index ${qualified({ schema: table.schema, name: from(name) })} rename to ${ident(to(name))}`
}

const same = (name: string): string => name

/** Structures of these kinds under other names; what has no name of its own is not among them. */
const renames = (
  parts: SwapParts,
  kinds: readonly string[],
  from: (name: string) => string,
  to: (name: string) => string,
): readonly string[] =>
  parts.found.olds
    .filter(({ kind }) => kinds.includes(kind))
    .map((one) => renamed(one, tableOf(one, parts.found.before), from, to))

const dropConstraints = ({ found }: SwapParts, kind: string): readonly string[] =>
  found.olds
    .filter((one) => one.kind === kind)
    .map((one) => `alter table ${qualified(tableOf(one, found.before))} drop constraint ${ident(one.name)}`)

const takePrimaryKey = ({ found }: SwapParts, index: (name: string) => string): readonly string[] =>
  found.olds
    .filter(({ kind }) => kind === 'primaryKey')
    .map((one) => {
      const facts = one.facts as KeyFacts
      return `alter table ${qualified(tableOf(one, found.before))} ${constraintOf('primary key', facts, index(one.name))}`
    })

/** Both sides together: no name is taken while it is given. */
export const renameColumns = (shape: KeyShape, direction: Direction): readonly string[] =>
  shape.parts.flatMap((part) => {
    const [a, b] = [sidesOf(part, 'beside'), sidesOf(part, 'switched')]
    const rename = (from: string, to: string): string =>
      `alter table ${qualified(part.table)} rename column ${ident(from)} to ${ident(to)}`
    const olds = a.olds.map(({ physical }, i) => [physical, b.olds[i]?.physical ?? physical] as const)
    const news = a.news.map(({ physical }, i) => [physical, b.news[i]?.physical ?? physical] as const)
    return direction === 'forth'
      ? [...olds.map(([from, to]) => rename(from, to)), ...news.map(([from, to]) => rename(from, to))]
      : [...news.map(([from, to]) => rename(to, from)), ...olds.map(([from, to]) => rename(to, from))]
  })

interface Defaulted {
  readonly table: RelationName
  readonly column: string
  readonly old: string | null
  readonly young: string | null
  /** The old one is not taken away. */
  readonly stays: boolean
}

const defaultsIn = ({ shape, found }: SwapParts): readonly Defaulted[] =>
  shape.parts.flatMap(({ table, olds }) =>
    olds.flatMap(({ name }) => {
      const of = (catalog: Catalog): string | null => {
        const column = catalog.tables.get(relationId(table))?.columns.find((one) => one.name === name)
        return column === undefined || column.identity !== null ? null : column.default
      }
      const [old, young] = [of(found.before), of(found.goal)]
      const stays = isHead(shape, relationId(table), name)
      return old === null && young === null ? [] : [{ table, column: name, old, young, stays }]
    }),
  )

const dropDefaults = (parts: SwapParts, direction: Direction): readonly string[] =>
  defaultsIn(parts)
    .filter(({ stays }) => direction === 'back' || !stays)
    .map(({ table, column }) => `alter table ${qualified(table)} alter column ${ident(column)} drop default`)

const wholeNumbers = ['smallint', 'integer', 'bigint']

/** A sequence counts as far as the column that draws from it. */
const sequenceOf = (shape: KeyShape, one: Sequence, direction: Direction): readonly string[] => {
  const part = shape.parts.find(({ table }) => relationId(table) === one.table)
  if (part === undefined || isHead(shape, one.table, one.column)) return []
  const young = part.news.find(({ name }) => name === one.column)?.type ?? ''
  const isWider = wholeNumbers.indexOf(young) > wholeNumbers.indexOf(one.type)
  const name = qualified(one)
  return [
    ...(isWider ? [`alter sequence ${name} as ${direction === 'forth' ? young : one.type}`] : []),
    ...(one.isOwned ? [`alter sequence ${name} owned by ${qualified(part.table)}.${ident(one.column)}`] : []),
  ]
}

/** Behind the change of places: the column that has its name now has what stood there. */
const setDefaults = (parts: SwapParts, direction: Direction): readonly string[] => [
  ...parts.found.sequences.flatMap((one) => sequenceOf(parts.shape, one, direction)),
  ...defaultsIn(parts).flatMap(({ table, column, old, young, stays }) => {
    const value = direction === 'forth' ? young : stays ? null : old
    return value === null
      ? []
      : [`alter table ${qualified(table)} alter column ${ident(column)} set default ${value}`]
  }),
]

/** An identity cannot be handed on: another one of the same name goes on where it stood. */
const moveIdentities = ({ shape, found }: SwapParts, direction: Direction): readonly string[] =>
  found.olds
    .filter(({ kind, table, name }) => kind === 'identity' && !isHead(shape, table, name))
    .flatMap((one) => {
      const to = direction === 'forth' ? found.goal : found.before
      const young = to.structures.get(one.id) as Structure<IdentityFacts> | undefined
      const part = shape.parts.find(({ table }) => relationId(table) === one.table)
      const at = part?.olds.findIndex(({ name }) => name === one.name) ?? -1
      if (part === undefined || at < 0) return []
      const from =
        direction === 'forth'
          ? sidesOf(part, 'switched').olds[at]?.physical
          : sidesOf(part, 'beside').news[at]?.physical
      const sequence = (one.facts as IdentityFacts).sequence
      const create = young === undefined ? [] : identityKind.create(young, to)
      return [
        `do ${dollarQuoted(`
declare
  number bigint;
  is_drawn boolean;
begin
  select last_value, is_called into number, is_drawn from ${qualified(sequence)};
  alter table ${qualified(part.table)} alter column ${ident(from ?? '')} drop identity;
${create.map((sql) => `  ${sql};\n`).join('')}  perform pg_catalog.setval(${literal(qualified(sequence))}::regclass, number, is_drawn);
end
`)}`,
      ]
    })

const notNullNames = ({ notNulls }: SwapParts, direction: Direction): readonly string[] =>
  notNulls.flatMap(({ table, old, young, kept }) => {
    const rename = (from: string, to: string): string =>
      `alter table ${qualified(table)} rename constraint ${ident(from)} to ${ident(to)}`
    return direction === 'forth'
      ? [rename(old, kept), rename(young, old)]
      : [rename(old, young), rename(kept, old)]
  })

const sync = ({ shape }: SwapParts, stand: Stand): readonly string[] => {
  const teller = tellerOf(shape)
  return shape.parts.flatMap((part) => teller.sync(part, stand))
}

/** `rest`: what is said again once the columns have changed places. */
export const swapForth = (parts: SwapParts, rest: readonly string[]): readonly string[] => [
  ...lock(parts),
  ...dropConstraints(parts, 'references'),
  ...dropConstraints(parts, 'primaryKey'),
  ...dropDefaults(parts, 'forth'),
  ...renames(parts, ['unique', 'index', 'check'], same, keptName),
  ...renameColumns(parts.shape, 'forth'),
  ...renames(parts, ['unique', 'index', 'check', 'references'], nextName, same),
  ...notNullNames(parts, 'forth'),
  ...renameViews(parts.found.olds, same, keptName),
  ...renameViews(parts.found.olds, nextName, same),
  ...takePrimaryKey(parts, nextName),
  ...setDefaults(parts, 'forth'),
  ...moveIdentities(parts, 'forth'),
  ...sync(parts, 'switched'),
  ...rest,
]

/** What is built of the new side stands afterwards as far as it does not hang on its primary key, and is dropped by name. */
export const swapBack = (parts: SwapParts, rest: readonly string[]): readonly string[] => {
  const { found } = parts
  return [
    ...lock(parts),
    ...dropConstraints(parts, 'references'),
    ...dropConstraints(parts, 'primaryKey'),
    ...dropDefaults(parts, 'back'),
    ...renames(parts, ['unique', 'index', 'check'], same, nextName),
    ...renameColumns(parts.shape, 'back'),
    ...renames(parts, ['unique', 'index', 'check'], keptName, same),
    ...notNullNames(parts, 'back'),
    ...renameViews(found.olds, same, nextName),
    ...renameViews(found.olds, keptName, same),
    ...takePrimaryKey(parts, keptName),
    ...setDefaults(parts, 'back'),
    ...moveIdentities(parts, 'back'),
    ...found.olds
      .filter(({ kind }) => kind === 'references')
      .map((one) => {
        const facts = one.facts as ReferencesFacts
        const isPlain = facts.notValid || facts.notEnforced
        return `alter table ${qualified(tableOf(one, found.before))} add constraint ${ident(facts.name)} ${foreignKeySql(facts, found.before)}${isPlain ? '' : ' not valid'}`
      }),
    ...sync(parts, 'beside'),
    ...rest,
  ]
}

/** Materialized views and foreign keys of the new side that a run left which was broken off: they hold the indexes that are built anew. */
export const clearTwins = ({ found }: SwapParts): readonly string[] => [
  ...dropViews(found.olds, nextName),
  ...found.olds
    .filter(({ kind }) => kind === 'references')
    .map((one) => {
      const table = qualified(tableOf(one, found.before))
      const name = nextName(one.name)
      return when(
        `exists (select from pg_catalog.pg_constraint where conrelid = ${literal(table)}::regclass and conname = ${literal(name)})`,
        [`alter table ${table} drop constraint ${ident(name)}`],
      )
    }),
]

/** What a way back has added without a look at the rows, and what nobody kept up meanwhile. */
export const validates = ({ found }: SwapParts): readonly string[] => [
  ...refreshViews(found.olds),
  ...found.olds
    .filter(({ kind, facts }) => {
      const { notValid, notEnforced } = facts as ReferencesFacts
      return kind === 'references' && !notValid && !notEnforced
    })
    .map(
      (one) => `alter table ${qualified(tableOf(one, found.before))} validate constraint ${ident(one.name)}`,
    ),
]
