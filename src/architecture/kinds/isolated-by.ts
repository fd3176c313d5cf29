/** No tenant ever sees or touches another tenant's rows: row-level security, enabled, forced, and attacked. */
import { structureId } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface IsolatedByRule extends DeclaredRule {
  readonly kind: 'isolatedBy'
  readonly column: string
  /** Settings of the asker whose tenant has this value; null: the architecture's identity, every field of `who` set to the value. */
  readonly who: ((tenant: string) => Readonly<Record<string, string>>) | null
}

export interface IsolatedByOptions {
  /** Settings of the asker whose tenant has this value; left out: the architecture's identity. */
  readonly who?: (tenant: string) => Readonly<Record<string, string>>
}

export interface IsolatedByMethod<K extends string> {
  /**
   * No tenant ever sees or touches another tenant's rows; table owners are bound too.
   *
   * @example
   * t.isolatedBy('tenant_id')
   * // alter table … enable row level security; alter table … force row level security;
   * // create policy … using ("tenant_id" = nullif(current_setting('app.tenant_id', true), '')::bigint)
   */
  isolatedBy(column: K, options?: IsolatedByOptions): RuleSet
}

export const makeIsolatedByRules = (
  place: RulePlace,
  column: string,
  options: IsolatedByOptions = {},
): readonly IsolatedByRule[] => {
  refuseUnknownKeys(place, 'isolatedBy', options, ['who'])
  return [
    {
      kind: 'isolatedBy',
      id: structureId(place.table, 'isolatedBy', column),
      table: place.table,
      columns: [column],
      at: place.at,
      column,
      who: options.who ?? null,
    },
  ]
}
