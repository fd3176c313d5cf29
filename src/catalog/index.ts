/** Indexes that are no key: they serve statements and refuse nothing. (Not a barrel: `index` is the kind of structure.) */
import { structureId } from '../ground/names.ts'
import { columnOf, tableOf } from './alter.ts'
import { fixedColumns } from './fixed-columns.ts'
import { nameOf, removal, toMutant, type KeyChange } from './key/mutants.ts'
import { createKey, keyExtras, partText, type KeyFacts, type KeyPart } from './key/key.ts'
import { predicateChanges } from './expression/predicate-changes.ts'
import { partitionLacks } from './partition/key-mutants.ts'
import { readKeys } from './key/read.ts'
import { replaceKey } from './key/replace.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import type { Table } from './table.ts'
import { usedIds } from './uses.ts'

export type IndexFacts = KeyFacts

const columnsRemoved = (facts: IndexFacts): readonly KeyChange[] =>
  facts.keys.length < 2
    ? []
    : facts.keys.map((part, i): KeyChange => ({
        does: 'column-removed',
        details: [nameOf(part)],
        effect: 'weakened',
        summary: `indexed without ${nameOf(part)}`,
        facts: { ...facts, keys: facts.keys.toSpliced(i, 1) },
      }))

/** In methods that look at all parts alike their order says nothing. */
const isOrdered = ({ method }: IndexFacts): boolean => method === 'btree'

/** Why the place and the direction of a part say nothing. */
const sameInAll = ({ predicate }: IndexFacts, { column }: KeyPart): string | null =>
  column !== null && fixedColumns(predicate).includes(column)
    ? `${column} is the same in all rows of the index`
    : null

const columnsExchanged = (facts: IndexFacts): readonly KeyChange[] =>
  facts.keys.slice(1).flatMap((part, i) => {
    const before = facts.keys[i]
    if (!before || !isOrdered(facts)) return []
    const change: KeyChange = {
      does: 'columns-exchanged',
      details: [nameOf(before), nameOf(part)],
      effect: 'changed',
      summary: `${nameOf(part)} stands before ${nameOf(before)}`,
      facts: { ...facts, keys: facts.keys.with(i, part).with(i + 1, before) },
      equivalent: sameInAll(facts, part) ?? sameInAll(facts, before),
    }
    return [change]
  })

const directionsFlipped = (facts: IndexFacts): readonly KeyChange[] =>
  isOrdered(facts)
    ? facts.keys.map((part, i): KeyChange => {
        const flipped = { ...part, descending: !part.descending, nullsFirst: !part.nullsFirst }
        return {
          does: 'direction-flipped',
          details: [nameOf(part)],
          effect: 'changed',
          summary: `${nameOf(part)} is ordered ${flipped.descending ? 'descending' : 'ascending'}`,
          facts: { ...facts, keys: facts.keys.with(i, flipped) },
          equivalent:
            facts.keys.length === 1
              ? 'an index over one part is read in both directions at the same cost'
              : sameInAll(facts, part),
        }
      })
    : []

/** BRIN keeps the least and the greatest of plain values; truth values, labels and documents have none worth keeping. */
const hasRange = (table: Table, part: KeyPart): boolean => {
  if (part.column === null) return true
  const { typeKind, baseType } = columnOf(table, part.column)
  return typeKind === 'base' && baseType !== 'boolean' && baseType !== 'jsonb'
}

/** Where the types have operator classes in both methods; of an expression PostgreSQL alone knows. */
const otherMethods = (facts: IndexFacts, table: Table): readonly string[] => {
  const [only, ...more] = facts.keys
  const isSingle = more.length === 0 && facts.include.length === 0
  const type = only?.column ? columnOf(table, only.column) : undefined
  const isBrinable = facts.include.length === 0 && facts.keys.every((part) => hasRange(table, part))
  switch (facts.method) {
    case 'btree':
      return [...(isSingle ? ['hash'] : []), ...(isBrinable ? ['brin'] : [])]
    case 'hash':
    case 'brin':
      return ['btree']
    case 'gin':
      return isSingle && type?.baseType === 'tsvector' ? ['gist'] : []
    case 'gist':
      return isSingle && type?.typeKind === 'range' ? ['spgist'] : []
    case 'spgist':
      return isSingle && type?.typeKind === 'range' ? ['gist'] : []
    default:
      return []
  }
}

/** Operator classes, directions and storage parameters belong to the method. */
const methodsExchanged = (facts: IndexFacts, table: Table): readonly KeyChange[] =>
  facts.keys.some((part) => part.operatorClass !== null)
    ? []
    : otherMethods(facts, table).map((method): KeyChange => {
        const keys = facts.keys.map((part) => ({ ...part, descending: false, nullsFirst: false }))
        return {
          does: 'method-exchanged',
          details: [method],
          effect: 'changed',
          summary: `${facts.method} becomes ${method}`,
          facts: { ...facts, method, keys, options: [] },
        }
      })

const includeRemoved = (facts: IndexFacts): readonly KeyChange[] =>
  facts.include.map((column, i) => ({
    does: 'include-removed',
    details: [column],
    effect: 'weakened',
    summary: `does not include ${column}`,
    facts: { ...facts, include: facts.include.toSpliced(i, 1) },
  }))

const classesDefaulted = (facts: IndexFacts): readonly KeyChange[] =>
  facts.keys.flatMap((part, i) =>
    part.operatorClass === null
      ? []
      : [
          {
            does: 'operator-class-default',
            details: [nameOf(part)],
            effect: 'changed' as const,
            summary: `${nameOf(part)} with the operator class of its type, not ${part.operatorClass}`,
            facts: { ...facts, keys: facts.keys.with(i, { ...part, operatorClass: null }) },
          },
        ],
  )

/** More or fewer rows in an index refuse nothing: what changes is which statements it can serve. */
const predicatesChanged = (facts: IndexFacts): readonly KeyChange[] =>
  predicateChanges(facts.predicate).map(({ predicate, ...told }) => ({
    ...told,
    effect: 'changed',
    summary: predicate === null ? 'indexes all rows, not only some' : told.summary,
    facts: { ...facts, predicate },
  }))

const mutantsOf = (structure: Structure<IndexFacts>, catalog: Catalog): readonly Mutant[] => {
  const { facts } = structure
  const changes = [
    ...columnsRemoved(facts),
    ...columnsExchanged(facts),
    ...directionsFlipped(facts),
    ...methodsExchanged(facts, tableOf(structure, catalog)),
    ...predicatesChanged(facts),
    ...includeRemoved(facts),
    ...classesDefaulted(facts),
  ]
  return [
    removal(structure, catalog, 'index', 'the index is gone'),
    ...changes.map((change) => toMutant(structure, catalog, 'index', change)),
    ...partitionLacks(structure, catalog, 'index'),
  ]
}

const declaration = ({ keys, method, predicate, include }: IndexFacts): string => {
  const options = [
    ...(method === 'btree' ? [] : [`using: ${JSON.stringify(method)}`]),
    ...(include.length === 0 ? [] : [`include: ${JSON.stringify(include)}`]),
    ...(predicate === null ? [] : [`where: ${JSON.stringify(predicate)}`]),
  ]
  const parts = keys.map((part) => JSON.stringify(partText(part)))
  return `t.indexed(${[...parts, ...(options.length > 0 ? [`{ ${options.join(', ')} }`] : [])].join(', ')})`
}

export const indexKind: StructureKind<IndexFacts> = {
  kind: 'index',
  isMadeAnew: true,
  read: async (db, tables) => {
    const keys = await readKeys(db, tables, `not i.indisunique and k.oid is null`)
    return keys.map(({ table, facts, definition, uses }) => ({
      id: structureId(table.id, 'index', ...facts.keys.map(partText)),
      kind: 'index',
      table: table.id,
      name: facts.name,
      definition,
      dependsOn: usedIds(uses),
      facts,
    }))
  },
  create: (structure, catalog) => {
    const table = tableOf(structure, catalog)
    return [createKey(table, 'index', structure.facts), ...keyExtras(table, structure.facts)]
  },
  drop: (structure, catalog) => replaceKey(structure, catalog, 'index', null).ddl,
  mutants: mutantsOf,
  servesPlans: true,
  declaredBy: ({ facts }) => declaration(facts),
}

export const indexesOf = (catalog: Catalog, table: string): readonly Structure<IndexFacts>[] =>
  catalog.of(table, 'index') as readonly Structure<IndexFacts>[]
