/** Directions of an index's columns that no query can tell apart: of a column with one value, every order is the same. */
import type { QueryRule } from '../../architecture/kinds/query.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Indistinct, RuleContext } from '../rule-kind.ts'
import { equalColumns } from './conditions.ts'
import { isolatingColumns } from './isolation.ts'

/** Needs `loadParser()`. */
export const flipsThatNobodySees = (
  rule: QueryRule,
  { architecture, catalog, claims }: Pick<RuleContext, 'architecture' | 'catalog' | 'claims'>,
): readonly Indistinct[] => {
  const fixed = new Set([
    ...rule.forms.flatMap(({ sql }) => equalColumns(sql)),
    ...(rule.asApplication
      ? architecture.tables.flatMap(({ id }) => isolatingColumns(id, architecture, catalog))
      : []),
  ])
  return claims.flatMap((id): Indistinct[] => {
    const structure = catalog.structures.get(id)!
    const leading = ((structure.facts as KeyFacts).keys ?? []).map(({ column }) => column)
    const end = leading.findIndex((column) => column === null || !fixed.has(column))
    const same = leading.slice(0, end < 0 ? leading.length : end)
    return kindOfStructure(structure)
      .mutants(structure, catalog)
      .filter(
        ({ operator, summary }) =>
          operator.endsWith('direction-flipped') &&
          same.some((column) => summary.startsWith(`${column} is ordered`)),
      )
      .map((mutant) => ({
        structure: id,
        mutant: mutant.id,
        why: 'the queries that it serves ask for one value of that column',
      }))
  })
}
