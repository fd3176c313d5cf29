/** `t.check('price_not_negative', 'price >= 0')` */
import { checksOf } from '../../../catalog/check.ts'
import { structureName } from '../../../rules/ddl.ts'
import { call } from '../code.ts'
import { sql as sqlCode, text } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'

export const printChecks: PrintKind = (table, { catalog, sql }) => {
  const checks = checksOf(catalog, table.id)
  const names = new Set(checks.map((check) => check.name))
  /** The table's name before it says nothing new, and the rule finds it again. */
  const shortName = (name: string): string => {
    const rest = name.startsWith(`${table.name}_`) ? name.slice(table.name.length + 1) : ''
    // A name that says nothing is kept whole.
    if (/^(?:check\d*)?$/u.test(rest)) return name
    return !names.has(rest) && structureName(table.id, rest) === name ? rest : name
  }
  const isAsked = (check: (typeof checks)[number]): boolean => !check.facts.notEnforced
  // What PostgreSQL never asks is kept word for word, among the objects.
  return {
    rules: checks.filter(isAsked).map(({ id, name, facts }) => ({
      code: call(
        't.check',
        text(shortName(name)),
        sqlCode(sql({ of: 'table', on: table.id, text: facts.expression })),
      ),
      claims: [id],
    })),
  }
}
