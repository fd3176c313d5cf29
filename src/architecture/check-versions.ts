/** What can be wrong between versioned tables and their histories when tables are put together. */
import type { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import type { DeclaredTable } from './architecture.ts'
import { periodColumn, type VersionedRule } from './kinds/versioned.ts'
import { declarationFault } from './rule-set.ts'
import type { DeclaredRule } from './rule.ts'

const isVersioned = (rule: DeclaredRule): rule is VersionedRule => rule.kind === 'versioned'

const historyFaults = (rule: VersionedRule, tables: readonly DeclaredTable[]): readonly AssayError[] => {
  const history = tables.find((table) => table.id === rule.history)
  if (history === undefined) {
    const ids = tables.map((table) => table.id)
    return [
      declarationFault(
        rule,
        'missing-history',
        `${rule.id} keeps its versions in "${rule.history}", which is not among the tables.${didYouMean(rule.history, ids)}`,
        `Add historyOf(…) of ${rule.table} to the architecture.`,
      ),
    ]
  }
  const table = tables.find(({ id }) => id === rule.table)
  const wanted = new Map([
    ...(table?.columns ?? []).map(({ name, type }) => [name, type] as const),
    [periodColumn, 'tstzrange'] as const,
  ])
  const found = new Map(history.columns.map(({ name, type }) => [name, type]))
  const wrong = [...wanted].filter(([name, type]) => found.get(name) !== type).map(([name]) => name)
  return wrong.length === 0
    ? []
    : [
        declarationFault(
          rule,
          'other-history',
          `${rule.history} is not the history of ${rule.table}: it lacks, or has as another type: ${wrong.join(', ')}.`,
          `Declare it with historyOf(…) of ${rule.table}.`,
        ),
      ]
}

/** Two tables that share one history would overlap in it. */
const sharedHistories = (rules: readonly VersionedRule[]): readonly AssayError[] =>
  rules.flatMap((rule, i) => {
    const first = rules.findIndex((other) => other.history === rule.history)
    return first === i
      ? []
      : [
          declarationFault(
            rule,
            'shared-history',
            `${rule.id} and ${rules[first]?.id ?? ''} keep their versions in one table, "${rule.history}".`,
            'Name a history for each.',
          ),
        ]
  })

export const versionFaults = (tables: readonly DeclaredTable[]): readonly AssayError[] => {
  const rules = tables.flatMap((table) => table.rules.filter(isVersioned))
  return [...rules.flatMap((rule) => historyFaults(rule, tables)), ...sharedHistories(rules)]
}
