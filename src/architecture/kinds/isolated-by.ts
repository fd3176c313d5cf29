/** No tenant ever sees or touches another tenant's rows: row-level security, enabled, forced, and attacked. */
import { structureId } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { makeTenantApartRules, type ApartOptions } from './tenant-apart.ts'
import { isTenantSchemas, makeTenantSchemaRules, type TenantSchemas } from './tenant-schema.ts'

export interface IsolatedByRule extends DeclaredRule {
  readonly kind: 'isolatedBy'
  readonly column: string
  /** Settings of the asker whose tenant has this value; null: the architecture's identity, every field of `who` set to the value. */
  readonly who: ((tenant: string) => Readonly<Record<string, string>>) | null
}

export interface IsolatedByOptions extends ApartOptions {
  /** Settings of the asker whose tenant has this value; left out: the architecture's identity. */
  readonly who?: (tenant: string) => Readonly<Record<string, string>>
}

export interface IsolatedByMethod<K extends string> {
  /**
   * No tenant ever sees or touches another tenant's rows; table owners are bound too. By the tenant's column: row-level
   * security, and large tenants in partitions of their own where `apart` names the function that moves them. By
   * `schemaPerTenant`: each tenant has a schema and a role, made after the schema in which the table is declared.
   *
   * @example
   * t.isolatedBy('tenant_id')
   * // alter table … enable row level security; alter table … force row level security;
   * // create policy … using ("tenant_id" = nullif(current_setting('app.tenant_id', true), '')::bigint)
   *
   * @example
   * t.isolatedBy('tenant_id', { apart: 'set_tenant_apart', together: 'set_tenant_together' })
   * // select set_tenant_apart(7);  → alter table … attach partition "apart_7"."orders" for values in (7)
   *
   * @example
   * const ownSchema = schemaPerTenant({ prefix: 'tenant_', role: 'tenant', create: 'create_tenant' })
   * t.isolatedBy(ownSchema)  // select create_tenant('acme'); … set local role "tenant_acme"
   */
  isolatedBy(by: K | TenantSchemas, options?: IsolatedByOptions): RuleSet
}

export const makeIsolatedByRules = (
  place: RulePlace,
  column: string | TenantSchemas,
  options: IsolatedByOptions = {},
): readonly DeclaredRule[] => {
  if (isTenantSchemas(column)) {
    for (const key of Object.keys(options))
      place.refuse(
        declarationFault(
          place,
          'unknown-option',
          `${place.table}: isolatedBy with schemaPerTenant has no option "${key}".`,
          `Take "${key}" away: all that a schema per tenant needs stands in schemaPerTenant({ … }).`,
        ),
      )
    return makeTenantSchemaRules(place, column)
  }
  refuseUnknownKeys(place, 'isolatedBy', options, ['who', 'apart', 'together'])
  const rule: IsolatedByRule = {
    kind: 'isolatedBy',
    id: structureId(place.table, 'isolatedBy', column),
    table: place.table,
    columns: [column],
    at: place.at,
    column,
    who: options.who ?? null,
  }
  if (options.apart === undefined && options.together !== undefined)
    place.refuse(
      declarationFault(
        place,
        'missing-option',
        `${place.table}: isolatedBy says how tenants come together, and not how one is set apart.`,
        "Give apart: '…', the function that moves a tenant's rows into a partition of their own.",
      ),
    )
  return [rule, ...makeTenantApartRules(place, column, options, rule.who)]
}
