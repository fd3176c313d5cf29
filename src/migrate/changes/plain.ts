/** Kinds that are made and dropped as the catalog's own kinds do it, and have only a place in the order. */
import type { ChangeKind } from './change.ts'
import { blocksWrites, rewrites } from './note.ts'
import { tablesOf } from './type.ts'

/** Operators, collations, text search: what other things are made of. */
export const plainGround: ChangeKind = { isGround: true }

/** Exclusion constraints: PostgreSQL builds their index under its lock. */
export const excludesChange: ChangeKind = {
  mayOverlap: true,
  notes: ({ id, does }) =>
    does === 'remove'
      ? []
      : [
          blocksWrites(
            id,
            'nobody writes to the table while its index is built.',
            'PostgreSQL has no CONCURRENTLY for an exclusion constraint, and takes no index for one that stands',
          ),
        ],
}

/** Ranges have no ALTER: columns go to text and back. */
export const rangeChange: ChangeKind = {
  isGround: true,
  notes: ({ id, does }, { before }) => {
    const tables = does === 'alter' ? tablesOf(before, id) : []
    return tables.length === 0
      ? []
      : [rewrites(id, tables, 'a range type is made anew, and every value with it')]
  },
}
