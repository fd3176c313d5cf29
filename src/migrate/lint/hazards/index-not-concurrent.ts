/** An index is built while nobody can write. */
import { builtIndexesOf, lockDuring, lockWords, nameOf, sqlNameOf, stopsWrites } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { statementKind } from '../statement-facts.ts'

/** As PostgreSQL prints it, built beside the application. */
const concurrently = (definition: string): string =>
  definition.replace(/^CREATE (UNIQUE )?INDEX /u, (head) => `${head}CONCURRENTLY `)

export const indexNotConcurrent: Hazard = {
  code: 'lint.index-not-concurrent',
  severity: 'error',
  title: 'An index is built while nobody can write',
  measures: 'CREATE INDEX made an index of a table that was there, under a lock for which writes wait',
  why: 'the build reads and sorts all rows, and no row of the table can be written until it is done',
  find: perStatement((trace, statement) => {
    if (statementKind(statement.text) !== 'IndexStmt') return []
    const built = builtIndexesOf(trace, statement).filter(
      ({ table, again }) => !again && stopsWrites(lockDuring(statement, table)),
    )
    const [first] = built
    if (!first) return []
    const { table, index } = first
    const root = trace.before.relations.get(table)?.parents[0]
    const isPartition = root !== undefined && trace.before.relations.get(root)?.kind === 'p'
    return [
      {
        relation: nameOf(statement, table),
        summary: `the index ${index.name} is built under ${lockWords(lockDuring(statement, table))} on ${nameOf(statement, table)}`,
        fix: isPartition
          ? `Make the index of the parent alone, build one of each partition beside the application, and attach them:
${(statement.after.relations.get(index.parents[0] ?? 0)?.index?.definition ?? `CREATE INDEX … ON ${sqlNameOf(statement, root)}`).replace(' ON ', ' ON ONLY ').replace(' ON ONLY ONLY ', ' ON ONLY ')};
${built.map((one) => `${concurrently(one.index.index?.definition ?? '')};`).join('\n')}
${built.map((one) => `ALTER INDEX … ATTACH PARTITION ${sqlNameOf(statement, one.index.oid)};`).join('\n')}`
          : `Build it beside the application, in a file of its own:
${concurrently(index.index?.definition ?? '')};`,
      },
    ]
  }),
}
