/** A second try without rows, where rows that may be there or not have made a migration fail: what it locks is to be known all the same. */
import { qualified } from '../../postgres/quote.ts'
import { isTable } from './database-state.ts'
import { dependsOnRows } from './refusals.ts'
import { runMigration, type Lab, type LintScript } from './run-migration.ts'
import type { MigrationTrace } from './trace.ts'

/** The lab has no rows afterwards. Null: nothing depends on rows, or the first try cannot be taken back. */
export const runWithoutRows = async (
  lab: Lab,
  script: LintScript,
  refused: MigrationTrace,
): Promise<MigrationTrace | null> => {
  const last = refused.statements.at(-1)
  const isTakenBack = refused.statements.every(({ transaction }) => transaction === 0)
  if (last === undefined || !dependsOnRows(last) || !isTakenBack) return null
  const tables = [...refused.before.relations.values()].filter((one) => isTable(one) && !one.temporary)
  const [reply] = await lab.runner.batch([`truncate table ${tables.map(qualified).join(', ')} cascade`])
  if (reply!.fault !== null) return null
  const trace = await runMigration(lab, script, new Map())
  return trace.statements.at(-1)?.fault === null ? trace : null
}
