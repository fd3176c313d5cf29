/** An architecture that takes declared queries and writes: they come after it, because they are typed by its tables. */
import type { Architecture } from './architecture.ts'
import type { TypedArchitecture } from './database-types.ts'
import { declaredAt } from './declared-at.ts'
import type { CallStatement } from './call-statement.ts'
import { declareQuery, type QueryOptions } from './query.ts'
import type { DeclaredRule } from './rule.ts'
import { declareWrite, type WriteOptions } from './write.ts'

export const withQueries = <Database>(bare: Architecture): TypedArchitecture<Database> => {
  const queries: DeclaredRule[] = []
  const architecture = { ...bare }
  const add = (rule: DeclaredRule): void => {
    // Whoever never declares one has an architecture of plain values alone.
    if (queries.length === 0)
      Object.defineProperty(architecture, 'queries', { value: queries, enumerable: true })
    queries.push(rule)
  }
  const query = (
    sentence: string,
    reads: readonly string[],
    statement: CallStatement,
    options: QueryOptions<string, unknown> = {},
  ): unknown =>
    declareQuery(architecture, { sentence, reads, statement, options, at: declaredAt(query) }, add)
  const write = (
    sentence: string,
    reads: readonly string[],
    statement: CallStatement,
    options: WriteOptions<unknown> = {},
  ): unknown =>
    declareWrite(architecture, { sentence, reads, statement, options, at: declaredAt(write) }, add)
  Object.defineProperty(architecture, 'query', { value: query })
  Object.defineProperty(architecture, 'write', { value: write })
  return architecture as TypedArchitecture<Database>
}
