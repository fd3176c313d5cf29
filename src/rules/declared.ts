/** What the declaration says about a table beyond the rule at hand. */
import { placesOf, type Architecture, type DeclaredTable } from '../architecture/architecture.ts'
import type { GeneratedRule } from '../architecture/kinds/generated.ts'
import type { PartitionOfRule } from '../architecture/kinds/partition-of.ts'
import type { PrimaryKeyRule } from '../architecture/kinds/primary-key.ts'
import type { DeclaredRule } from '../architecture/rule.ts'

const declaredTable = (architecture: Architecture, table: string): DeclaredTable | undefined =>
  architecture.tables.find((t) => t.id === table)

/** Rules of one kind on a table or view, typed by the caller who knows the kind. */
export const rulesOf = <R extends DeclaredRule>(
  architecture: Architecture,
  table: string,
  kind: R['kind'],
): readonly R[] =>
  (placesOf(architecture).find((place) => place.id === table)?.rules ?? []).filter(
    (r): r is R => r.kind === kind,
  )

/** The table whose columns it has: of a declared partition the whole. */
const wholeOf = (architecture: Architecture, table: string): string | null =>
  rulesOf<PartitionOfRule>(architecture, table, 'partitionOf')[0]?.whole ?? null

/** Columns that may be null, by declaration. */
export const optionalColumns = (architecture: Architecture, table: string): readonly string[] => {
  const whole = wholeOf(architecture, table)
  const own = rulesOf(architecture, table, 'optional').flatMap((r) => r.columns)
  if (whole === null) return own
  const required = new Set(rulesOf(architecture, table, 'required').flatMap((r) => r.columns))
  return optionalColumns(architecture, whole).filter((column) => !required.has(column))
}

export const primaryKeyColumns = (architecture: Architecture, table: string): readonly string[] => {
  const own = rulesOf<PrimaryKeyRule>(architecture, table, 'primaryKey')[0]?.columns
  const whole = own === undefined ? wholeOf(architecture, table) : null
  return own ?? (whole === null ? [] : primaryKeyColumns(architecture, whole))
}

export const generatedRuleOf = (
  architecture: Architecture,
  table: string,
  column: string,
): GeneratedRule | undefined => {
  const own = rulesOf<GeneratedRule>(architecture, table, 'generated').find((r) => r.column === column)
  const whole = own === undefined ? wholeOf(architecture, table) : null
  return whole === null ? own : generatedRuleOf(architecture, whole, column)
}

/** The type text of a column as declared. */
export const declaredType = (architecture: Architecture, table: string, column: string): string | undefined =>
  declaredTable(architecture, table)?.columns.find((c) => c.name === column)?.type
