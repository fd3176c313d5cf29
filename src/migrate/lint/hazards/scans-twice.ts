/** Several ALTER TABLEs of one transaction look at the same rows. */
import { nameOf, scansOf } from '../evidence.ts'
import type { Hazard, HazardFinding } from '../hazard.ts'
import { statementKind } from '../statement-facts.ts'
import type { StatementTrace } from '../trace.ts'

export const scansTwice: Hazard = {
  code: 'lint.scans-twice',
  severity: 'note',
  title: 'A table is looked at again and again',
  measures: 'several ALTER TABLEs of one transaction scan the same table',
  why: 'one ALTER TABLE with several parts looks at the rows once for all of them',
  find: (trace) => {
    const seen = new Map<string, StatementTrace>()
    return trace.statements.flatMap((statement): readonly HazardFinding[] => {
      if (statement.transaction === null || statementKind(statement.text) !== 'AlterTableStmt') return []
      return scansOf(trace, statement).flatMap(({ oid }) => {
        const key = `${statement.transaction} ${oid}`
        const first = seen.get(key)
        if (first === undefined) seen.set(key, statement)
        return first === undefined
          ? []
          : [
              {
                statement,
                relation: nameOf(statement, oid),
                summary: `${nameOf(statement, oid)} is looked at by statement ${first.number + 1} and again by statement ${statement.number + 1}`,
                fix: 'Write both as parts of one ALTER TABLE.',
              },
            ]
      })
    })
  },
}
