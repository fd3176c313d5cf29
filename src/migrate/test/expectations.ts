/**
 * What a data migration expects of rows: `before.sql` and `after.sql` beside its `up.sql`, queries that find the rows
 * that should not be there. Every query is asked; one that finds a row has failed.
 */
import { placeInFile } from '../../ground/source-place.ts'
import { readScript } from '../../postgres/script.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import { expectationFile, type Moment } from '../files/expectation-files.ts'
import type { Migration } from '../files/migration.ts'
import { readSqlFile } from '../files/migration-files.ts'
import { expectationFailed } from './test-findings.ts'

/** In a transaction that is rolled back: a query that writes leaves nothing behind. */
export const checkExpectations = async (
  db: Session,
  migration: Migration,
  moment: Moment,
): Promise<readonly Finding[]> => {
  const file = expectationFile(migration.up.file, moment)
  if (file === null) return []
  const { text } = readSqlFile(file)
  const findings: Finding[] = []
  for (const step of readScript(text)) {
    if (step.kind !== 'statement') continue
    const [, reply] = await db.batch(['begin', step.text, 'rollback'])
    const { file: shown, line } = placeInFile(file, text, step.start)
    const rows = reply!.commands.at(-1)?.rows.length ?? 0
    const { fault } = reply!
    if (fault !== null)
      findings.push(
        expectationFailed(
          migration,
          { file: shown, line },
          `a query of ${moment}.sql is refused: ${fault.message} (SQLSTATE ${fault.sqlstate})`,
        ),
      )
    else if (rows > 0)
      findings.push(
        expectationFailed(
          migration,
          { file: shown, line },
          `${rows} ${rows === 1 ? 'row is' : 'rows are'} not as ${moment}.sql expects`,
        ),
      )
  }
  return findings
}
