/** One statement writes every row of a table. */
import { nameOf } from '../evidence.ts'
import { inBatches } from '../in-batches.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { isExisting } from '../trace.ts'

/** Of the rows that were there; below, it picks some. */
const share = 0.5
/** Fewer say nothing about a share. */
const fewest = 10

export const unbatchedBackfill: Hazard = {
  code: 'lint.unbatched-backfill',
  severity: 'error',
  title: 'One statement writes the rows of a whole table',
  measures: 'one statement updates or deletes at least half of the rows that stood in a table',
  why: 'every row that it has written stays locked until the last one is, and the dead ones cannot be cleaned away meanwhile',
  find: perStatement((trace, statement) =>
    [...statement.activity].flatMap(([oid, { updated, deleted }]) => {
      const there = trace.rows.get(oid) ?? 0
      const written = updated + deleted
      return !isExisting(trace, oid) || there < fewest || written < there * share
        ? []
        : [
            {
              relation: nameOf(statement, oid),
              summary: `${written} of ${there} rows of ${nameOf(statement, oid)} are written by one statement`,
              fix: inBatches(statement.text),
            },
          ]
    }),
  ),
}
