/** REINDEX keeps writers out, and readers who would use the index. */
import { builtIndexesOf, lockDuring, lockWords, nameOf, stopsWrites } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { statementKind } from '../statement-facts.ts'

export const reindexUnderLock: Hazard = {
  code: 'lint.reindex-under-lock',
  severity: 'error',
  title: 'REINDEX keeps everybody out',
  measures: 'an index has another file, and its table is locked so that writes wait',
  why: 'the build reads and sorts all rows, and queries that would use the index wait too',
  find: perStatement((trace, statement) => {
    if (statementKind(statement.text) !== 'ReindexStmt') return []
    const [first] = builtIndexesOf(trace, statement).filter(({ table }) =>
      stopsWrites(lockDuring(statement, table)),
    )
    return first === undefined
      ? []
      : [
          {
            relation: nameOf(statement, first.table),
            summary: `${first.index.name} is built again under ${lockWords(lockDuring(statement, first.table))} on ${nameOf(statement, first.table)}`,
            fix: `Build it again beside the application, in a file of its own:
${statement.text.replace(/^(reindex\s+(?:\([^)]*\)\s*)?(?:index|table|schema|database)\s+)/iu, '$1concurrently ')};`,
          },
        ]
  }),
}
