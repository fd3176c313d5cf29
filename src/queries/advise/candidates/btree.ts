/** `t.indexed('user_id', 'ordered_at desc')`: conditions, then a range or an order; expressions as they are written. */
import { indexDraft, type CandidateKind } from '../candidate.ts'
import { keyListsOf } from '../key-lists.ts'

export const btree: CandidateKind = {
  kind: 'btree',
  propose: (shape, peers) => keyListsOf(shape, peers).map((keys) => indexDraft(shape.table, keys)),
}
