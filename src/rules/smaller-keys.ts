/** Keys that speak before an exclusion does: what conflicts in all of its elements is equal in theirs, and refused there. */
import type { ExcludesRule } from '../architecture/kinds/excludes.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import { uniquesOf } from '../catalog/unique.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { RuleContext } from './rule-kind.ts'

/** Equal by nothing but these columns: two rows that conflict always agree in them. */
const equalColumns = (rule: ExcludesRule): readonly string[] =>
  rule.elements.flatMap(({ column, operator }) => (column !== null && operator === '=' ? [column] : []))

/**
 * Takes these keys away, so that the exclusion is heard. They are proven by rules of their own. A mutant of the
 * database may lack them already.
 */
export const smallerKeysAside = (
  rule: ExcludesRule,
  { catalog, table, claims }: Pick<RuleContext, 'catalog' | 'table' | 'claims'>,
): readonly string[] => {
  const equal = equalColumns(rule)
  return [...primaryKeysOf(catalog, table.id), ...uniquesOf(catalog, table.id)]
    .filter(
      ({ id, facts }) =>
        !claims.includes(id) &&
        !facts.withoutOverlaps &&
        facts.predicate === null &&
        facts.keys.every(({ column }) => column !== null && equal.includes(column)),
    )
    .map(({ facts }) =>
      facts.isConstraint
        ? `alter table ${qualified(table)} drop constraint if exists ${ident(facts.name)} cascade`
        : `drop index if exists ${qualified({ schema: table.schema, name: facts.name })} cascade`,
    )
}
