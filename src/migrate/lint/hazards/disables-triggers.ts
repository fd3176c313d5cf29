/** Triggers are switched off for everybody. */
import { keptRelationsOf, nameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { isExisting } from '../trace.ts'

export const disablesTriggers: Hazard = {
  code: 'lint.disables-triggers',
  severity: 'error',
  title: 'Triggers are switched off for everybody',
  measures: 'a trigger of a table that was there is disabled at the end of the migration',
  why: 'what they keep true (foreign keys too, with ALL) is not kept for anybody until they are on again',
  find: perStatement((trace, statement) =>
    keptRelationsOf(statement).flatMap(({ before, after }) => {
      const wasOn = new Set(before.triggers.filter((t) => !t.disabled).map(({ name }) => name))
      const off = after.triggers.filter((t) => t.disabled && wasOn.has(t.name))
      if (off.length === 0 || !isExisting(trace, after.oid)) return []
      return [
        {
          relation: nameOf(statement, after.oid),
          summary: `${off.length === 1 ? `the trigger ${off[0]!.name}` : `${off.length} triggers`} of ${nameOf(statement, after.oid)} ${off.length === 1 ? 'is' : 'are'} switched off`,
          fix: 'Leave them on, and have the trigger itself let this session through; or set session_replication_role for the session alone.',
        },
      ]
    }),
  ),
}
