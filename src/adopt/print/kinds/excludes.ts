/** `t.excludes({ room: '=', during: '&&' })` */
import { excludesOf, type ExcludesFacts } from '../../../catalog/excludes.ts'
import type { Structure } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import { array, call, entry, object, type Code, type Entry } from '../code.ts'
import { deferrableEntries } from '../deferrable.ts'
import { firstOfEach } from '../first-of-each.ts'
import { key, text } from '../literals.ts'
import type { PrintContext, PrintedRule, PrintKind } from '../print-kind.ts'
import { condition, keyExpression } from '../sql-code.ts'

const elementsCode = (facts: ExcludesFacts, table: Table, { sql }: PrintContext): Code => {
  const names = facts.elements.map(({ column }) => column)
  const isPlain = !names.includes(null) && new Set(names).size === names.length
  if (isPlain)
    return object(facts.elements.map(({ column, operator }) => entry(key(column ?? ''), text(operator))))
  return array(
    facts.elements.map(({ column, expression, operator }) => {
      const part =
        column === null
          ? keyExpression(sql({ of: 'table', on: table.id, text: expression }), table)
          : text(column)
      return array([part, text(operator)])
    }),
  )
}

const printOne = (
  { id, facts }: Structure<ExcludesFacts>,
  table: Table,
  context: PrintContext,
): PrintedRule => {
  const { method, predicate, deferrable } = facts
  const where = predicate === null ? null : context.sql({ of: 'table', on: table.id, text: predicate })
  const options: readonly Entry[] = [
    ...(method === 'gist' ? [] : [entry('using', text(method))]),
    ...(where === null ? [] : [entry('where', condition(where))]),
    ...deferrableEntries(deferrable),
  ]
  const elements = elementsCode(facts, table, context)
  return {
    code: call('t.excludes', elements, ...(options.length > 0 ? [object(options)] : [])),
    claims: [id],
  }
}

export const printExcludes: PrintKind = (table, context) => {
  const { first, others } = firstOfEach(excludesOf(context.catalog, table.id), ({ facts }) =>
    JSON.stringify([facts.elements.map((e) => [e.column ?? e.expression]), facts.predicate]),
  )
  return {
    rules: first.map((excludes) => printOne(excludes, table, context)),
    left: others.map(({ one, before }) => ({
      structure: one.id,
      why: `it is over the same parts as ${before.name}, and one rule states both`,
    })),
  }
}
