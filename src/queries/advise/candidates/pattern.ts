/** `t.indexed({ key: 'name', operatorClass: 'text_pattern_ops' })`: beginnings of texts, whatever their collation. */
import { indexDraft, indexKey, type CandidateKind } from '../candidate.ts'
import type { Term } from '../terms.ts'

export const pattern: CandidateKind = {
  kind: 'pattern',
  propose: (shape) =>
    shape.terms
      .filter(({ use, operator }) => use === 'pattern' && operator === '~~')
      .flatMap((term) => {
        const own = indexKey(term, { operatorClass: 'text_pattern_ops' })
        const equal = shape.terms
          .filter(({ use, isLoose }: Term) => use === 'equal' && !isLoose)
          .map((one) => indexKey(one))
        return [[own], ...(equal.length > 0 ? [[...equal, own]] : [])].map((keys) =>
          indexDraft(shape.table, keys),
        )
      }),
}
