/** `partition(…)`: a partition that has something of its own. Its columns, and what must hold of them, are the whole's. */
import { parseRelationName, relationId } from '../ground/names.ts'
import type { AssayError } from '../ground/errors.ts'
import { declaredAt } from './declared-at.ts'
import { makePartitionOfRule } from './kinds/partition-of.ts'
import type { WrittenFacts } from './row-types.ts'
import type { AnyRuleSet, RulePlace } from './rule-set.ts'
import { makeRules, type Rules } from './rules.ts'
import { rulesWritten } from './rules-written.ts'
import type { Table } from './table.ts'
import type { TableKey, TableName } from './table-key.ts'

/**
 * A partition that is declared because it has rules of its own, which other partitions of its table do not have.
 * It has the columns of the whole, and everything that is asked of the whole holds in it without being said again.
 *
 * @example
 * export const payments2022 = partition('payments_2022', payments, (t) => [
 *   t.references('customer_id', 'customers'),
 *   t.indexed('customer_id'),
 * ])
 * // alter table "payments_2022" add foreign key ("customer_id") references "customers" ("id")
 * // create index "payments_2022_customer_id_idx" on "payments_2022" ("customer_id")
 */
export const partition = <
  const Name extends TableName,
  Whole extends string,
  Row,
  References,
  const Written extends readonly AnyRuleSet[] = readonly [],
>(
  name: Name,
  whole: Table<Whole, Row, References>,
  rules?: (t: Rules<keyof Row & string>) => Written,
): Table<TableKey<Name>, Row, WrittenFacts<Written>['references']> => {
  const at = declaredAt(partition)
  const named: TableName = name
  const relation = typeof named === 'string' ? parseRelationName(named) : named
  const id = relationId(relation)
  const faults: AssayError[] = []
  const place: RulePlace = {
    table: id,
    tableColumns: whole.columns.map((column) => column.name),
    at,
    refuse: (fault) => faults.push(fault),
  }
  const written = rulesWritten(place, rules?.(makeRules(place)) ?? [])
  return {
    schema: relation.schema,
    name: relation.name,
    id,
    columns: whole.columns,
    rules: [makePartitionOfRule(place, whole.id), ...written],
    at,
    faults,
  }
}
