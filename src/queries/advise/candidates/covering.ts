/** `t.indexed('user_id', { include: ['name'] })`: the statement is answered from the index alone. */
import { indexDraft, type CandidateKind } from '../candidate.ts'
import { keyListsOf } from '../key-lists.ts'
import type { SourceShape } from '../terms.ts'

/** An index that carries most of a table is another table. */
const mostIncluded = 6

const beside = (used: SourceShape['used'], keys: ReturnType<typeof keyListsOf>[number]): readonly string[] =>
  (used ?? []).filter((column) => !keys.some((key) => key.column === column))

export const covering: CandidateKind = {
  kind: 'covering',
  propose: (shape, peers) =>
    keyListsOf(shape, peers).flatMap((keys) => {
      const own = beside(shape.used, keys)
      // What several statements fetch may go into one index.
      const all = [...new Set([own, ...peers.map(({ used }) => beside(used, keys))].flat())]
      return [own, all]
        .filter((include) => shape.used !== null && include.length > 0 && include.length <= mostIncluded)
        .map((include) => indexDraft(shape.table, keys, { include: include.toSorted() }))
    }),
}
