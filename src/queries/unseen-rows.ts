/**
 * Calls that see none of the rows that their tables have: a budget that holds over nothing says nothing, and nobody would
 * notice. It is told where the same call finds rows without the policies.
 */
import type { QueryRule } from '../architecture/kinds/query.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { nodesOf, rowsOf } from '../postgres/plan-work.ts'
import type { PlanNode } from '../postgres/plan.ts'
import type { Finding } from '../prove/result.ts'
import { namedIn } from '../rules/query/named-in.ts'
import { guardedTable, place } from './run-plan.ts'

/** One call, as the application and as whoever bypasses row-level security. */
export interface SeenCall {
  readonly plan: PlanNode
  readonly asOwner: PlanNode
}

/** Rows of each guarded table that scans let through, by its id. */
const rowsSeen = (plan: PlanNode, rule: QueryRule, catalog: Catalog): ReadonlyMap<Table, number> => {
  const found = new Map<Table, number>()
  for (const node of nodesOf(plan)) {
    const table = guardedTable(node, rule, catalog)
    if (table) found.set(table, (found.get(table) ?? 0) + rowsOf(node))
  }
  return found
}

/** Whether it may be that a call saw nothing: then it is worth asking without the policies. */
export const seesNothing = (plan: PlanNode, rule: QueryRule, catalog: Catalog): boolean => {
  const seen = rowsSeen(plan, rule, catalog)
  // A plan that reads no table at all is that of a role that no policy lets in.
  return [...seen.values()].some((rows) => rows === 0) || seen.size === 0
}

/** Tables that its policies read, and that the query does not name. */
const unnamed = (table: Table, rule: QueryRule, catalog: Catalog): readonly string[] => {
  const read = catalog.of(table.id, 'policy').flatMap(({ dependsOn }) => dependsOn)
  return [...new Set(read.flatMap((id) => catalog.structures.get(id)?.table ?? []))].filter(
    (id) => id !== table.id && !rule.reads.includes(id),
  )
}

const mendOf = (table: Table, rule: QueryRule, catalog: Catalog, isAlone: boolean): string => {
  const others = unnamed(table, rule, catalog)
  if (others.length > 0)
    return `Name what its policies read, so that it has rows, too: query('…', ${namedIn([...rule.reads, ...others])}, …).`
  return isAlone
    ? `Let a policy of ${table.id} compare a column of its row, or of a table that names who sees it, with what the settings of the identity say; or measure it as whoever bypasses policies: { asOwner: true }.`
    : `Where its rows belong to whoever the others belong to, say so with a foreign key over both columns; else say that they need not: { asOwner: true }.`
}

/** `calls`: all of a rule's that were run. */
export const unseenFindings = (
  rule: QueryRule,
  calls: readonly SeenCall[],
  catalog: Catalog,
): readonly Finding[] => {
  const seen = calls.map(({ plan }) => rowsSeen(plan, rule, catalog))
  const there = calls.map(({ asOwner }) => rowsSeen(asOwner, rule, catalog))
  const tables = [...new Set(there.flatMap((one) => [...one.keys()]))]
  const hidden = tables.find(
    (table) =>
      seen.every((one) => (one.get(table) ?? 0) === 0) && there.some((one) => (one.get(table) ?? 0) > 0),
  )
  if (hidden === undefined) return []
  const rows = Math.max(...there.map((one) => one.get(hidden) ?? 0))
  // Who asks sees rows of another table: these belong to somebody else.
  const isAlone = seen.every((one) => [...one.values()].every((count) => count === 0))
  return [
    {
      code: 'query.sees-nothing',
      severity: isAlone ? 'error' : 'warning',
      rule: rule.id,
      summary: `"${rule.sentence}": ${isAlone ? 'nobody was found who sees rows' : 'whoever asks sees none of the rows'} of ${hidden.id} under its policies; without them a call finds ${rows}`,
      why: isAlone
        ? 'its budget was held against calls that see nothing, which cost nothing'
        : 'what it costs to find them was not measured: the rows that it comes from lead to rows of somebody else',
      fix: mendOf(hidden, rule, catalog, isAlone),
      ...place(rule),
    },
  ]
}
