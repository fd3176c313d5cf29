/** `t.indexed('occurred_at', { using: 'brin' })`: a few pages tell where rows that came in order may lie. */
import { indexDraft, indexKey, type CandidateKind } from '../candidate.ts'

export const brin: CandidateKind = {
  kind: 'brin',
  propose: ({ terms, table }) =>
    terms
      .filter(({ use, column }) => use === 'bound' && column !== null)
      .map((term) => indexDraft(table, [indexKey(term)], { using: 'brin' })),
}
