/** `t.indexed('during', { using: 'gist' })`: ranges that overlap, what lies near, texts that are alike. */
import { indexDraft, indexKey, type CandidateKind } from '../candidate.ts'

export const gist: CandidateKind = {
  kind: 'gist',
  propose: ({ terms, orders, table }, _peers, { extensions }) => [
    ...terms.flatMap((term) => {
      // Signatures of texts collide the more often the more rows there are, which no trial on a few shows: GIN does not.
      if (term.operator === '@@') return []
      if (term.use === 'contains') return [indexDraft(table, [indexKey(term)], { using: 'gist' })]
      if (term.use !== 'pattern' || !extensions.has('pg_trgm')) return []
      return [indexDraft(table, [indexKey(term, { operatorClass: 'gist_trgm_ops' })], { using: 'gist' })]
    }),
    // Nearest first: `order by place <-> point '(0,0)'`.
    ...orders.flatMap(([first]) => {
      const near = first && /^(?<column>"(?:[^"]|"")+"|[a-z_]\w*) <-> /u.exec(first.sql)?.groups?.['column']
      const column = table.columns.find(
        ({ name }) => name === near || `"${name.replaceAll('"', '""')}"` === near,
      )
      return column
        ? [indexDraft(table, [indexKey({ column: column.name, sql: near! })], { using: 'gist' })]
        : []
    }),
  ],
}
