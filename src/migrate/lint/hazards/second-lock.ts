/** A transaction that holds a strong lock of one table asks for one of another. */
import { isTable } from '../database-state.ts'
import { lockWords, nameOf, stopsWrites } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import type { LockTable } from '../read-locks.ts'
import { isExisting } from '../trace.ts'

export const secondLock: Hazard = {
  code: 'lint.second-lock',
  severity: 'warning',
  title: 'A second table is locked while the first lock is held',
  measures:
    'a statement takes a lock for which writes wait while an earlier one holds such a lock of another table',
  why: 'an application that uses the two tables in the other order ends in a deadlock, and while the second lock is waited for the first keeps everybody out',
  find: perStatement((trace, statement) => {
    const strong = (locks: LockTable): readonly number[] =>
      [...locks].flatMap(([oid, mode]) => {
        const relation = statement.before.relations.get(oid)
        return relation && isTable(relation) && isExisting(trace, oid) && stopsWrites(mode) ? [oid] : []
      })
    const held = strong(statement.heldBefore)
    const [second] = strong(statement.taken).filter((oid) => !held.includes(oid))
    const [first] = held
    if (first === undefined || second === undefined) return []
    return [
      {
        relation: nameOf(statement, second),
        summary: `${nameOf(statement, second)} is locked (${lockWords(statement.taken.get(second) ?? null)}) while ${nameOf(statement, first)} is`,
        fix: 'Put each table into a migration of its own, or into a transaction of its own.',
      },
    ]
  }),
}
