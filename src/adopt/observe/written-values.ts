/** Values that are worth writing: those of the base rows, those that the texts of a trigger speak of, old and future times. */
import { referencesOf } from '../../catalog/references.ts'
import type { Column } from '../../catalog/table.ts'
import { parseExpression } from '../../postgres/parse.ts'
import type { Row } from '../../rows/rows.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import { literalText } from './literal-text.ts'
import type { TriggerReads } from './trigger-reads.ts'

const mostValues = 8

export const isTime = (column: Column): boolean => /^(?:timestamp|date)/u.test(column.baseType)

const made = /\bnow\b|current|clock|localtime|uuid|random|nextval/iu

/** As the column keeps it: a zone only where it keeps one. */
const momentOf = (day: string, { baseType }: Column): string => {
  if (baseType === 'date') return `'${day}'`
  return /with time zone/u.test(baseType) ? `'${day} 00:00:00+00'` : `'${day} 00:00:00'`
}

/** Now() stands still in a transaction: a row has to be old for a change of its times to show. */
const longAgo = (column: Column): string => momentOf('2001-01-01', column)
export const farAhead = (column: Column): string => momentOf('2101-01-01', column)

/** Columns that a default makes anew each time, or whose time a trigger may set, with a value that stays. */
export const agedValues = (columns: readonly Column[], reads: TriggerReads, timeOf = longAgo): Row =>
  Object.fromEntries(
    columns.flatMap((column) => {
      if (column.generated !== null || column.typeKind === 'array') return []
      const byDefault = made.test(column.default ?? '')
      if (isTime(column) && (byDefault || reads.wholeRow || reads.columns.includes(column.name)))
        return [[column.name, timeOf(column)] as const]
      if (byDefault && reads.wholeRow && column.baseType === 'uuid')
        return [[column.name, `'00000000-0000-4000-8000-0000000000aa'`] as const]
      return []
    }),
  )

export const parses = (sql: string): boolean => {
  try {
    parseExpression(sql)
    return true
  } catch {
    return false
  }
}

export interface Values {
  readonly column: string
  readonly values: readonly string[]
}

/** For each column of which the families know one value only, another one; no rule that spans columns is asked. */
export const otherValues = async ({ rows, table }: RuleContext, base: Row): Promise<Row> => {
  const found: (readonly [string, string])[] = []
  for (const { name, generated, notNull } of table.columns) {
    const own = base[name]
    if (generated !== null || own === undefined) continue
    const texts = new Set([own, literalText(own)])
    const value = (await rows.candidates(table, name)).find(
      (sql) =>
        sql !== 'default' && !(notNull && sql === 'null') && !texts.has(sql) && !texts.has(literalText(sql)),
    )
    if (value !== undefined) found.push([name, value])
  }
  return Object.fromEntries(found)
}

const unique = (values: readonly (string | undefined)[]): string[] =>
  [...new Set(values.filter((v) => v !== undefined && v !== 'default'))] as string[]

/** Keys of the rows that a column may point to. */
const keysFor = async ({ rows, catalog, table }: RuleContext, column: string): Promise<readonly string[]> => {
  const found: string[] = []
  for (const { facts } of referencesOf(catalog, table.id)) {
    const target = catalog.tables.get(facts.target)
    if (facts.columns.length !== 1 || facts.columns[0] !== column || !target) continue
    for (const family of ['b', 'a'] as const) {
      const key = (await rows.base(target, family))?.[facts.targetColumns[0]!]
      if (key !== undefined) found.push(key)
    }
  }
  return found
}

/** What is worth writing into each of these columns: values of the families, constants of the texts, null. */
export const readValues = async (
  context: RuleContext,
  reads: TriggerReads,
  names: readonly string[],
): Promise<readonly Values[]> => {
  const { rows, table } = context
  const bases = [await rows.base(table, 'a'), await rows.base(table, 'b'), await rows.base(table, 'c')]
  const texts = reads.texts.filter(parses)
  const found: Values[] = []
  for (const name of names) {
    const column = table.columns.find((c) => c.name === name)
    if (!column || column.generated !== null) continue
    const typical = [...bases.map((base) => base?.[name]), ...(await keysFor(context, name))]
    const spoken = await rows.candidates(table, name, texts)
    const plain = new Set(texts.length === 0 ? [] : await rows.candidates(table, name))
    const isNamed = (value: string): boolean => reads.constants.has(literalText(value) ?? value)
    const special = [
      ...spoken.filter(isNamed),
      ...spoken.filter((value) => !isNamed(value) && !plain.has(value)),
    ]
    found.push({
      column: name,
      values: unique([
        typical[0],
        ...special.slice(0, mostValues),
        ...(isTime(column) ? [longAgo(column), farAhead(column)] : []),
        typical[1],
        ...typical.slice(3),
        ...(column.notNull ? [] : ['null']),
        ...(special.length < 2 ? spoken.slice(0, 3) : []),
      ]).slice(0, mostValues + 3),
    })
  }
  return found
}

const mostEmptied = 3

/** Without a value that the table requires and a trigger speaks of: it may be the trigger that fills it in. */
export const emptied = (
  { columns }: { readonly columns: readonly Column[] },
  reads: TriggerReads,
): readonly Row[] =>
  columns
    .filter((c) => c.notNull && c.generated === null && reads.columns.includes(c.name))
    .slice(0, mostEmptied)
    .map(({ name }): Row => ({ [name]: 'null' }))

export const differing = (row: Row, base: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([name, value]) => base[name] !== value))

/** Values with which a condition is true and with which it is false. */
export const rowsOfConditions = async (
  { rows, table }: RuleContext,
  { conditions }: TriggerReads,
  base: Row,
): Promise<readonly Row[]> => {
  const found: Row[] = []
  for (const condition of conditions.filter(parses).slice(0, 8)) {
    for (const where of [`(${condition})`, `((${condition}) is not true)`]) {
      const solved = await rows.solve(table, { where: [where] })
      if ('row' in solved) found.push(differing(solved.row, base))
    }
  }
  return [...new Map(found.map((row) => [JSON.stringify(row), row])).values()]
}
