/** The printers of a table's rules, in the order in which a reader meets the rules. To add one, add a file and a line. */
import { printChecks } from './kinds/check.ts'
import { printDefaults } from './kinds/defaults.ts'
import { printExcludes } from './kinds/excludes.ts'
import { printGenerated } from './kinds/generated.ts'
import { printIdentity } from './kinds/identity.ts'
import { printIndexes } from './kinds/indexed.ts'
import { printObserved } from './kinds/observed.ts'
import { printPartitionedBy } from './kinds/partitioned-by.ts'
import { printPolicies } from './kinds/policies.ts'
import { printPrimaryKey } from './kinds/primary-key.ts'
import { printReferences } from './kinds/references.ts'
import { printRequired } from './kinds/required.ts'
import { printSays } from './kinds/says.ts'
import { printUniques } from './kinds/unique.ts'
import { printVisibleTo } from './kinds/visible-to.ts'
import type { PrintKind } from './print-kind.ts'

export const printKinds: readonly PrintKind[] = [
  printIdentity,
  printPrimaryKey,
  printPartitionedBy,
  printRequired,
  printDefaults,
  printGenerated,
  printUniques,
  printChecks,
  printReferences,
  printExcludes,
  printIndexes,
  printPolicies,
  printVisibleTo,
  printSays,
  printObserved,
]
