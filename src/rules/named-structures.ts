/** Which foreign key or key of a table a refusal names, and its columns. */
import { excludesOf } from '../catalog/excludes.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import type { ReferencesFacts } from '../catalog/foreign-key.ts'
import { referencesOf } from '../catalog/references.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { uniquesOf } from '../catalog/unique.ts'
import type { PgFault } from '../postgres/fault.ts'
import { columnsIn } from './expression-columns.ts'

/** The foreign key of the table that a 23503 names. */
export const foreignKeyNamed = (
  catalog: Catalog,
  fault: PgFault,
  table: Table,
): ReferencesFacts | undefined =>
  referencesOf(catalog, table.id).find((s) => s.facts.name === fault.constraint)?.facts

/** Columns of the key or exclusion that a 23505 or 23P01 names, the last one first: the first ones often say whose row it is. */
export const keyColumnsNamed = async (
  catalog: Catalog,
  fault: PgFault,
  table: Table,
): Promise<readonly string[]> => {
  const keys = [...uniquesOf(catalog, table.id), ...primaryKeysOf(catalog, table.id)]
  const named = [
    ...keys.map((s) => ({ name: s.name, parts: s.facts.keys.map((k) => k.expression) })),
    ...excludesOf(catalog, table.id).map((s) => ({
      name: s.name,
      parts: s.facts.elements.map((e) => e.expression),
    })),
  ]
  const found = named.find((k) => k.name === fault.constraint)
  const columns = await Promise.all((found?.parts ?? []).map((part) => columnsIn(table, part)))
  return [...new Set(columns.flat())].toReversed()
}
