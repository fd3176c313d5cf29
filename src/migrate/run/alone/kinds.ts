/** The kinds of statements that run outside of any transaction; whatever else does is for a person to look at. */
import type { AloneKind } from './alone-kind.ts'
import { createIndex } from './create-index.ts'
import { detachPartition } from './detach-partition.ts'
import { dropIndex } from './drop-index.ts'
import { maintenance } from './maintenance.ts'
import { reindex } from './reindex.ts'
import { serverObjects } from './server-object.ts'

export const aloneKinds: readonly AloneKind[] = [
  createIndex,
  dropIndex,
  reindex,
  detachPartition,
  ...serverObjects,
  maintenance,
]

/** A call, a DO block, a subscription: it may have done all, a part, or nothing. */
export const unknownKind: AloneKind = {
  fits: () => true,
  prepare: () => Promise.resolve({}),
  settle: () =>
    Promise.resolve({ is: 'unknown', look: 'whether it did all of its work, a part of it, or nothing' }),
}
