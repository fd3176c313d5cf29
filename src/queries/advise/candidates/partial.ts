/** `t.indexed('user_id', { where: 'deleted_at is null' })`: only the rows that the statement itself asks for. */
import { ident } from '../../../postgres/quote.ts'
import { indexDraft, indexKey, type CandidateKind } from '../candidate.ts'
import { keyListsOf } from '../key-lists.ts'
import type { SourceShape } from '../terms.ts'

const mostLists = 8

/** Columns that the condition makes the same in all its rows say nothing in the key. */
const without = (keys: ReturnType<typeof keyListsOf>[number], where: string) =>
  keys.filter(
    ({ column, expression }) => !(where.startsWith(`${expression} = `) || where.startsWith(`${column} = `)),
  )

const conditionsOf = ({ constants }: SourceShape): readonly string[] =>
  constants.length > 1 ? [...constants, constants.map((one) => `(${one})`).join(' and ')] : constants

export const partial: CandidateKind = {
  kind: 'partial',
  propose: (shape, peers) =>
    conditionsOf(shape).flatMap((where) => {
      const lists = keyListsOf(shape, peers).slice(0, mostLists)
      const shorter = lists.map((keys) => without(keys, where)).filter((keys) => keys.length > 0)
      const [first] = shape.table.columns
      const any = first ? [[indexKey({ column: first.name, sql: ident(first.name) })]] : []
      return [...shorter, ...(shorter.length === 0 ? any : [])].map((keys) =>
        indexDraft(shape.table, keys, { where }),
      )
    }),
}
