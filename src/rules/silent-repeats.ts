/**
 * What a declaration says by silence: a column that no key keeps apart may be the same in two rows. Said aloud only
 * where mutants add keys, since without such mutants nothing could break it.
 */
import type { Architecture, DeclaredTable } from '../architecture/architecture.ts'
import type { RepeatsRule } from '../architecture/kinds/repeats.ts'
import type { DeclaredRule } from '../architecture/rule.ts'
import { structureId } from '../ground/names.ts'

/** Rules that keep rows apart by their columns. */
const keeping: ReadonlySet<string> = new Set(['primaryKey', 'unique', 'excludes'])

/** Kept apart by a rule over it alone, or told already. */
const isSaid = (rule: DeclaredRule, column: string): boolean =>
  (rule.kind === 'repeats' && rule.columns.includes(column)) ||
  (keeping.has(rule.kind) && rule.columns.length === 1 && rule.columns[0] === column)

const withRepeats = (table: DeclaredTable): DeclaredTable => {
  const columns = table.columns
    .map(({ name }) => name)
    .filter((column) => !table.rules.some((rule) => isSaid(rule, column)))
  if (columns.length === 0) return table
  const rule: RepeatsRule = {
    kind: 'repeats',
    id: structureId(table.id, 'repeats', ...columns),
    table: table.id,
    columns,
    at: table.at,
  }
  return { ...table, rules: [...table.rules, rule] }
}

export const withSilentRepeats = (architecture: Architecture): Architecture => ({
  ...architecture,
  tables: architecture.tables.map(withRepeats),
})
