/** Tables that were there before the migration and that TRUNCATE emptied. */
import { isTable } from './database-state.ts'
import { keptRelationsOf } from './evidence.ts'
import { statementKind } from './statement-facts.ts'
import { isExisting, type MigrationTrace, type StatementTrace } from './trace.ts'

export const emptiedTables = (trace: MigrationTrace, statement: StatementTrace): readonly number[] =>
  statementKind(statement.text) !== 'TruncateStmt'
    ? []
    : keptRelationsOf(statement).flatMap(({ before, after }) =>
        isTable(after) && before.filenode !== after.filenode && isExisting(trace, after.oid)
          ? [after.oid]
          : [],
      )
