/** A large tenant's rows stand in a partition of their own, the others' together: what isolates them stays the same. */
import { parseRelationName, structureId, type RelationName } from '../../ground/names.ts'
import type { RulePlace } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface TenantApartRule extends DeclaredRule {
  readonly kind: 'tenantApart'
  /** The tenant's column, by which the table is partitioned. */
  readonly column: string
  /** As isolatedBy has it. */
  readonly who: ((tenant: string) => Readonly<Record<string, string>>) | null
  /** Function of one tenant: moves its rows into a partition of their own. */
  readonly apart: RelationName
  /** Function of one tenant: moves them back to the others'. */
  readonly together: RelationName | null
}

export interface ApartOptions {
  /** Function of one tenant, which moves its rows of every table that names it into partitions of their own. */
  readonly apart?: string
  /** Function of one tenant, which moves them back. */
  readonly together?: string
}

export const makeTenantApartRules = (
  place: RulePlace,
  column: string,
  { apart, together }: ApartOptions,
  who: TenantApartRule['who'],
): readonly TenantApartRule[] =>
  apart === undefined
    ? []
    : [
        {
          kind: 'tenantApart',
          id: structureId(place.table, 'isolatedBy', column, 'apart'),
          table: place.table,
          columns: [column],
          at: place.at,
          column,
          who,
          apart: parseRelationName(apart),
          together: together === undefined ? null : parseRelationName(together),
        },
      ]
