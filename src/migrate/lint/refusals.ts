/** What PostgreSQL refused when the migration ran on a database that has rows: shared by the hazards that tell of it. */
import type { HazardFinding } from './hazard.ts'
import type { MigrationTrace, StatementTrace } from './trace.ts'

/** `find` answers what is told of a refused statement; null: another hazard's. */
export const refusals =
  (find: (statement: StatementTrace) => string | null, fix: string) =>
  (trace: MigrationTrace): readonly HazardFinding[] =>
    trace.statements.flatMap((statement) => {
      const summary = statement.fault === null ? null : find(statement)
      return summary === null ? [] : [{ statement, relation: null, summary, fix }]
    })

/** SQLSTATEs that have a hazard of their own. */
export const ownStates = {
  /** active_sql_transaction. */
  insideTransaction: '25001',
  /** unsafe_new_enum_value_usage. */
  newLabel: '55P04',
} as const

/** Integrity constraints (23) and values that do not fit (22): other rows might have been taken. */
const isAboutValues = (sqlstate: string): boolean => /^2[23]/u.test(sqlstate)

/** Whether other rows could pass: a column that is new has no value in any row, whatever the rows. */
export const dependsOnRows = ({ fault, before }: StatementTrace): boolean => {
  if (fault === null || !isAboutValues(fault.sqlstate)) return false
  const table = [...before.relations.values()].find(
    ({ schema, name }) => schema === fault.schema && name === fault.table,
  )
  return fault.column === null || table?.columns.some(({ name }) => name === fault.column) === true
}
