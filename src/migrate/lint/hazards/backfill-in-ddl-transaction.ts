/** Rows are written in the transaction that changes tables. */
import { isTable } from '../database-state.ts'
import { listed, lockWords, nameOf, stopsWrites, writtenRows } from '../evidence.ts'
import { inBatches } from '../in-batches.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { isExisting } from '../trace.ts'

export const backfillInDdlTransaction: Hazard = {
  code: 'lint.backfill-in-ddl-transaction',
  severity: 'error',
  title: 'Rows are filled in the transaction that changes tables',
  measures:
    'rows of a table that was there are updated or deleted while a lock of DDL is held of any such table',
  why: 'the lock of the change lasts as long as the slowest of its rows, and all of them are rolled back together',
  find: perStatement((trace, statement) => {
    const written = [...statement.activity].flatMap(([oid, { updated, deleted }]) =>
      updated + deleted > 0 && isExisting(trace, oid) ? [oid] : [],
    )
    const locked = [...statement.heldBefore].find(([oid, mode]) => {
      const relation = statement.before.relations.get(oid)
      return relation !== undefined && isTable(relation) && isExisting(trace, oid) && stopsWrites(mode)
    })
    const [first] = written
    if (first === undefined || locked === undefined) return []
    return [
      {
        relation: nameOf(statement, first),
        summary: `${writtenRows(statement, first)} rows of ${listed(written.map((oid) => nameOf(statement, oid)))} are written while ${nameOf(statement, locked[0])} is locked (${lockWords(locked[1])})`,
        fix: inBatches(statement.text),
      },
    ]
  }),
}
