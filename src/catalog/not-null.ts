/** What else keeps null out of a column: NOT NULL on top of it cannot be told apart. */
import { parseExpression } from '../postgres/parse.ts'
import { conjunctNodes } from './expression/conjuncts.ts'
import { calledName, columnName, fieldsOf, listOf, type ParseNode } from './expression/tree.ts'
import type { CheckFacts } from './check.ts'
import { refusesNull } from './expression/null-verdict.ts'
import type { Catalog, Structure } from './structure.ts'
import { typeId } from './uses.ts'

/** `num_nonnulls(a, b) = 2` and `num_nulls(a, b) = 0`: none of them is null. */
const countedNotNull = (part: ParseNode): readonly string[] => {
  const test = fieldsOf(part, 'A_Expr')
  const call = fieldsOf(test?.['lexpr'], 'FuncCall')
  const [operator, ...more] = listOf(test?.['name'])
  if (!test || !call || more.length > 0 || fieldsOf(operator, 'String')?.['sval'] !== '=') return []
  const called = calledName(test['lexpr'])
  const number = fieldsOf(test['rexpr'], 'A_Const')?.['ival'] as { readonly ival?: number } | undefined
  const names = listOf(call['args']).map(columnName)
  const wanted = called === 'num_nonnulls' ? names.length : called === 'num_nulls' ? 0 : null
  return number !== undefined && (number.ival ?? 0) === wanted ? names.flatMap((name) => name ?? []) : []
}

/** Columns that one part of a condition says are not null, in so many words. */
const namedNotNull = (part: ParseNode): readonly string[] => {
  const test = fieldsOf(part, 'NullTest')
  const isKnown = fieldsOf(part, 'BooleanTest')?.['booltesttype'] === 'IS_NOT_UNKNOWN'
  const tested = isKnown
    ? fieldsOf(part, 'BooleanTest')
    : test?.['nulltesttype'] === 'IS_NOT_NULL'
      ? test
      : null
  const name = columnName(tested?.['arg'])
  return name === null ? [] : [name]
}

/** Columns that a condition says are not null, in so many words. */
export const columnsNotNull = (condition: string): readonly string[] =>
  conjunctNodes(parseExpression(condition)).flatMap((part) => [
    ...namedNotNull(part),
    ...countedNotNull(part),
  ])

/** Whether the condition is nothing but `a IS NOT NULL AND b IS NOT NULL`. */
export const saysOnlyNotNull = (condition: string): boolean =>
  conjunctNodes(parseExpression(condition)).every((part) => namedNotNull(part).length === 1)

/** PostgreSQL's own comparisons, which answer null when either side is. */
const comparisons: ReadonlySet<unknown> = new Set(['=', '<>', '<', '<=', '>', '>=', '~', '~~', '!~', '!~~'])

const bareColumn = (node: unknown): string | null => {
  const cast = fieldsOf(node, 'TypeCast')
  return cast ? bareColumn(cast['arg']) : columnName(node)
}

/** Columns that hold no null in the rows for which a predicate is true: it says so, or compares them. */
export const columnsWatched = (predicate: string): readonly string[] => [
  ...columnsNotNull(predicate),
  ...conjunctNodes(parseExpression(predicate)).flatMap((part) => {
    const fields = fieldsOf(part, 'A_Expr')
    const [name, ...more] = listOf(fields?.['name'])
    const isComparison =
      fields?.['kind'] === 'AEXPR_OP' &&
      more.length === 0 &&
      comparisons.has(fieldsOf(name, 'String')?.['sval'])
    return isComparison ? [fields['lexpr'], fields['rexpr']].flatMap((side) => bareColumn(side) ?? []) : []
  }),
]

const saysNotNull = (condition: string, column: string): boolean =>
  columnsNotNull(condition).includes(column) || refusesNull(condition, column)

/** What this file needs of domain.ts's facts. */
interface DomainChecks {
  readonly checks: readonly { readonly name: string; readonly expression: string }[]
}

/** The domain of the column, where a CHECK of it refuses null. */
const domainRefusingNull = (catalog: Catalog, table: string, column: string): readonly Structure[] => {
  const found = catalog.tables.get(table)?.columns.find((c) => c.name === column)
  if (found?.typeKind !== 'domain') return []
  const domain = catalog.structures.get(typeId('domain', { schema: found.typeSchema, name: found.typeName }))
  const checks = (domain?.facts as DomainChecks | undefined)?.checks ?? []
  return domain && checks.some(({ expression }) => saysNotNull(expression, 'value')) ? [domain] : []
}

const checksSayingNotNull = (catalog: Catalog, table: string, column: string): readonly Structure[] => {
  const own = (catalog.of(table, 'check') as readonly Structure<CheckFacts>[]).filter(
    ({ facts }) =>
      !facts.notEnforced && facts.columns.includes(column) && saysNotNull(facts.expression, column),
  )
  const parent = catalog.tables.get(table)?.partitionOf ?? null
  return parent === null ? own : [...own, ...checksSayingNotNull(catalog, parent, column)]
}

/** CHECKs of the table, of those that it inherits from, and of the column's domain, that refuse null in the column. */
export const checksRefusingNull = (catalog: Catalog, table: string, column: string): readonly Structure[] => [
  ...domainRefusingNull(catalog, table, column),
  ...checksSayingNotNull(catalog, table, column),
]

/** Why a column never holds null although it may; null when nothing of the catalog says so. */
export const impliedNotNull = (catalog: Catalog, table: string, column: string): string | null => {
  const [check] = checksRefusingNull(catalog, table, column)
  return check ? `${check.table === null ? 'domain' : 'CHECK'} ${check.name} refuses null already` : null
}
