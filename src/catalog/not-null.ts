/** What else keeps null out of a column: NOT NULL on top of it cannot be told apart. */
import { parseExpression } from '../postgres/parse.ts'
import { columnName, fieldsOf, listOf, type ParseNode } from './expression-tree.ts'
import type { Catalog } from './structure.ts'

/** The parts that must all hold. */
const conjuncts = (node: ParseNode): readonly ParseNode[] => {
  const bool = fieldsOf(node, 'BoolExpr')
  return bool?.['boolop'] === 'AND_EXPR' ? listOf(bool['args']).flatMap(conjuncts) : [node]
}

/** Columns that a condition says are not null, in so many words. */
export const columnsNotNull = (condition: string): readonly string[] =>
  conjuncts(parseExpression(condition)).flatMap((part) => {
    const test = fieldsOf(part, 'NullTest')
    const name = test?.['nulltesttype'] === 'IS_NOT_NULL' ? columnName(test['arg']) : null
    return name === null ? [] : [name]
  })

/** Whether the condition is nothing but `a IS NOT NULL AND b IS NOT NULL`. */
export const saysOnlyNotNull = (condition: string): boolean =>
  conjuncts(parseExpression(condition)).length === columnsNotNull(condition).length

/** PostgreSQL's own comparisons, which answer null when either side is. */
const comparisons: ReadonlySet<unknown> = new Set(['=', '<>', '<', '<=', '>', '>=', '~', '~~', '!~', '!~~'])

const bareColumn = (node: unknown): string | null => {
  const cast = fieldsOf(node, 'TypeCast')
  return cast ? bareColumn(cast['arg']) : columnName(node)
}

/** Columns that hold no null in the rows for which a predicate is true: it says so, or compares them. */
export const columnsWatched = (predicate: string): readonly string[] => [
  ...columnsNotNull(predicate),
  ...conjuncts(parseExpression(predicate)).flatMap((part) => {
    const fields = fieldsOf(part, 'A_Expr')
    const [name, ...more] = listOf(fields?.['name'])
    const isComparison =
      fields?.['kind'] === 'AEXPR_OP' &&
      more.length === 0 &&
      comparisons.has(fieldsOf(name, 'String')?.['sval'])
    return isComparison ? [fields['lexpr'], fields['rexpr']].flatMap((side) => bareColumn(side) ?? []) : []
  }),
]

/** Why a column never holds null although it may; null when nothing of the catalog says so. */
export const impliedNotNull = (catalog: Catalog, table: string, column: string): string | null => {
  const check = catalog.of(table, 'check').find((s) => {
    const { expression, notEnforced } = s.facts as {
      readonly expression: string
      readonly notEnforced: boolean
    }
    return !notEnforced && columnsNotNull(expression).includes(column)
  })
  return check ? `CHECK ${check.name} refuses null already` : null
}
