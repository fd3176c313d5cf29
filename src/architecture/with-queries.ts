/** An architecture that takes declared queries: they come after it, because they are typed by its tables. */
import type { Architecture } from './architecture.ts'
import type { TypedArchitecture } from './database-types.ts'
import { declaredAt } from './declared-at.ts'
import { declareQuery, type QueryBuild, type QueryOptions } from './query.ts'
import type { PlainQuery } from './plain-query.ts'
import type { DeclaredRule } from './rule.ts'

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
    statement: QueryBuild<unknown, unknown, unknown> | PlainQuery,
    options: QueryOptions<string, unknown> = {},
  ): unknown =>
    declareQuery(architecture, { sentence, reads, statement, options, at: declaredAt(query) }, add)
  Object.defineProperty(architecture, 'query', { value: query })
  return architecture as TypedArchitecture<Database>
}
