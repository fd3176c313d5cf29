/** A table or a view that people use is taken away. */
import type { RelationState } from '../database-state.ts'
import { droppedRelationsOf, nameOf, listed } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import type { MigrationTrace, StatementTrace } from '../trace.ts'

/** A view has no rows to lose: made again in its transaction, nobody sees that it was gone. */
const standsAgain = (
  { statements }: MigrationTrace,
  { transaction }: StatementTrace,
  { kind, schema, name }: RelationState,
): boolean => {
  if (kind !== 'v' || transaction === null) return false
  const end = statements.findLast((one) => one.transaction === transaction)?.after.relations.values() ?? []
  return [...end].some((one) => one.kind === 'v' && one.schema === schema && one.name === name)
}

export const dropsTable: Hazard = {
  code: 'lint.drops-table',
  severity: 'warning',
  title: 'A table or a view is dropped',
  measures:
    'a table, view or materialized view that was there is gone, and no view of that name is made again in the same transaction',
  why: 'the rows of a table are lost with it, and an application that runs now and names it fails',
  find: perStatement((trace, statement) => {
    const dropped = droppedRelationsOf(trace, statement).filter(
      (one) => 'rpvmf'.includes(one.kind) && !standsAgain(trace, statement, one),
    )
    const [first] = dropped
    return first === undefined
      ? []
      : [
          {
            relation: nameOf(statement, first.oid),
            summary: `${listed(dropped.map(({ oid }) => nameOf(statement, oid)))} ${dropped.length === 1 ? 'is' : 'are'} dropped`,
            fix: 'Release an application that does not name it first, and allow this finding when that is done.',
          },
        ]
  }),
}
