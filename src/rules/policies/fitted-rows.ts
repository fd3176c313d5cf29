/** Rows of a table that subqueries of policies look into: one as its conditions want it, and others that they tell from it. */
import type { Table } from '../../catalog/table.ts'
import { expressionMutants } from '../../catalog/expression/expressions.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Family, Row } from '../../rows/rows.ts'
import { columnsIn } from '../expression-columns.ts'
import type { RuleContext } from '../rule-kind.ts'
import { readReading, type LookedAt } from './reading.ts'

/** A base row of a table that is looked into. */
export interface Fitting {
  readonly table: Table
  readonly family: Family
  readonly base: Row
  readonly conditions: readonly string[]
  /** Of the conditions those that need nobody to ask: they are about the row alone. */
  readonly steady: readonly string[]
}

export interface Variant {
  readonly row: Row
  readonly differs: readonly string[]
}

/** Conditions that variants are made of. */
const mostConditions = 8

/** Values of one column of the table. */
const mostCompared = 4

export const fittingOf = (
  { catalog }: RuleContext,
  { table, conditions }: Pick<LookedAt, 'table' | 'conditions'>,
  family: Family,
  base: Row,
): Fitting => {
  const steady = conditions.filter((sql) => {
    const reading = readReading(catalog, [sql])
    return reading.settings.length === 0 && !reading.readsRows
  })
  return { table, family, base, conditions, steady }
}

/** What asks who it is compares a column with it: there has to be something to compare. */
const filled = async ({ table, conditions, steady }: Fitting): Promise<readonly string[]> => {
  const others = conditions.filter((sql) => !steady.includes(sql))
  const columns = await Promise.all(others.map((sql) => columnsIn(table, sql)))
  return [...new Set(columns.flat())].map((name) => `${ident(name)} is not null`)
}

/** What the row beside a row must be. */
interface Fit {
  readonly pins: Row
  readonly where: readonly string[]
}

/** The base row as most conditions take it, with what ties it to the policy's row: what contradicts an earlier one is left out. */
export const homeOf = async ({ rows }: RuleContext, fitting: Fitting, pins: Row): Promise<Row> => {
  const { table, family, base, steady } = fitting
  const where = [...steady, ...(await filled(fitting))]
  const tied = Object.fromEntries(Object.entries(pins).filter(([c, value]) => base[c] !== value))
  let home = base
  let taken: Fit = { pins: {}, where: [] }
  const take = async (more: Fit): Promise<boolean> => {
    const all = { pins: { ...taken.pins, ...more.pins }, where: [...taken.where, ...more.where] }
    const solved = await rows.solve(table, { ...all, family })
    if (!('row' in solved)) return false
    home = solved.row
    taken = all
    return true
  }
  const parts: readonly Fit[] = [
    ...Object.entries(tied).map(([c, value]): Fit => ({ pins: { [c]: value }, where: [] })),
    ...where.map((one): Fit => ({ pins: {}, where: [one] })),
  ]
  if (parts.length > 0 && !(await take({ pins: tied, where }))) for (const one of parts) await take(one)
  return home
}

const asCondition = (sql: string): string => `coalesce((${sql}\n), false)`

/** Rows that the conditions tell apart, each named by what makes it differ. */
export const variantsOf = async (
  context: RuleContext,
  { table, family, steady }: Fitting,
): Promise<readonly Variant[]> => {
  const found: Variant[] = []
  for (const sql of steady.slice(0, mostConditions)) {
    const others = expressionMutants(sql).map((m) => asCondition(m.sql))
    const { rows } = await context.rows.distinguish(table, asCondition(sql), others, { family })
    found.push(...rows.map(({ row, differs }) => ({ row, differs })))
  }
  return found
}

/** The row as it is at home, and another value in one column that is compared with who asks, or with the policy's own row. */
export const comparedVariants = async (
  { rows }: RuleContext,
  { table, family, steady }: Fitting,
  on: {
    readonly columns: readonly string[]
    readonly constants: readonly string[]
    readonly home: Row
    /** Whose values are tried too. */
    readonly other: Row | null
    readonly tied: Row
  },
): Promise<readonly Variant[]> => {
  const { home, other, tied } = on
  const held = await Promise.all(steady.map((sql) => columnsIn(table, sql)))
  const compared = table.columns.filter(
    (c) => on.columns.includes(c.name) && !held.flat().includes(c.name) && c.generated === null,
  )
  const found: Variant[] = []
  for (const { name, labels, baseType } of compared) {
    const texts =
      (labels ?? []).length > 0 ? labels! : /^(?:text|character)/u.test(baseType) ? on.constants : []
    const values = [
      ...(other?.[name] === undefined ? [] : [other[name]]),
      ...texts.map((text) => literal(text)),
    ]
    for (const value of values.filter((one) => one !== home[name]).slice(0, mostCompared)) {
      const pins = {
        ...tied,
        ...Object.fromEntries(held.flat().flatMap((c) => (home[c] === undefined ? [] : [[c, home[c]]]))),
        [name]: value,
      }
      const solved = await rows.solve(table, { pins, family })
      if ('row' in solved) found.push({ row: solved.row, differs: Object.keys(pins) })
    }
  }
  return found
}
