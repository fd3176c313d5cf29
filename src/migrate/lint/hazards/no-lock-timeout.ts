/** A statement that asks for a lock and would wait for it without end, with everybody behind it. */
import { isTable, tableOfRelation } from '../database-state.ts'
import { lockWords, nameOf, stopsWrites } from '../evidence.ts'
import type { Hazard, HazardFinding } from '../hazard.ts'
import { isExisting } from '../trace.ts'

export const noLockTimeout: Hazard = {
  code: 'lint.no-lock-timeout',
  severity: 'warning',
  title: 'A strong lock is asked for without a lock_timeout',
  measures: 'lock_timeout is 0 where a lock is taken for which writes wait; the first such statement is told',
  why: 'behind one long transaction the statement waits, and everybody who comes later waits behind it',
  find: (trace) => {
    const found = trace.statements.flatMap((statement): readonly HazardFinding[] => {
      // What waits between its phases is meant to wait, and lets writes go on.
      if (statement.lockTimeout !== '0' || statement.fault !== null || statement.transaction === null)
        return []
      for (const [oid, mode] of statement.taken) {
        const table = tableOfRelation(statement.before, oid)
        const relation = statement.before.relations.get(table)
        if (!relation || !isTable(relation) || !isExisting(trace, table) || !stopsWrites(mode)) continue
        return [
          {
            statement,
            relation: nameOf(statement, table),
            summary: `${nameOf(statement, table)} is locked (${lockWords(mode)}) without a lock_timeout`,
            fix: "`assay migrate up` sets one by itself. For any other runner say at the head of the file how long it may wait, and run it again when it gave up:\nset lock_timeout = '2s';",
          },
        ]
      }
      return []
    })
    return found.slice(0, 1)
  },
}
