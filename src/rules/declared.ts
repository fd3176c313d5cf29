/** What the declaration says about a table beyond the rule at hand. */
import { placesOf, type Architecture, type DeclaredTable } from '../architecture/architecture.ts'
import type { GeneratedRule } from '../architecture/kinds/generated.ts'
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

/** Columns that may be null, by declaration. */
export const optionalColumns = (architecture: Architecture, table: string): readonly string[] =>
  rulesOf(architecture, table, 'optional').flatMap((r) => r.columns)

export const primaryKeyColumns = (architecture: Architecture, table: string): readonly string[] =>
  rulesOf<PrimaryKeyRule>(architecture, table, 'primaryKey')[0]?.columns ?? []

export const generatedRuleOf = (
  architecture: Architecture,
  table: string,
  column: string,
): GeneratedRule | undefined =>
  rulesOf<GeneratedRule>(architecture, table, 'generated').find((r) => r.column === column)

/** The type text of a column as declared. */
export const declaredType = (architecture: Architecture, table: string, column: string): string | undefined =>
  declaredTable(architecture, table)?.columns.find((c) => c.name === column)?.type
