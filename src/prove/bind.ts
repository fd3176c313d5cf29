/**
 * Declared rules meet the database: missing tables and columns are found, and each rule is given the structures
 * that it claims. What nothing claims is unproven.
 */
import { placesOf, type Architecture, type DeclaredTable } from '../architecture/architecture.ts'
import type { DeclaredRule } from '../architecture/rule.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import { placeOf } from '../catalog/place.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import type { Session } from '../postgres/session.ts'
import { kindOf } from '../rules/kinds.ts'
import { normalize, type RefusedSql } from './normal.ts'

export interface BoundRule {
  readonly rule: DeclaredRule
  readonly sentence: string
  readonly design: readonly string[]
  /** null when the database lacks its table or a column of it: `missing` says what. */
  readonly table: Table | null
  readonly missing: string | null
  /** Structure ids. */
  readonly claims: readonly string[]
}

export interface Binding {
  readonly rules: readonly BoundRule[]
  /** Structure id → the rules that claim it. */
  readonly claimedBy: ReadonlyMap<string, readonly string[]>
  /** Declared SQL that PostgreSQL refuses. */
  readonly refused: readonly RefusedSql[]
}

const missingPart = (rule: DeclaredRule, table: Table | undefined, isTable: boolean): string | null => {
  if (!table) return `${isTable ? 'table' : 'view'} ${rule.table} does not exist`
  const absent = rule.columns.filter((c) => !table.columns.some((column) => column.name === c))
  if (absent.length === 0) return null
  return `${isTable ? 'table' : 'view'} ${rule.table} has no column ${absent.join(', ')}`
}

/** Structures that exist only for the sake of a claimed one are claimed with it: a trigger's function, a default's sequence. */
export const withWhatTheyNeed = (catalog: Catalog, claims: readonly string[]): readonly string[] => {
  const all = new Set(claims)
  for (const id of all) {
    for (const needed of catalog.structures.get(id)?.dependsOn ?? []) {
      const structure = catalog.structures.get(needed)
      if (structure?.table === null) all.add(needed)
    }
  }
  return [...all]
}

const tableStructures = (table: DeclaredTable, catalog: Catalog): readonly string[] =>
  catalog.of(table.id, 'table').map((s) => s.id)

/** Binds every rule; `db` is a session on a clone, inside no transaction. */
export const bind = async (architecture: Architecture, catalog: Catalog, db: Session): Promise<Binding> => {
  const rules = placesOf(architecture).flatMap((place) => place.rules)
  const declaredTables = new Set(architecture.tables.map((table) => table.id))
  const placed = rules.map((rule) => {
    const table = placeOf(catalog, rule.table)
    return { rule, table: table ?? null, missing: missingPart(rule, table, declaredTables.has(rule.table)) }
  })
  const present = placed.filter((p) => p.missing === null)
  const { claimsOf, refused } = await normalize(
    db,
    catalog,
    present.map((p) => p.rule),
    (rule, normal) =>
      kindOf(rule).claims(rule, { catalog, architecture, table: placeOf(catalog, rule.table)!, normal }),
  )
  const bound = placed.map(({ rule, table, missing }): BoundRule => ({
    rule,
    sentence: kindOf(rule).sentence(rule),
    design: kindOf(rule).design(rule, architecture, catalog.major),
    table,
    missing,
    claims: missing === null ? (claimsOf.get(rule) ?? []).filter((id) => catalog.structures.has(id)) : [],
  }))
  const claimedBy = new Map<string, string[]>()
  const claim = (id: string, by: string): void => {
    const claimants = claimedBy.get(id) ?? []
    if (!claimants.includes(by)) claimedBy.set(id, [...claimants, by])
  }
  for (const table of architecture.tables) {
    for (const id of tableStructures(table, catalog)) claim(id, table.id)
  }
  for (const object of architecture.objects ?? []) {
    // What can be broken has to be proven by a rule of its own.
    const structure = catalog.structures.get(object.structure)
    if (structure && kindOfStructure(structure).notMutated !== undefined) claim(structure.id, structure.id)
  }
  for (const { rule, claims } of bound) {
    for (const id of withWhatTheyNeed(catalog, claims)) claim(id, rule.id)
  }
  return { rules: bound, claimedBy, refused }
}
