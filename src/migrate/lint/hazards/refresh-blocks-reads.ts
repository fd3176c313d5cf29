/** REFRESH MATERIALIZED VIEW keeps readers out while the query runs. */
import { qualified } from '../../../postgres/quote.ts'
import { lockTaken, lockWords, nameOf, rewritesOf, stopsReads } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const refreshBlocksReads: Hazard = {
  code: 'lint.refresh-blocks-reads',
  severity: 'warning',
  title: 'A materialized view cannot be read while it is refreshed',
  measures: 'a materialized view has another file, and the statement took ACCESS EXCLUSIVE of it',
  why: 'whoever reads it waits as long as its query takes',
  find: perStatement((trace, statement) =>
    rewritesOf(trace, statement).flatMap((oid) => {
      const view = statement.after.relations.get(oid)
      if (view?.kind !== 'm' || !stopsReads(lockTaken(statement, oid))) return []
      const indexes = [...statement.after.relations.values()]
      const isUnique = indexes.some(
        (one) => one.table === oid && one.index !== null && one.index.unique && !one.index.partial,
      )
      return [
        {
          relation: nameOf(statement, oid),
          summary: `${nameOf(statement, oid)} is refreshed under ${lockWords(lockTaken(statement, oid))}`,
          fix: `Refresh it beside its readers${isUnique ? '' : ', which needs a unique index over all of its rows'}:
refresh materialized view concurrently ${qualified(view)};`,
        },
      ]
    }),
  ),
}
