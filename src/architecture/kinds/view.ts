/** A view shows what its query selects, to whom its options say. */
import { structureId } from '../../ground/names.ts'
import type { RulePlace } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

interface QueryRule extends DeclaredRule {
  /** A select. */
  readonly query: string
  /** Declared columns and their SQL types, in order; null: those of the query. */
  readonly shape: Readonly<Record<string, string>> | null
}

export interface ViewRule extends QueryRule {
  readonly kind: 'view'
  readonly securityInvoker: boolean
  readonly securityBarrier: boolean
  readonly checkOption: 'local' | 'cascaded' | null
}

export interface MaterializedViewRule extends QueryRule {
  readonly kind: 'materializedView'
  /** Whole CREATE INDEX statements. */
  readonly indexes: readonly string[]
}

export interface ViewParts {
  readonly query: string
  readonly shape: Readonly<Record<string, string>> | null
}

const queryRule = <K extends string>(place: RulePlace, kind: K, { query, shape }: ViewParts) => ({
  kind,
  id: structureId(place.table, kind),
  table: place.table,
  columns: Object.keys(shape ?? {}),
  at: place.at,
  query,
  shape,
})

export const makeViewRule = (
  place: RulePlace,
  parts: ViewParts,
  options: Pick<ViewRule, 'securityInvoker' | 'securityBarrier' | 'checkOption'>,
): ViewRule => ({
  ...queryRule(place, 'view', parts),
  securityInvoker: options.securityInvoker,
  securityBarrier: options.securityBarrier,
  checkOption: options.checkOption,
  sql: [{ part: 'query', text: parts.query, names: 'statement' }],
})

export const makeMaterializedViewRule = (
  place: RulePlace,
  parts: ViewParts,
  indexes: readonly string[],
): MaterializedViewRule => ({
  ...queryRule(place, 'materializedView', parts),
  indexes,
  sql: [parts.query, ...indexes].map((text, i) => ({
    part: i === 0 ? 'query' : 'index',
    text,
    names: 'statement',
  })),
})
