/** TRUNCATE empties a table. */
import { listed, nameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { emptiedTables } from '../emptied.ts'

export const truncates: Hazard = {
  code: 'lint.truncates',
  severity: 'warning',
  title: 'TRUNCATE empties a table',
  measures: 'TRUNCATE gave a table that was there another, empty file',
  why: 'its rows are lost, and reads and writes wait until the transaction ends',
  find: perStatement((trace, statement) => {
    const tables = emptiedTables(trace, statement)
    return tables[0] === undefined
      ? []
      : [
          {
            relation: nameOf(statement, tables[0]),
            summary: `${listed(tables.map((oid) => nameOf(statement, oid)))} ${tables.length === 1 ? 'is' : 'are'} emptied`,
            fix: 'Delete what is not needed in batches, or allow this finding when the rows are meant to go.',
          },
        ]
  }),
}
