/** REINDEX: done again from its beginning. CONCURRENTLY leaves half-built copies (_ccnew, _ccold), which are dropped. */
import type { AloneKind } from './alone-kind.ts'
import { dropInvalid, readIndexes } from './indexes.ts'

/** TOAST indexes cannot be dropped by hand: PostgreSQL's own next REINDEX takes those away. */
const copies = `not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' and n.nspname not like 'pg\\_%'`

export const reindex: AloneKind = {
  isPatient: true,
  fits: (node) => node === 'ReindexStmt',
  async prepare(db) {
    const standing = await readIndexes(db, copies)
    return { standing: standing.map(({ schema, name }) => `${schema}.${name}`) }
  },
  async settle(db, _content, note) {
    const standing = Array.isArray(note['standing']) ? note['standing'] : []
    const left = await readIndexes(db, copies)
    await dropInvalid(
      db,
      left.filter(({ schema, name }) => !standing.includes(`${schema}.${name}`)),
    )
    return { is: 'again' }
  },
}
