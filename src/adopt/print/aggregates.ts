/**
 * Which tables a reader looks at together: a table with those whose rows are parts of its rows. A part is named after
 * its whole (`order_items`), or has the whole's key in its own, or goes with it and cannot be without it.
 */
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'

/** The whole first, then its parts, each behind what it is a part of. */
export type Aggregate = readonly [Table, ...Table[]]

const mostTables = 6
/** A table with more parts than this by their keys alone is a hub, such as the tenants: its parts stand for themselves. */
const mostUnnamedParts = 4

const singulars = (name: string): readonly string[] => [
  name,
  name.replace(/ies$/u, 'y'),
  name.replace(/(?:es|s)$/u, ''),
  name.replace(/s$/u, ''),
]

const isNamedAfter = (part: string, whole: string): boolean => {
  const [small, large] = [part.toLowerCase(), whole.toLowerCase()]
  return singulars(large).some(
    (stem) =>
      stem.length > 2 && small.startsWith(stem) && /^(?:_|s_|es_|[A-Z])/u.test(part.slice(stem.length)),
  )
}

interface Bond {
  readonly whole: Table
  readonly strength: 1 | 2 | 3
}

const strengthOf = (
  key: ReferencesFacts,
  part: Table,
  whole: Table,
  catalog: Catalog,
): Bond['strength'] | null => {
  if (isNamedAfter(part.name, whole.name)) return 3
  const own = primaryKeysOf(catalog, part.id)[0]?.facts.columns ?? []
  if (key.columns.every((column) => own.includes(column))) return 2
  const isRequired = key.columns.every((name) => part.columns.find((c) => c.name === name)?.notNull === true)
  return isRequired && key.onDelete === 'cascade' ? 1 : null
}

/** The strongest bond of a table, the first of several; tables of other schemas stand for themselves. */
const bondOf = (part: Table, tables: ReadonlyMap<string, Table>, catalog: Catalog): Bond | null => {
  const parent = tables.get(part.partitionOf ?? '')
  if (parent?.schema === part.schema) return { whole: parent, strength: 3 }
  // A partition names its whole's constant: away from it, it stands in a file of its own.
  if (parent?.kind === 'partitioned') return null
  const bonds = referencesOf(catalog, part.id).flatMap(({ facts }): readonly Bond[] => {
    const whole = tables.get(facts.target)
    if (!whole || whole === part || whole.schema !== part.schema) return []
    const strength = strengthOf(facts, part, whole, catalog)
    return strength === null ? [] : [{ whole, strength }]
  })
  // Between two wholes of one name the longer name is nearer: order_item_notes are of order_items.
  return (
    bonds.toSorted((a, b) => b.strength - a.strength || b.whole.name.length - a.whole.name.length)[0] ?? null
  )
}

const compare = (a: Table, b: Table): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** In order of the wholes' ids. */
export const aggregatesOf = (tables: readonly Table[], catalog: Catalog): readonly Aggregate[] => {
  const byId = new Map(tables.map((table) => [table.id, table]))
  const bonds = new Map(tables.map((table) => [table, bondOf(table, byId, catalog)]))
  const unnamed = new Map<Table, number>()
  for (const bond of bonds.values())
    if (bond && bond.strength < 3) unnamed.set(bond.whole, (unnamed.get(bond.whole) ?? 0) + 1)
  const wholeOf = (table: Table): Table | null => {
    const bond = bonds.get(table) ?? null
    if (bond === null) return null
    return bond.strength < 3 && (unnamed.get(bond.whole) ?? 0) > mostUnnamedParts ? null : bond.whole
  }
  const partsOf = new Map<Table, Table[]>()
  for (const table of tables.toSorted(compare)) {
    const whole = wholeOf(table)
    if (whole !== null) partsOf.set(whole, [...(partsOf.get(whole) ?? []), table])
  }
  const placed = new Set<Table>()
  const gather = (table: Table): readonly Table[] => {
    if (placed.has(table)) return []
    placed.add(table)
    return [table, ...(partsOf.get(table) ?? []).flatMap(gather)]
  }
  const groups: Aggregate[] = []
  const add = (root: Table): void => {
    const [first, ...rest] = gather(root)
    if (first === undefined) return
    groups.push([first, ...rest.slice(0, mostTables - 1)])
    // What is too much for one file goes on by itself.
    const more = rest.slice(mostTables - 1)
    for (let i = 0; i < more.length; i += mostTables) {
      const [head, ...tail] = more.slice(i, i + mostTables)
      if (head) groups.push([head, ...tail])
    }
  }
  const inOrder = tables.toSorted(compare)
  for (const table of inOrder) if (wholeOf(table) === null) add(table)
  // Parts of one another in a circle.
  for (const table of inOrder) add(table)
  return groups.toSorted((a, b) => compare(a[0], b[0]))
}
