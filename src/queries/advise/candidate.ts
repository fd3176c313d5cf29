/** Something that may make queries cheaper, as it is tried and as it is declared; and the verb of those who propose one. */
import type { IndexedRule } from '../../architecture/kinds/indexed.ts'
import { statisticsWords } from '../../architecture/kinds/statistics.ts'
import type { Table } from '../../catalog/table.ts'
import { qualified } from '../../postgres/quote.ts'
import { createIndex, type IndexKey } from '../../rules/indexed/ddl.ts'
import { createStatistics } from '../../rules/statistics.ts'
import type { KeyTerm, SourceShape } from './terms.ts'

export interface IndexDraft {
  readonly what: 'index'
  readonly table: Table
  readonly using: string
  readonly keys: readonly IndexKey[]
  readonly include: readonly string[]
  readonly where: string | null
}

export interface StatisticsDraft {
  readonly what: 'statistics'
  readonly table: Table
  readonly columns: readonly string[]
}

export type Draft = IndexDraft | StatisticsDraft

export interface Ground {
  /** Extensions that the database has, with the schemas that they stand in. */
  readonly extensions: ReadonlyMap<string, string>
}

/** One kind of candidate. `peers`: what all statements ask of the same table, so that one index may serve several. */
export interface CandidateKind {
  readonly kind: string
  propose(shape: SourceShape, peers: readonly SourceShape[], ground: Ground): readonly Draft[]
}

export interface Candidate {
  /** Which kind proposed it. */
  readonly kind: string
  readonly draft: Draft
  /** Of the object while it is tried. */
  readonly name: string
  readonly create: readonly string[]
  readonly drop: string
  /** It changes what the planner expects, also where no plan names it. */
  readonly informs: boolean
}

export const indexKey = (
  term: KeyTerm,
  order: Partial<Pick<IndexKey, 'descending' | 'nulls' | 'operatorClass'>> = {},
): IndexKey => ({
  column: term.column,
  expression: term.column === null && !term.sql.endsWith(')') ? `(${term.sql})` : term.sql,
  descending: false,
  nulls: null,
  operatorClass: null,
  ...order,
})

export const indexDraft = (
  table: Table,
  keys: readonly IndexKey[],
  more: Partial<Pick<IndexDraft, 'using' | 'include' | 'where'>> = {},
): IndexDraft => ({ what: 'index', table, keys, using: 'btree', include: [], where: null, ...more })

/** As a declaration of it would be. */
export const indexedRule = ({ table, keys, using, include, where }: IndexDraft): IndexedRule => ({
  kind: 'indexed',
  id: `${table.id}/indexed`,
  table: table.id,
  columns: [],
  at: null,
  keys,
  using,
  include,
  where,
  serves: null,
  sql: [],
})

/** Equal drafts are one candidate. */
export const draftText = (draft: Draft): string =>
  draft.what === 'index'
    ? createIndex(indexedRule(draft), 'x')
    : `${draft.table.id} ${JSON.stringify(draft.columns)}`

export const statisticsSql = ({ table, columns }: StatisticsDraft, name: string): string =>
  createStatistics({ table: table.id, columns, keeps: statisticsWords }, name)

export const toCandidate = (kind: string, draft: Draft, name: string): Candidate => {
  const { table } = draft
  const own = qualified({ schema: table.schema, name })
  const analyze = `analyze ${qualified(table)}`
  if (draft.what === 'statistics')
    return {
      kind,
      draft,
      name,
      create: [statisticsSql(draft, name).replace(/;$/u, ''), analyze],
      drop: `drop statistics ${own}`,
      informs: true,
    }
  // Of an expression PostgreSQL knows nothing before it was looked at.
  const informs = draft.keys.some(({ column }) => column === null)
  const create = createIndex(indexedRule(draft), name).replace(/;$/u, '')
  return {
    kind,
    draft,
    name,
    create: [create, ...(informs ? [analyze] : [])],
    drop: `drop index ${own}`,
    informs,
  }
}
