/** The primary key of a table: what tells its rows apart, and refuses null in each of its columns. */
import { structureId } from '../ground/names.ts'
import { alterColumn, columnOf, tableOf } from './alter.ts'
import {
  columnChanges,
  deferrabilityChanges,
  nameOf,
  overlapChanges,
  removal,
  toMutant,
} from './key/mutants.ts'
import { createKey, keyExtras, type KeyFacts } from './key/key.ts'
import { makeMutant } from './make-mutant.ts'
import { partitionLacks } from './partition/key-mutants.ts'
import { readKeys } from './key/read.ts'
import { replaceKey } from './key/replace.ts'
import type { Catalog, Mutant, MutantEffect, Structure, StructureKind } from './structure.ts'
import { usedIds } from './uses.ts'

export interface PrimaryKeyFacts extends KeyFacts {
  /** In key order. */
  readonly columns: readonly string[]
}

/** A key without its NOT NULL: the column takes null, and null is never the same as null. */
const nullAllowed = (structure: Structure<PrimaryKeyFacts>, catalog: Catalog): readonly Mutant[] => {
  const table = tableOf(structure, catalog)
  return structure.facts.columns
    .filter((column) => columnOf(table, column).identity === null)
    .map((column) => {
      const next = { word: 'unique', facts: structure.facts } as const
      const between = [`${alterColumn(table, column)} drop not null`]
      const { ddl, removes } = replaceKey(structure, catalog, 'primary key', next, between)
      return makeMutant(structure, {
        does: 'null-allowed',
        details: [column],
        effect: 'weakened',
        summary: `unique, and ${column} takes null`,
        ddl,
        alsoRemoves: removes,
      })
    })
}

const mutantsOf = (structure: Structure<PrimaryKeyFacts>, catalog: Catalog): readonly Mutant[] => {
  const { facts } = structure
  const table = tableOf(structure, catalog)
  const addedEffect = (column: string): MutantEffect =>
    columnOf(table, column).notNull ? 'weakened' : 'changed'
  const changes = [
    ...columnChanges(facts, addedEffect),
    ...overlapChanges(facts),
    ...deferrabilityChanges(facts.deferrable).map(({ to, ...told }) => ({
      ...told,
      facts: { ...facts, deferrable: to },
    })),
  ]
  return [
    removal(structure, catalog, 'primary key', 'the primary key is gone'),
    ...changes.map((change) => toMutant(structure, catalog, 'primary key', change)),
    ...nullAllowed(structure, catalog),
    ...partitionLacks(structure, catalog, 'primary key'),
  ]
}

export const primaryKeyKind: StructureKind<PrimaryKeyFacts> = {
  kind: 'primaryKey',
  isMadeAnew: true,
  read: async (db, tables) => {
    const keys = await readKeys(db, tables, `i.indisprimary and k.contype = 'p'`)
    return keys.map(({ table, facts, definition, uses }) => {
      const columns = facts.keys.map(nameOf)
      return {
        id: structureId(table.id, 'primaryKey', ...columns),
        kind: 'primaryKey',
        table: table.id,
        name: facts.name,
        definition,
        dependsOn: usedIds(uses),
        facts: { ...facts, columns },
      }
    })
  },
  create: (structure, catalog) => {
    const table = tableOf(structure, catalog)
    return [createKey(table, 'primary key', structure.facts), ...keyExtras(table, structure.facts)]
  },
  drop: (structure, catalog) => replaceKey(structure, catalog, 'primary key', null).ddl,
  mutants: mutantsOf,
  declaredBy: ({ facts }) => {
    const columns = facts.columns.map((c) => JSON.stringify(c))
    const period = facts.withoutOverlaps ? columns.pop() : undefined
    return `t.primaryKey(${[...columns, ...(period === undefined ? [] : [`{ withoutOverlaps: ${period} }`])].join(', ')})`
  },
}

/** One or none. */
export const primaryKeysOf = (catalog: Catalog, table: string): readonly Structure<PrimaryKeyFacts>[] =>
  catalog.of(table, 'primaryKey') as readonly Structure<PrimaryKeyFacts>[]
