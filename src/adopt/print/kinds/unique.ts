/** `t.unique('tenant_id', 'slug', { where: 'deleted_at is null' })` */
import { uniquesOf, type UniqueFacts } from '../../../catalog/unique.ts'
import type { Structure } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import { atom, call, entry, object, type Entry } from '../code.ts'
import { deferrableEntries } from '../deferrable.ts'
import { firstOfEach } from '../first-of-each.ts'
import { text } from '../literals.ts'
import type { PrintContext, PrintedRule, PrintKind } from '../print-kind.ts'
import { condition, keyExpression } from '../sql-code.ts'

const printOne = (
  { id, facts }: Structure<UniqueFacts>,
  table: Table,
  { sql }: PrintContext,
): PrintedRule => {
  const { keys, predicate, nullsNotDistinct, withoutOverlaps } = facts
  const on = table.id
  const period = withoutOverlaps ? (keys.at(-1)?.column ?? null) : null
  const options: readonly Entry[] = [
    ...(predicate === null ? [] : [entry('where', condition(sql({ of: 'table', on, text: predicate })))]),
    ...(nullsNotDistinct ? [entry('nullsNotDistinct', atom('true'))] : []),
    ...deferrableEntries(facts.deferrable),
    ...(period === null ? [] : [entry('withoutOverlaps', text(period))]),
  ]
  const parts = (period === null ? keys : keys.slice(0, -1)).map((part) =>
    part.column === null
      ? keyExpression(sql({ of: 'table', on, text: part.expression }), table)
      : text(part.column),
  )
  return {
    code: call('t.unique', ...parts, ...(options.length > 0 ? [object(options)] : [])),
    claims: [id],
  }
}

export const printUniques: PrintKind = (table, context) => {
  const { first, others } = firstOfEach(uniquesOf(context.catalog, table.id), ({ facts }) =>
    JSON.stringify([facts.keys.map((part) => part.column ?? part.expression).toSorted(), facts.predicate]),
  )
  return {
    rules: first.map((unique) => printOne(unique, table, context)),
    left: others.map(({ one, before }) => ({
      structure: one.id,
      why: `it keeps what ${before.name} keeps already: one rule states both, and claims one`,
    })),
  }
}
