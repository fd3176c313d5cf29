/**
 * Which worlds may stand before the DDL of a mutant: then one world serves many mutants. Nothing may tell the order: the
 * DDL is about other tables, and laying the world runs nothing of the user's that could look at those or write to them.
 */
import { kindOfStructure } from '../catalog/kind-of.ts'
import { parentsOf } from '../catalog/parents.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { qualified } from '../postgres/quote.ts'
import type { World } from '../rules/experiment.ts'
import type { Trial } from './runner.ts'

const name = '"(?:[^"]|"")+"'
const relation = `(?<relation>${name}\\.${name})`

/** Of one table alone; what is said otherwise may be about any. */
const ddlForms: readonly RegExp[] = [
  new RegExp(`^alter table (?:only )?${relation} `, 'u'),
  new RegExp(`^(?:create|alter|drop) policy ${name} on ${relation}(?:$| )`, 'u'),
  new RegExp(`^comment on table ${relation} `, 'u'),
  new RegExp(`^comment on column ${relation}\\.${name} `, 'u'),
]

const insertForm = new RegExp(`^insert into ${relation} `, 'u')

/** What other tables lose with it. */
const takesAlong = (sql: string): boolean =>
  /\bcascade\b/iu.test(sql.replaceAll(/\bon (?:update|delete) cascade\b/giu, ''))

/** Quoted, or null. */
const tableOfDdl = (sql: string): string | null => {
  if (takesAlong(sql)) return null
  for (const form of ddlForms) {
    const found = form.exec(sql)?.groups?.['relation']
    if (found !== undefined) return found
  }
  return null
}

/** Null: of one of the statements it cannot be told. */
const tablesOf = (
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

/** Laid by the prover, who passes every policy. */
const runsOnInsert = (structure: Structure, catalog: Catalog, seen: Set<string>): boolean => {
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

/** The world of all its experiments, where that may be laid before its DDL; null where it may not. */
export type LaidFirst = (trial: Trial) => World | null

export const openLaidFirst = (catalog: Catalog): LaidFirst => {
  const plain = plainTables(catalog)
  /** By their statements: tables of the world, where all of them are plain. */
  const known = new WeakMap<readonly string[], ReadonlySet<string> | null>()
  const tablesOfWorld = (statements: readonly string[]): ReadonlySet<string> | null => {
    const ready = known.get(statements)
    if (ready !== undefined) return ready
    const tables = tablesOf(statements, (sql) => {
      const table = insertForm.exec(sql)?.groups?.['relation'] ?? null
      return table !== null && plain.has(table) ? table : null
    })
    known.set(statements, tables)
    return tables
  }
  return ({ ddl, experiments }) => {
    const world = experiments[0]?.world
    if (!world || world.statements.length === 0 || ddl.length === 0) return null
    if (!experiments.every((e) => e.world.statements === world.statements)) return null
    const laid = tablesOfWorld(world.statements)
    const altered = laid && tablesOf(ddl, tableOfDdl)
    return laid && altered && ![...altered].some((table) => laid.has(table)) ? world : null
  }
}
