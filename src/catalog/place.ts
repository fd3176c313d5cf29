/** Where a rule may stand: a table, a view, or the database itself, each read like a table. */
import { databaseObjects, relationId } from '../ground/names.ts'
import { plainColumn } from './plain-column.ts'
import type { Catalog, Structure } from './structure.ts'
import type { Table } from './table.ts'
import { relationObjectId } from './uses.ts'
import type { ViewFacts } from './view/structure.ts'

export const viewStructures = ['view', 'materializedView'] as const

/** The view or materialized view of this name. */
export const viewOf = (
  catalog: Catalog,
  name: { readonly schema: string; readonly name: string },
): Structure<ViewFacts> | undefined =>
  viewStructures
    .map((kind) => catalog.structures.get(relationObjectId(kind, name)))
    .find((s) => s !== undefined) as Structure<ViewFacts> | undefined

const asTable = ({ facts }: Structure<ViewFacts>): Table => ({
  schema: facts.schema,
  name: facts.name,
  id: relationId(facts),
  oid: facts.oid,
  owner: facts.owner,
  kind: facts.materialized ? 'materialized view' : 'view',
  partitionOf: null,
  columns: facts.columns.map(({ name, type }, i) => plainColumn(name, type, { position: i + 1 })),
  rowSecurity: false,
  forceRowSecurity: false,
  comment: facts.comment,
})

const database: Table = {
  schema: '',
  name: databaseObjects,
  id: databaseObjects,
  oid: 0,
  owner: '',
  kind: 'database',
  partitionOf: null,
  columns: [],
  rowSecurity: false,
  forceRowSecurity: false,
  comment: null,
}

const known = new WeakMap<Catalog, ReadonlyMap<string, Table>>()

const viewsIn = (catalog: Catalog): ReadonlyMap<string, Table> => {
  const found =
    known.get(catalog) ??
    new Map(
      [...catalog.structures.values()]
        .filter(({ kind }) => kind === 'view' || kind === 'materializedView')
        .map((structure) => [
          relationId(structure.facts as ViewFacts),
          asTable(structure as Structure<ViewFacts>),
        ]),
    )
  known.set(catalog, found)
  return found
}

/** By relation id, or `databaseObjects`. */
export const placeOf = (catalog: Catalog, id: string): Table | undefined =>
  id === databaseObjects ? database : (catalog.tables.get(id) ?? viewsIn(catalog).get(id))
