/** The migration leaves an invalid index behind. */
import { ident } from '../../../postgres/quote.ts'
import { builtIndexesOf, nameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const leavesInvalidIndex: Hazard = {
  code: 'lint.leaves-invalid-index',
  severity: 'error',
  title: 'An invalid index is left behind',
  measures: 'an index that the migration built is not valid at its end',
  why: 'every write pays for it, and no query may use it',
  find: perStatement((trace, statement) => {
    if (statement !== trace.statements.at(-1)) return []
    const built = trace.statements.flatMap((one) => builtIndexesOf(trace, one))
    return built.flatMap(({ index, table }) => {
      const now = trace.after.relations.get(index.oid)
      return now?.index?.valid === false && now.kind === 'i'
        ? [
            {
              relation: nameOf(statement, table),
              summary: `the index ${index.name} is invalid`,
              fix: `Drop it and build it again:
drop index concurrently ${ident(now.schema)}.${ident(now.name)};`,
            },
          ]
        : []
    })
  }),
}
