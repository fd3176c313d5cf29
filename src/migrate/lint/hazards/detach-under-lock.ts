/** DETACH PARTITION locks the whole partitioned table. */
import { keptRelationsOf, lockDuring, lockWords, nameOf, stopsReads } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const detachUnderLock: Hazard = {
  code: 'lint.detach-under-lock',
  severity: 'warning',
  title: 'DETACH PARTITION keeps everybody from all partitions',
  measures: 'a table is no partition any more, and its parent is locked so that reads wait',
  why: 'it waits for every transaction that uses any partition, and everybody who comes later waits behind it',
  find: perStatement((trace, statement) =>
    keptRelationsOf(statement).flatMap(({ before, after }) => {
      const parent = before.parents.find((oid) => !after.parents.includes(oid))
      if (parent === undefined || after.kind !== 'r' || trace.before.relations.get(parent)?.kind !== 'p')
        return []
      if (!stopsReads(lockDuring(statement, parent))) return []
      return [
        {
          relation: nameOf(statement, parent),
          summary: `${nameOf(statement, after.oid)} is detached under ${lockWords(lockDuring(statement, parent))} on ${nameOf(statement, parent)}`,
          fix: `Detach it beside the application, in a file of its own:
${statement.text} concurrently;`,
        },
      ]
    }),
  ),
}
