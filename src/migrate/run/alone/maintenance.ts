/** VACUUM, CLUSTER, ALTER SYSTEM: a second time does no harm. */
import type { AloneKind } from './alone-kind.ts'

const again = new Set(['VacuumStmt', 'ClusterStmt', 'AlterSystemStmt'])

export const maintenance: AloneKind = {
  fits: (node) => again.has(node),
  prepare: () => Promise.resolve({}),
  settle: () => Promise.resolve({ is: 'again' }),
}
