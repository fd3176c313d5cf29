/**
 * Tables into which a row is put by PostgreSQL alone: nothing of the user's runs that could look at other tables, or write
 * to them.
 */
import { kindOfStructure } from '../catalog/kind-of.ts'
import { parentsOf } from '../catalog/parents.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { qualified } from '../postgres/quote.ts'

/** Quoted, each with its own quotes doubled. */
const name = '"(?:[^"]|"")+"'
export const quotedRelation = `(?<relation>${name}\\.${name})`

/** Whether it, or what it stands on, runs code of the user's. Rows are put by the prover, who passes every policy. */
export const runsOnInsert = (structure: Structure, catalog: Catalog, seen: Set<string>): boolean => {
  if (seen.has(structure.id)) return false
  seen.add(structure.id)
  const does = kindOfStructure(structure).onInsert?.(structure)
  if (does !== undefined) return does === 'runs'
  return structure.dependsOn.some((id) => {
    const used = catalog.structures.get(id)
    return used !== undefined && runsOnInsert(used, catalog, seen)
  })
}

/** A foreign key that is checked later leaves the tables of both its ends in use: PostgreSQL refuses DDL of them. */
const isDeferred = ({ definition }: Structure): boolean => /\bINITIALLY DEFERRED\b/u.test(definition)

/** Tables into which rows are laid by PostgreSQL alone, quoted. */
const plainTables = (catalog: Catalog): ReadonlySet<string> => {
  const tables = [...catalog.tables.values()]
  const parents = new Set(tables.flatMap(parentsOf))
  const isPlain = (table: Table): boolean => {
    if (table.kind !== 'table' || parentsOf(table).length > 0 || parents.has(table.id)) return false
    const own = catalog.of(table.id)
    const seen = new Set<string>()
    return !own.some((structure) => isDeferred(structure) || runsOnInsert(structure, catalog, seen))
  }
  return new Set(tables.filter(isPlain).map((table) => qualified(table)))
}

/** Null: of one of the statements it cannot be told. */
export const tablesOf = (
  statements: readonly string[],
  tableOf: (sql: string) => string | null,
): ReadonlySet<string> | null => {
  const tables = new Set<string>()
  for (const sql of statements) {
    const table = tableOf(sql)
    if (table === null) return null
    tables.add(table)
  }
  return tables
}

const insertForm = new RegExp(`^insert into ${quotedRelation} `, 'u')

/** Tables that the statements put rows into, where that is all they do and all of them are plain; else null. */
type PlainInserts = (statements: readonly string[]) => ReadonlySet<string> | null

const known = new WeakMap<Catalog, PlainInserts>()

export const plainInsertsOf = (catalog: Catalog): PlainInserts => {
  const ready = known.get(catalog)
  if (ready) return ready
  const plain = plainTables(catalog)
  const tables: PlainInserts = (statements) =>
    tablesOf(statements, (sql) => {
      const table = insertForm.exec(sql)?.groups?.['relation'] ?? null
      return table !== null && plain.has(table) ? table : null
    })
  known.set(catalog, tables)
  return tables
}
