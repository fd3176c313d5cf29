/** Which foreign key or key of a table a refusal names, and its columns. */
import { excludesOf } from '../catalog/excludes.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import type { ReferencesFacts } from '../catalog/foreign-key.ts'
import { referencesOf } from '../catalog/references.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { uniquesOf } from '../catalog/unique.ts'
import type { PgFault } from '../postgres/fault.ts'

/** The foreign key of the table that a 23503 names. */
export const foreignKeyNamed = (
  catalog: Catalog,
  fault: PgFault,
  table: Table,
): ReferencesFacts | undefined =>
  referencesOf(catalog, table.id).find((s) => s.facts.name === fault.constraint)?.facts

/** Columns of the key or exclusion that a 23505 or 23P01 names, the last one first: the first ones often say whose row it is. */
export const keyColumnsNamed = (catalog: Catalog, fault: PgFault, table: Table): readonly string[] => {
  const parts = [
    ...uniquesOf(catalog, table.id).map((s) => ({
      name: s.name,
      columns: s.facts.keys.map((k) => k.column),
    })),
    ...primaryKeysOf(catalog, table.id).map((s) => ({
      name: s.name,
      columns: s.facts.keys.map((k) => k.column),
    })),
    ...excludesOf(catalog, table.id).map((s) => ({
      name: s.name,
      columns: s.facts.elements.map((e) => e.column),
    })),
  ]
  const found = parts.find((p) => p.name === fault.constraint)
  return (found?.columns ?? []).flatMap((c) => c ?? []).toReversed()
}
