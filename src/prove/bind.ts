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
import { normalize } from './normal.ts'
import type { RefusedSql } from './refused-sql.ts'

export interface BoundRule {
  readonly rule: DeclaredRule
  readonly sentence: string
  readonly design: readonly string[]
  /** null when the database lacks its table or a column of it: `missing` says what. */
  readonly table: Table | null
  readonly missing: string | null
  /** Columns that the database lacks: those of the rule, or one that its SQL names. */
  readonly absent: readonly string[]
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

const has = (table: Table | DeclaredTable, name: string): boolean =>
  table.columns.some((column) => column.name === name)

const missingPart = (
  id: string,
  table: Table | undefined,
  absent: readonly string[],
  isTable: boolean,
): string | null => {
  if (!table) return `${isTable ? 'table' : 'view'} ${id} does not exist`
  if (absent.length === 0) return null
  return `${isTable ? 'table' : 'view'} ${id} has no column ${absent.join(', ')}`
}

/** `column "slug" does not exist`; in PostgreSQL's own quotes; with a table before it (`column o.slug …`) without them. */
const unknownColumn = /^column (?:"(?<name>[^]+)"|(?<path>[^"]+)) does not exist$/u

/** The column that refused SQL asks for, where it is declared and no migration has made it yet; null: a slip. */
const awaitedColumn = (
  { rule, fault }: RefusedSql,
  declared: ReadonlyMap<string, DeclaredTable>,
  catalog: Catalog,
): string | null => {
  const groups = fault.sqlstate === '42703' ? unknownColumn.exec(fault.message)?.groups : undefined
  const name = groups?.['name'] ?? (rule.reads === undefined ? undefined : groups?.['path'])
  if (name === undefined) return null
  // PostgreSQL puts the name that a statement gives the table before it.
  const bare = rule.reads === undefined ? name : name.slice(name.lastIndexOf('.') + 1)
  const isAwaited = (id: string): boolean => {
    const [wanted, standing] = [declared.get(id), placeOf(catalog, id)]
    return wanted !== undefined && standing !== undefined && has(wanted, bare) && !has(standing, bare)
  }
  return (rule.reads ?? [rule.table]).some(isAwaited) ? bare : null
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
  for (const rule of rules) await kindOf(rule).prepare?.(rule)
  const declared = new Map(architecture.tables.map((table) => [table.id, table]))
  const placed = rules.map((rule) => {
    const unmade = (rule.reads ?? []).find((id) => placeOf(catalog, id) === undefined)
    const table = placeOf(catalog, unmade ?? rule.table)
    const absent = table === undefined ? [] : rule.columns.filter((name) => !has(table, name))
    return { rule, table, absent }
  })
  const present = placed.filter(({ table, absent }) => table !== undefined && absent.length === 0)
  const { claimsOf, refused } = await normalize(
    db,
    catalog,
    present.map((p) => p.rule),
    (rule, normal) =>
      kindOf(rule).claims(rule, { catalog, architecture, table: placeOf(catalog, rule.table)!, normal }),
  )
  const awaited = new Map<DeclaredRule, string[]>()
  for (const one of refused) {
    const column = awaitedColumn(one, declared, catalog)
    if (column !== null) awaited.set(one.rule, [...(awaited.get(one.rule) ?? []), column])
  }
  const bound = placed.map(({ rule, table, absent: own }): BoundRule => {
    const absent = [...own, ...(awaited.get(rule) ?? [])]
    const place =
      table?.id ?? (rule.reads ?? []).find((id) => placeOf(catalog, id) === undefined) ?? rule.table
    const missing = missingPart(place, table, absent, declared.has(place))
    return {
      rule,
      sentence: kindOf(rule).sentence(rule),
      design: kindOf(rule).design(rule, architecture, catalog.major),
      table: table ?? null,
      missing,
      absent,
      claims: missing === null ? (claimsOf.get(rule) ?? []).filter((id) => catalog.structures.has(id)) : [],
    }
  })
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
  return { rules: bound, claimedBy, refused: refused.filter(({ rule }) => !awaited.has(rule)) }
}
