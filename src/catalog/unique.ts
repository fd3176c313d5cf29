/** Unique keys: constraints, and unique indexes with a predicate or over expressions. */
import { structureId } from '../ground/names.ts'
import { parseExpression } from '../postgres/parse.ts'
import { columnOf, tableOf } from './alter.ts'
import { conjunctsOf } from './expression/conjuncts.ts'
import { columnName, placesOf } from './expression/tree.ts'
import {
  columnChanges,
  deferrabilityChanges,
  nameOf,
  neverNull,
  overlapChanges,
  plainPart,
  removal,
  toMutant,
  type KeyChange,
} from './key/mutants.ts'
import { isDetermined } from './key/determined.ts'
import { createKey, keyExtras, partText, type KeyFacts } from './key/key.ts'
import { columnsNotNull, saysOnlyNotNull } from './not-null.ts'
import { predicateChanges } from './expression/predicate-changes.ts'
import { partitionLacks } from './partition/key-mutants.ts'
import { readKeys } from './key/read.ts'
import { replaceKey } from './key/replace.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import { usedIds } from './uses.ts'

export type UniqueFacts = KeyFacts

/** Since PostgreSQL 15 a key says whether null is the same as null. */
const nullsAreToldSince = 15

/** Rows with a null in the key never conflict: what leaves them out, and is left out in `changed`, leaves out nothing. */
const predicateIsIdle = (
  structure: Structure<UniqueFacts>,
  catalog: Catalog,
  changed: string | null,
): string | null => {
  const { predicate: whole, keys, nullsNotDistinct } = structure.facts
  const parts = whole === null ? [] : conjunctsOf(whole)
  const left = changed === null ? [] : conjunctsOf(changed)
  if (parts.length === 0 || left.some((part) => !parts.includes(part))) return null
  const predicate = parts.filter((part) => !left.includes(part)).join(' and ')
  if (predicate === '' || !saysOnlyNotNull(predicate)) return null
  const table = tableOf(structure, catalog)
  const isIdle = (column: string): boolean =>
    columnOf(table, column).notNull || (!nullsNotDistinct && keys.some((part) => part.column === column))
  return columnsNotNull(predicate).every(isIdle)
    ? 'the predicate leaves out only rows that never conflict'
    : null
}

/** `lower(email)` becomes `email`: what the expression made equal is told apart again. */
const expressionChanges = (facts: UniqueFacts): readonly KeyChange[] =>
  facts.keys.flatMap((part, i) => {
    if (part.column !== null) return []
    const names = placesOf(parseExpression(part.expression)).map(({ node }) => columnName(node))
    const columns = [...new Set(names.filter((name) => name !== null))]
    return columns.map((column): KeyChange => ({
      does: 'expression-replaced',
      details: [column],
      effect: 'changed',
      summary: `${part.expression} becomes ${column}`,
      facts: { ...facts, keys: facts.keys.with(i, plainPart(column)) },
    }))
  })

const sameAnyway = 'rows that agree in the rest of the key point to the same row, and so agree in it'

/** A column is put in that rows of the same key have alike anyway. */
const isIdleColumn = (
  { table, facts }: Structure<UniqueFacts>,
  catalog: Catalog,
  { does, details = [] }: KeyChange,
): boolean => {
  const [column] = details
  const own = facts.keys.flatMap((part) => part.column ?? [])
  return (
    does === 'column-added' &&
    table !== null &&
    column !== undefined &&
    !facts.nullsNotDistinct &&
    isDetermined(catalog, table, column, own, 'all rows')
  )
}

const changesOf = (structure: Structure<UniqueFacts>, catalog: Catalog): readonly KeyChange[] => {
  const { facts } = structure
  const nulls: KeyChange = {
    does: 'nulls-not-distinct-flipped',
    effect: facts.nullsNotDistinct ? 'weakened' : 'strengthened',
    summary: facts.nullsNotDistinct ? 'null is no longer the same as null' : 'null is the same as null',
    facts: { ...facts, nullsNotDistinct: !facts.nullsNotDistinct },
    equivalent: neverNull(structure, catalog),
  }
  return [
    ...columnChanges(facts, () => 'weakened').map((change) => ({
      ...change,
      equivalent: change.equivalent ?? (isIdleColumn(structure, catalog, change) ? sameAnyway : null),
    })),
    ...expressionChanges(facts),
    ...predicateChanges(facts.predicate).map(({ predicate, ...told }) => ({
      ...told,
      facts: { ...facts, predicate },
      equivalent: predicateIsIdle(structure, catalog, predicate),
    })),
    ...(catalog.major < nullsAreToldSince || facts.withoutOverlaps ? [] : [nulls]),
    ...overlapChanges(facts),
    ...(facts.isConstraint ? deferrabilityChanges(facts.deferrable) : []).map(({ to, ...told }) => ({
      ...told,
      facts: { ...facts, deferrable: to },
    })),
  ]
}

const mutantsOf = (structure: Structure<UniqueFacts>, catalog: Catalog): readonly Mutant[] => [
  removal(
    structure,
    catalog,
    'unique',
    `${structure.facts.keys.map(nameOf).join(', ')} may be the same in two rows`,
  ),
  ...changesOf(structure, catalog).map((change) => toMutant(structure, catalog, 'unique', change)),
  ...partitionLacks(structure, catalog, 'unique'),
]

const declaration = (facts: UniqueFacts): string => {
  const { keys, predicate, nullsNotDistinct, deferrable, withoutOverlaps } = facts
  const named = withoutOverlaps ? keys.slice(0, -1) : keys
  const parts = named.map((part) =>
    part.column === null ? `t.sql\`${part.expression}\`` : JSON.stringify(part.column),
  )
  const options = [
    ...(predicate === null ? [] : [`where: ${JSON.stringify(predicate)}`]),
    ...(nullsNotDistinct ? ['nullsNotDistinct: true'] : []),
    ...(deferrable === 'no' ? [] : [`deferrable: ${JSON.stringify(deferrable)}`]),
    ...(withoutOverlaps ? [`withoutOverlaps: ${JSON.stringify(keys.at(-1)?.column ?? '')}`] : []),
  ]
  return `t.unique(${[...parts, ...(options.length > 0 ? [`{ ${options.join(', ')} }`] : [])].join(', ')})`
}

export const uniqueKind: StructureKind<UniqueFacts> = {
  kind: 'unique',
  isMadeAnew: true,
  read: async (db, tables) => {
    const keys = await readKeys(
      db,
      tables,
      `i.indisunique and not i.indisprimary and k.contype is distinct from 'x'`,
    )
    return keys.map(({ table, facts, definition, uses }) => ({
      id: structureId(table.id, 'unique', ...facts.keys.map(partText)),
      kind: 'unique',
      table: table.id,
      name: facts.name,
      definition,
      dependsOn: usedIds(uses),
      facts,
    }))
  },
  create: (structure, catalog) => {
    const table = tableOf(structure, catalog)
    return [createKey(table, 'unique', structure.facts), ...keyExtras(table, structure.facts)]
  },
  drop: (structure, catalog) => replaceKey(structure, catalog, 'unique', null).ddl,
  mutants: mutantsOf,
  declaredBy: ({ facts }) => declaration(facts),
}

export const uniquesOf = (catalog: Catalog, table: string): readonly Structure<UniqueFacts>[] =>
  catalog.of(table, 'unique') as readonly Structure<UniqueFacts>[]
