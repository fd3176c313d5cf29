/** An index is built while nobody can write. */
import { qualified } from '../../../postgres/quote.ts'
import type { RelationState } from '../database-state.ts'
import { builtIndexesOf, lockDuring, lockWords, nameOf, stopsWrites } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { statementKind } from '../statement-facts.ts'
import type { StatementTrace } from '../trace.ts'

/** As PostgreSQL prints it, built beside the application. */
const concurrently = (definition: string): string =>
  definition.replace(/^CREATE (UNIQUE )?INDEX /u, (head) => `${head}CONCURRENTLY `)

/** Indexes of partitioned tables that an index is a part of, the lowest first. */
const above = (statement: StatementTrace, index: RelationState): readonly RelationState[] => {
  const parent = statement.after.relations.get(index.parents[0] ?? 0)
  return parent === undefined ? [] : [parent, ...above(statement, parent)]
}

/** Top down: those that hold nothing, the built ones, and then each put into the one above it. */
const inParts = (statement: StatementTrace, built: readonly RelationState[]): readonly string[] => {
  const holders = [...new Set(built.flatMap((index) => above(statement, index).toReversed()))]
  const only = (definition: string): string => definition.replace(/ ON (?!ONLY )/u, ' ON ONLY ')
  const attach = (index: RelationState): readonly string[] => {
    const parent = statement.after.relations.get(index.parents[0] ?? 0)
    return parent === undefined
      ? []
      : [`ALTER INDEX ${qualified(parent)} ATTACH PARTITION ${qualified(index)};`]
  }
  return [
    ...holders.map((index) => `${only(index.index?.definition ?? '')};`),
    ...built.map((index) => `${concurrently(index.index?.definition ?? '')};`),
    ...[...built, ...holders.toReversed()].flatMap(attach),
  ]
}

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
    return [
      {
        relation: nameOf(statement, table),
        summary: `the index ${index.name} is built under ${lockWords(lockDuring(statement, table))} on ${nameOf(statement, table)}`,
        fix:
          index.parents.length > 0
            ? `Make the index of the parent alone, build one of each partition beside the application (in a file of its own), and attach them:
${inParts(
  statement,
  built.map((one) => one.index),
).join('\n')}`
            : `Build it beside the application, in a file of its own:
${concurrently(index.index?.definition ?? '')};`,
      },
    ]
  }),
}
