/** Which foreign key or key of a table a refusal names, and its columns. */
import type { KeyFacts } from '../catalog/key.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import type { PgFault } from '../postgres/fault.ts'

export interface ReferencesFacts {
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
}
export interface ExcludesFacts {
  readonly elements: readonly {
    readonly column: string | null
    readonly expression: string
    readonly operator: string
  }[]
  readonly predicate: string | null
  readonly method: string
}
export const referencesOf = (catalog: Catalog, table: string): readonly Structure<ReferencesFacts>[] =>
  catalog.of(table, 'references') as readonly Structure<ReferencesFacts>[]
export const uniquesOf = (catalog: Catalog, table: string): readonly Structure<KeyFacts>[] =>
  catalog.of(table, 'unique') as readonly Structure<KeyFacts>[]
export const primaryKeysOf = (catalog: Catalog, table: string): readonly Structure<KeyFacts>[] =>
  catalog.of(table, 'primaryKey') as readonly Structure<KeyFacts>[]
export const excludesOf = (catalog: Catalog, table: string): readonly Structure<ExcludesFacts>[] =>
  catalog.of(table, 'excludes') as readonly Structure<ExcludesFacts>[]

/** The foreign key of the table that a 23503 names. */
export const foreignKeyNamed = (
  catalog: Catalog,
  fault: PgFault,
  table: Table,
): ReferencesFacts | undefined =>
  referencesOf(catalog, table.id).find((s) => s.facts.name === fault.constraint)?.facts

/** Columns of the key or exclusion that a 23505 or 23P01 names, the last one first: the first ones often say whose row it is. */
export const keyColumnsNamed = (catalog: Catalog, fault: PgFault, table: Table): readonly string[] => {
  const keys = [...uniquesOf(catalog, table.id), ...primaryKeysOf(catalog, table.id)]
  const key = keys.find((s) => s.facts.name === fault.constraint)
  if (key) return key.facts.keys.flatMap((k) => k.column ?? []).toReversed()
  const exclusion = excludesOf(catalog, table.id).find((s) => s.name === fault.constraint)
  return (exclusion?.facts.elements ?? []).flatMap((e) => e.column ?? []).toReversed()
}
