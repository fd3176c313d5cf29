/** A column takes exactly the values of a domain. Declared by giving a column a domainType. */
import { structureId } from '../../ground/names.ts'
import type { RulePlace } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface DomainRule extends DeclaredRule {
  readonly kind: 'domain'
  readonly column: string
  /** As declared, maybe schema-qualified. */
  readonly type: string
  readonly base: string
  readonly checks: readonly { readonly name: string | null; readonly expression: string }[]
  readonly required: boolean
  /** What a column of it gets that is left out and has no default of its own; absent: null. */
  readonly default?: string
}

export const makeDomainRule = (
  place: RulePlace,
  column: string,
  domain: Pick<DomainRule, 'type' | 'base' | 'checks' | 'required' | 'default'>,
): DomainRule => ({
  kind: 'domain',
  id: structureId(place.table, 'domain', column),
  table: place.table,
  columns: [column],
  at: place.at,
  column,
  type: domain.type,
  base: domain.base,
  checks: domain.checks,
  required: domain.required,
  ...(domain.default === undefined ? {} : { default: domain.default }),
  sql: domain.checks.map(({ expression }) => ({ part: 'check', text: expression, names: 'value' })),
})
