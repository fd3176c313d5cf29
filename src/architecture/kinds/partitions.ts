/** The table's rows stand in partitions of any shape: by several columns, by expressions, by uneven bounds. */
import { structureId } from '../../ground/names.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface PartitionsRule extends DeclaredRule {
  readonly kind: 'partitions'
  /** As PARTITION BY has it: `range (tenant_id, taken_on)`. */
  readonly key: string
  /** By the last part of the partition's name: `from (…) to (…)`, `in (…)`, `default`; null: whatever partitions stand there. */
  readonly bounds: Readonly<Record<string, string>> | null
}

export interface PartitionsMethod {
  /**
   * The table's rows stand in partitions by this key, written as PARTITION BY has it: several columns, expressions,
   * bounds of any width. Each partition is given by the last part of its name and its bounds; `default` takes what no
   * other does. Without bounds those that stand in the database count. For one column by periods, lists or a number
   * of hash partitions `t.partitionedBy` says the same in fewer words.
   *
   * @example
   * t.partitions('list (lower(region))', { eu: `in ('de', 'fr')`, rest: 'default' })
   * // create table "visits" (…) partition by list (lower(region))
   * // create table "visits_eu" partition of "visits" for values in ('de', 'fr')
   * // create table "visits_rest" partition of "visits" default
   * t.partitions('range (tenant_id, taken_on)')
   */
  partitions(key: string, bounds?: Readonly<Record<string, string>>): RuleSet
}

const isBound = (bound: unknown): boolean =>
  typeof bound === 'string' && /^\s*(?:from\s*\(|in\s*\(|with\s*\(|default\s*$)/iu.test(bound)

export const makePartitionsRules = (
  place: RulePlace,
  key: string,
  bounds?: Readonly<Record<string, string>>,
): readonly PartitionsRule[] => {
  if (!/^\s*(?:range|list|hash)\s*\(.*\)\s*$/isu.test(key))
    place.refuse(
      declarationFault(
        place,
        'partition-key',
        `${place.table}: partitions is given the key ${JSON.stringify(key)}.`,
        `Write it as PARTITION BY has it: 'range (tenant_id, taken_on)', 'list (lower(region))', 'hash (id)'.`,
      ),
    )
  for (const [name, bound] of Object.entries(bounds ?? {})) {
    if (isBound(bound)) continue
    place.refuse(
      declarationFault(
        place,
        'partition-bound',
        `${place.table}: the partition ${JSON.stringify(name)} has the bounds ${JSON.stringify(bound)}.`,
        `Write them as FOR VALUES has them: 'from (1) to (10)', 'in (1, 2)', 'with (modulus 4, remainder 0)', or 'default'.`,
      ),
    )
  }
  return [
    {
      kind: 'partitions',
      id: structureId(place.table, 'partitions', key.trim()),
      table: place.table,
      columns: [],
      at: place.at,
      key: key.trim(),
      bounds: bounds === undefined || Object.keys(bounds).length === 0 ? null : bounds,
    },
  ]
}
