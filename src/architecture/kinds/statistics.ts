/** Values of some columns go together, and PostgreSQL's planner knows it: CREATE STATISTICS. */
import { structureId } from '../../ground/names.ts'
import { lastOptions, oneOf, refuseEmpty } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

/** What PostgreSQL keeps of them: how many groups there are, which column tells another, the commonest values together. */
export type StatisticsWord = 'ndistinct' | 'dependencies' | 'mcv'

export const statisticsWords = ['ndistinct', 'dependencies', 'mcv'] as const

export interface StatisticsRule extends DeclaredRule {
  readonly kind: 'statistics'
  /** All of them: in PostgreSQL's order. */
  readonly keeps: readonly StatisticsWord[]
}

interface StatisticsOptions {
  /** All three when it is left out. */
  readonly keeps?: readonly StatisticsWord[]
}

export interface StatisticsMethod<K extends string> {
  /**
   * The values of these columns go together, and PostgreSQL expects as many rows as there are: its extended statistics
   * on them. Loaded rows are such that they do.
   *
   * @example
   * t.statistics('tenant_id', 'user_id')  // create statistics … on "tenant_id", "user_id" from …
   * t.statistics('tenant_id', 'user_id', { keeps: ['dependencies'] })
   * // create statistics … (dependencies) on "tenant_id", "user_id" from …
   */
  statistics(...columns: readonly (K | StatisticsOptions)[]): RuleSet
}

const isName = (given: string | StatisticsOptions): given is string => typeof given === 'string'
const most = 8

export const makeStatisticsRules = (
  place: RulePlace,
  ...given: readonly (string | StatisticsOptions)[]
): readonly StatisticsRule[] => {
  const { keeps }: StatisticsOptions = lastOptions(place, 'statistics', given, isName, ['keeps']) ?? {}
  const columns = given.filter(isName)
  for (const word of keeps ?? []) oneOf(place, "statistics's keeps", word, statisticsWords)
  if (keeps !== undefined) refuseEmpty(place, "statistics's keeps", keeps, 'kind')
  if (columns.length < 2 || columns.length > most || new Set(columns).size < columns.length)
    place.refuse(
      declarationFault(
        place,
        'statistics-columns',
        `${place.table}: statistics names ${columns.length === 0 ? 'no column' : columns.join(', ')}.`,
        `Name two to ${most} columns whose values go together, each once.`,
      ),
    )
  const words = statisticsWords.filter((word) => keeps === undefined || keeps.includes(word))
  const some = words.length === statisticsWords.length ? [] : [words.join(' ')]
  return [
    {
      kind: 'statistics',
      id: structureId(place.table, 'statistics', ...columns, ...some),
      table: place.table,
      columns,
      at: place.at,
      keeps: words,
    },
  ]
}
