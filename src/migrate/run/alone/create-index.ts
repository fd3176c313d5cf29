/** CREATE INDEX CONCURRENTLY: interrupted, it leaves an index that is not valid, which is dropped and built again. */
import type { ParseNode } from '../../../postgres/parse.ts'
import { literal } from '../../../postgres/quote.ts'
import type { AloneKind, RangeVar } from './alone-kind.ts'
import { dropInvalid, readIndexes, regclass } from './indexes.ts'

const tableOf = (content: ParseNode): RangeVar => content['relation'] as RangeVar
const nameOf = (content: ParseNode): string | null =>
  typeof content['idxname'] === 'string' ? content['idxname'] : null

/** An index stands in its table's schema. */
const named = (content: ParseNode, name: string): string =>
  `c.relname = ${literal(name)} and c.relnamespace = (select t.relnamespace from pg_catalog.pg_class t where t.oid = ${regclass(tableOf(content))})`

const ofTable = (content: ParseNode): string => `i.indrelid = ${regclass(tableOf(content))}`

export const createIndex: AloneKind = {
  isPatient: true,
  fits: (node, content) => node === 'IndexStmt' && content['concurrent'] === true,
  async prepare(db, content) {
    const name = nameOf(content)
    // With IF NOT EXISTS a leftover would be taken for the index itself; without, it would be in the way.
    if (name !== null) await dropInvalid(db, await readIndexes(db, named(content, name)))
    const standing = await readIndexes(db, ofTable(content))
    return { standing: standing.map((index) => index.name) }
  },
  async settle(db, content, note) {
    const name = nameOf(content)
    const standing = Array.isArray(note['standing']) ? note['standing'] : []
    const found =
      name === null
        ? (await readIndexes(db, ofTable(content))).filter((index) => !standing.includes(index.name))
        : await readIndexes(db, named(content, name))
    await dropInvalid(db, found)
    const valid = found.filter((index) => index.valid)
    if (valid.length === 0) return { is: 'again' }
    if (name !== null || valid.length === 1) return { is: 'done' }
    return {
      is: 'unknown',
      look: `which of the indexes ${valid.map((index) => index.name).join(', ')} it made, if any: it gives its index no name`,
    }
  },
}
