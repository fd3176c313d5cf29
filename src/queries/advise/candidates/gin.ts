/** `t.indexed('tags', { using: 'gin' })`: what documents, arrays and texts contain. */
import { indexDraft, indexKey, type CandidateKind } from '../candidate.ts'

export const gin: CandidateKind = {
  kind: 'gin',
  propose: ({ terms, table }, _peers, { extensions }) =>
    terms.flatMap((term) => {
      if (term.use === 'contains') {
        const classes = [null, ...(term.operator === '@>' ? ['jsonb_path_ops'] : [])]
        return classes.map((operatorClass) =>
          indexDraft(table, [indexKey(term, { operatorClass })], { using: 'gin' }),
        )
      }
      if (term.use !== 'pattern' || !extensions.has('pg_trgm')) return []
      return [indexDraft(table, [indexKey(term, { operatorClass: 'gin_trgm_ops' })], { using: 'gin' })]
    }),
}
