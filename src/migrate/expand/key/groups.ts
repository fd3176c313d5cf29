/** Which columns change their type together: a key, what points to it, and what shares an index or a constraint with these. */
import type { ReferencesFacts } from '../../../catalog/foreign-key.ts'
import type { KeyFacts } from '../../../catalog/key/key.ts'
import type { CheckFacts } from '../../../catalog/check.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import { structureId } from '../../../ground/names.ts'

export interface ColumnPlace {
  /** Relation id. */
  readonly table: string
  readonly column: string
}

const nameOf = ({ table, column }: ColumnPlace): string => JSON.stringify([table, column])

const ofKind = (catalog: Catalog, kind: string): readonly Structure[] =>
  [...catalog.structures.values()].filter((one) => one.kind === kind)

const referencesIn = (catalog: Catalog): readonly (readonly [string, ReferencesFacts])[] =>
  ofKind(catalog, 'references').map(({ table, facts }) => [table ?? '', facts as ReferencesFacts])

/** They read columns, and are said again by their own text in the moment in which a key changes; what cannot be is refused there. */
const readers: ReadonlySet<string> = new Set(['view', 'materializedView', 'generated'])

const readColumns = (catalog: Catalog): ReadonlySet<string> => {
  const read = new Set(
    [...catalog.structures.values()].flatMap(({ kind, dependsOn }) => (readers.has(kind) ? dependsOn : [])),
  )
  return new Set(
    [...catalog.tables.values()].flatMap(({ id, columns }) =>
      columns.flatMap(({ name }) =>
        read.has(structureId(id, 'column', name)) ? [nameOf({ table: id, column: name })] : [],
      ),
    ),
  )
}

/** A CHECK that a rule asks for by its name stands on either side of the switch. */
const checkedColumns = (catalog: Catalog, isAsked: (id: string) => boolean): ReadonlySet<string> =>
  new Set(
    ofKind(catalog, 'check').flatMap(({ id, table, facts }) =>
      isAsked(id)
        ? (facts as CheckFacts).columns.map((column) => nameOf({ table: table ?? '', column }))
        : [],
    ),
  )

/** Columns of primary keys, those that foreign keys point to, and those that number themselves. */
const keyColumns = (catalog: Catalog): ReadonlySet<string> =>
  new Set([
    ...ofKind(catalog, 'primaryKey').flatMap(({ table, facts }) =>
      (facts as { readonly columns: readonly string[] }).columns.map((column) =>
        nameOf({ table: table ?? '', column }),
      ),
    ),
    ...ofKind(catalog, 'identity').map(({ table, name }) => nameOf({ table: table ?? '', column: name })),
    ...referencesIn(catalog).flatMap(([, { target, targetColumns }]) =>
      targetColumns.map((column) => nameOf({ table: target, column })),
    ),
  ])

/** Columns of one table that stand in one index or constraint. */
const shared = (catalog: Catalog): readonly (readonly ColumnPlace[])[] =>
  [...catalog.structures.values()].flatMap(({ kind, table, facts }) => {
    if (table === null) return []
    const columns =
      kind === 'primaryKey' || kind === 'unique' || kind === 'index'
        ? [...(facts as KeyFacts).keys.flatMap(({ column }) => column ?? []), ...(facts as KeyFacts).include]
        : kind === 'check'
          ? (facts as CheckFacts).columns
          : kind === 'references'
            ? (facts as ReferencesFacts).columns
            : []
    return [columns.map((column) => ({ table, column }))]
  })

/** Each column that changes with the key at its head: pointed to first, then what points to it. */
export interface KeyGroup {
  readonly places: readonly ColumnPlace[]
  /** Those that have to follow, and are declared with the type that they have. */
  readonly left: readonly (ColumnPlace & { readonly follows: ColumnPlace })[]
  readonly types: ReadonlyMap<string, string>
}

interface WantedTypes {
  /** As PostgreSQL prints it; null: the column is not declared. */
  readonly of: (place: ColumnPlace) => string | null
  /** Whether nobody has made that type yet. */
  readonly isNew: (place: ColumnPlace) => boolean
  /** Whether a rule asks for a structure that stands. */
  readonly isAsked: (id: string) => boolean
}

const standingType = (catalog: Catalog, { table, column }: ColumnPlace): string | null =>
  catalog.tables.get(table)?.columns.find(({ name }) => name === column)?.type ?? null

const merged = (groups: readonly (readonly ColumnPlace[])[], ties: readonly (readonly ColumnPlace[])[]) => {
  const group = new Map<string, number>(
    groups.flatMap((places, i) => places.map((p) => [nameOf(p), i] as const)),
  )
  const into = groups.map((_, i) => i)
  const root = (i: number): number => (into[i] === i || into[i] === undefined ? i : root(into[i]))
  for (const tie of ties) {
    const found = tie.flatMap((place) => group.get(nameOf(place)) ?? [])
    for (const one of found.slice(1)) into[root(one)] = root(found[0] ?? one)
  }
  return groups
    .map((_, i) => groups.flatMap((places, k) => (root(k) === i ? places : [])))
    .filter((places) => places.length > 0)
}

/**
 * Groups of columns whose key is declared with another type than it has. Whoever points to a column has to have its type;
 * one that nobody declares follows.
 */
export const keyGroups = (catalog: Catalog, wanted: WantedTypes): readonly KeyGroup[] => {
  const keys = keyColumns(catalog)
  const read = readColumns(catalog)
  const checked = checkedColumns(catalog, wanted.isAsked)
  const references = referencesIn(catalog)
  const types = new Map<string, string>()
  const left: KeyGroup['left'][number][] = []
  const seen = new Set<string>()
  const groups: ColumnPlace[][] = []
  const changes = (place: ColumnPlace): string | null => {
    const [is, will] = [standingType(catalog, place), wanted.of(place)]
    return is === null || will === null || is === will ? null : will
  }
  const follow = (place: ColumnPlace, type: string, from: ColumnPlace | null, into: ColumnPlace[]): void => {
    const name = nameOf(place)
    if (seen.has(name)) return
    const [is, will] = [standingType(catalog, place), wanted.of(place)]
    // It has that type already.
    if (is === type && (will === null || will === is)) return
    if (from !== null && will !== null && will === is) left.push({ ...place, follows: from })
    seen.add(name)
    types.set(name, will ?? type)
    into.push(place)
    for (const [table, { columns, target, targetColumns }] of references)
      for (const [i, column] of columns.entries()) {
        const [child, parent] = [
          { table, column },
          { table: target, column: targetColumns[i] ?? '' },
        ]
        if (nameOf(parent) === name) follow(child, types.get(name) ?? type, place, into)
        // What it points to changes with it, where it is declared so.
        if (nameOf(child) === name && changes(parent) !== null) follow(parent, type, place, into)
      }
  }
  const heads = [...catalog.tables.values()].flatMap(({ id, columns }) =>
    columns.map(({ name }) => ({ table: id, column: name })),
  )
  // Those that point nowhere first: the others follow them.
  const pointing = new Set(
    references.flatMap(([table, { columns }]) => columns.map((column) => nameOf({ table, column }))),
  )
  for (const place of heads.toSorted(
    (a, b) => Number(pointing.has(nameOf(a))) - Number(pointing.has(nameOf(b))),
  )) {
    const type = changes(place)
    if (type === null || seen.has(nameOf(place))) continue
    const isRead = (read.has(nameOf(place)) || checked.has(nameOf(place))) && !wanted.isNew(place)
    if (!keys.has(nameOf(place)) && !isRead) continue
    const into: ColumnPlace[] = []
    follow(place, type, null, into)
    groups.push(into)
  }
  return merged(groups, shared(catalog)).map((places) => ({
    places,
    left: left.filter((one) => places.some((place) => nameOf(place) === nameOf(one))),
    types,
  }))
}

export const typeIn = ({ types }: KeyGroup, place: ColumnPlace): string => types.get(nameOf(place)) ?? 'text'
