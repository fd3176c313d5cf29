/** A role may do less than before. */
import { isTable } from '../database-state.ts'
import { keptRelationsOf, listed, nameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { isExisting } from '../trace.ts'

export const revokes: Hazard = {
  code: 'lint.revokes',
  severity: 'note',
  title: 'A role may do less than before',
  measures: 'the privileges of a relation that was there are fewer',
  why: 'an application that runs now as this role fails where it needs them',
  find: perStatement((trace, statement) => {
    const lost = keptRelationsOf(statement).filter(
      ({ before, after }) =>
        isExisting(trace, after.oid) &&
        (isTable(after) || 'vmS'.includes(after.kind)) &&
        before.grants.some((grant) => !after.grants.includes(grant)) &&
        after.grants.join('').length < before.grants.join('').length,
    )
    return lost[0] === undefined
      ? []
      : [
          {
            relation: nameOf(statement, lost[0].after.oid),
            summary: `privileges on ${listed(lost.map(({ after }) => nameOf(statement, after.oid)))} are taken away`,
            fix: 'Release an application that does without them first.',
          },
        ]
  }),
}
