/** `t.indexed('user_id', { include: ['name'] })`: the statement is answered from the index alone. */
import type { Table } from '../../../catalog/table.ts'
import { indexDraft, type CandidateKind } from '../candidate.ts'
import { keyListsOf } from '../key-lists.ts'
import type { SourceShape } from '../terms.ts'

/** An index that carries most of a table is another table. */
const mostIncluded = 6

/** Of these one value alone may be larger than an index takes: the row would be refused. */
const large = /^(?:jsonb?|tsvector|bytea|xml|hstore|.*\.hstore)$/u

const mayStand = ({ columns }: Table, name: string): boolean => {
  const column = columns.find((one) => one.name === name)
  return column !== undefined && column.typeKind !== 'array' && !large.test(column.baseType)
}

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
        .filter((include) => include.every((name) => mayStand(shape.table, name)))
        .filter((include) => shape.used !== null && include.length > 0 && include.length <= mostIncluded)
        .map((include) => indexDraft(shape.table, keys, { include: include.toSorted() }))
    }),
}
