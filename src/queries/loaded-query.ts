/** A declared query with its experiments, and rows to run them on. */
import type { QueryRule } from '../architecture/kinds/query.ts'
import type { TestedRule } from '../prove/write-tests.ts'

export interface LoadedQuery extends TestedRule {
  readonly rule: QueryRule
}
