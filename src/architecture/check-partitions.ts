/** A declared partition needs its whole beside it in the architecture: what holds of its columns is asked there. */
import type { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import type { DeclaredTable } from './architecture.ts'
import type { PartitionOfRule } from './kinds/partition-of.ts'
import { declarationFault } from './rule-set.ts'
import type { DeclaredRule } from './rule.ts'

const isPartitionOf = (rule: DeclaredRule): rule is PartitionOfRule => rule.kind === 'partitionOf'

export const partitionFaults = (tables: readonly DeclaredTable[]): readonly AssayError[] => {
  const ids = tables.map((table) => table.id)
  return tables.flatMap((table) =>
    table.rules
      .filter(isPartitionOf)
      .filter((rule) => !ids.includes(rule.whole))
      .map((rule) =>
        declarationFault(
          rule,
          'missing-table',
          `${table.id} is declared as a partition of "${rule.whole}", which is not among the tables.${didYouMean(
            rule.whole,
            ids.filter((id) => id !== table.id),
          )}`,
          'Add that table to the architecture, too.',
        ),
      ),
  )
}
