/** `create statistics … on a, b`: the planner learns which values go together. */
import type { CandidateKind } from '../candidate.ts'

const most = 8

export const extendedStatistics: CandidateKind = {
  kind: 'statistics',
  propose: ({ terms, groups, table }) => {
    const plain = (parts: readonly { readonly column: string | null }[]): readonly string[] => [
      ...new Set(parts.flatMap(({ column }) => column ?? [])),
    ]
    return [plain(terms.filter(({ use }) => use === 'equal' || use === 'bound')), ...groups.map(plain)]
      .filter((columns) => columns.length > 1 && columns.length <= most)
      .map((columns) => ({ what: 'statistics', table, columns: columns.toSorted() }) as const)
  },
}
