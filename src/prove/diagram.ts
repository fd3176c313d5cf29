/** Tables, columns, keys and references of the migrated database, for whoever draws it. Partitions stand in their parent. */
import { primaryKeysOf } from '../catalog/primary-key.ts'
import { referencesOf } from '../catalog/references.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import type { RelationName } from '../ground/names.ts'

export interface DiagramColumn {
  readonly name: string
  /** With an empty search_path: `numeric(10,2)`, `public.order_status`. */
  readonly type: string
  readonly notNull: boolean
  readonly primaryKey: boolean
  /** Part of a foreign key. */
  readonly foreign: boolean
}

export interface DiagramReference {
  /** The constraint's name. */
  readonly name: string
  /** Id of the structure. */
  readonly structure: string
  readonly columns: readonly string[]
  /** Relation id of what it points to. */
  readonly table: string
  readonly targetColumns: readonly string[]
}

export interface DiagramTable extends RelationName {
  /** Relation id. */
  readonly id: string
  readonly columns: readonly DiagramColumn[]
  readonly references: readonly DiagramReference[]
}

const drawn = (table: Table, catalog: Catalog): DiagramTable => {
  const keys = new Set(primaryKeysOf(catalog, table.id).flatMap(({ facts }) => facts.columns))
  const references = referencesOf(catalog, table.id).map(({ id, name, facts }) => ({
    name,
    structure: id,
    columns: facts.columns,
    table: facts.target,
    targetColumns: facts.targetColumns,
  }))
  const foreign = new Set(references.flatMap(({ columns }) => columns))
  return {
    id: table.id,
    schema: table.schema,
    name: table.name,
    columns: table.columns.map(({ name, type, notNull }) => ({
      name,
      type,
      notNull,
      primaryKey: keys.has(name),
      foreign: foreign.has(name),
    })),
    references,
  }
}

/** In the catalog's order. */
export const diagramOf = (catalog: Catalog): readonly DiagramTable[] =>
  [...catalog.tables.values()].filter((table) => table.partitionOf === null).map((t) => drawn(t, catalog))
