/** `t.indexed('token', { using: 'hash' })`: equality of long values, of which it keeps four bytes each. */
import { indexDraft, indexKey, type CandidateKind } from '../candidate.ts'

export const hash: CandidateKind = {
  kind: 'hash',
  propose: ({ terms, table }) =>
    terms
      .filter(
        ({ use, column }) =>
          use === 'equal' &&
          /^(?:text|character|bytea|jsonb)/u.test(
            table.columns.find(({ name }) => name === column)?.baseType ?? '',
          ),
      )
      .map((term) => indexDraft(table, [indexKey(term)], { using: 'hash' })),
}
