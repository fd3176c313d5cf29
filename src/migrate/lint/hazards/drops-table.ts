/** A table or a view that people use is taken away. */
import { droppedRelationsOf, nameOf, listed } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const dropsTable: Hazard = {
  code: 'lint.drops-table',
  severity: 'warning',
  title: 'A table or a view is dropped',
  measures: 'a table, view or materialized view that was there is gone',
  why: 'its rows are lost, and an application that runs now and names it fails',
  find: perStatement((trace, statement) => {
    const dropped = droppedRelationsOf(trace, statement).filter(({ kind }) => 'rpvmf'.includes(kind))
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
