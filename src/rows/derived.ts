/** Values that follow from other columns: what a comparison's other side is for a given row (`subtotal = quantity * price`). */
import type { Column } from '../catalog/table.ts'
import { literal } from '../postgres/quote.ts'
import { neighboursOf } from './column-options.ts'
import { cluesOfExpression, type Comparison } from './constants.ts'
import type { TableFacts } from './facts.ts'
import { valueSelect } from './frame.ts'
import { readNoTable } from './known-answers.ts'
import { textsUnder } from './pattern.ts'
import type { TextPattern } from './pattern-syntax.ts'
import type { FunctionClues } from './function-clues.ts'
import type { RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import { askEach } from './savepoint.ts'

const plainNumber = /^-?\d+(?:\.\d+)?$/u

/** What comparisons ask of a column, each value followed by its neighbours. */
interface Derived {
  /** Of `column = …` as it is written. */
  readonly direct: readonly string[]
  /** Of a comparison solved for the column: `quantity = total / price`. */
  readonly solved: readonly string[]
}

export type DerivedValues = ReadonlyMap<string, Derived>

export const everyDerived = (values: DerivedValues): ReadonlyMap<string, readonly string[]> =>
  new Map([...values].map(([name, { direct, solved }]) => [name, [...direct, ...solved]]))

export const comparisonsIn = (expressions: readonly string[]): readonly Comparison[] => {
  const all = expressions.flatMap((e) => cluesOfExpression(e)?.comparisons ?? [])
  return [...new Map(all.map((c) => [`${c.column} ${c.sql} ${c.equality}`, c])).values()]
}

/** `4` for `4.00`. */
const shortest = (number: string): string =>
  number.includes('.') ? number.replace(/0+$/u, '').replace(/\.$/u, '') : number

/** Patterns that expressions and the column's domain hold it to, and those of the functions that they call with it. */
const patternsOf = (
  column: Column,
  expressions: readonly string[],
  functions: FunctionClues,
): readonly TextPattern[] =>
  [
    ...expressions
      .flatMap((e) => cluesOfExpression(e)?.atoms ?? [])
      .filter((a) => a.columns.length === 1 && a.columns[0] === column.name),
    ...column.domainChecks.flatMap((e) => cluesOfExpression(e)?.atoms ?? []),
  ].flatMap((atom) => [
    ...atom.patterns,
    ...atom.functions.flatMap((called) => functions.atomsOf(...called)).flatMap(({ patterns }) => patterns),
  ])

/** A part of a document may be longer than the column that it is compared with. */
const isTooLong = (text: string, { baseType, modifier }: Column): boolean =>
  /^character|^bpchar/u.test(baseType) && modifier >= 4 && Array.from(text).length > modifier - 4

const relative = /now\(\)|current_|localtime/iu

/** One round trip for all rows. What cannot be computed is left out. */
export const deriveValues = async (
  { db, functions }: Pick<RowGround, 'db' | 'functions'>,
  facts: TableFacts,
  rows: readonly Row[],
  expressions: readonly string[],
): Promise<DerivedValues[]> => {
  const column = (name: string) => facts.table.columns.find((c) => c.name === name && c.generated === null)
  const isRange = (name: string): boolean => {
    const { typeKind, baseType } = column(name)!
    return typeKind === 'range' || (typeKind === 'domain' && /(?<!multi)range$/u.test(baseType))
  }
  const comparisons = comparisonsIn(expressions).filter(
    (c) => column(c.column) && c.columns.every(column) && (!c.ofRange || isRange(c.column)),
  )
  if (comparisons.length === 0) return rows.map(() => new Map())
  const standing = [...new Set([...expressions, ...facts.checks.map((c) => c.expression)])]
  const texts = rows.flatMap((row) =>
    comparisons.map((c) => {
      const used = c.columns.flatMap((name) => {
        const found = column(name)
        return found ? [{ column: found, sql: row[name] ?? 'null' }] : []
      })
      return valueSelect(facts, used, [c.sql])
    }),
  )
  const sources = [...comparisons.map(({ sql }) => sql), ...rows.flatMap((row) => Object.values(row))]
  const replies = await askEach(db, texts, { anywhere: await readNoTable(db, sources) })
  return rows.map((row, r) => {
    const values = new Map<string, { direct: string[]; solved: string[] }>()
    for (const [i, c] of comparisons.entries()) {
      const text = replies[r * comparisons.length + i]?.commands.at(-1)?.rows[0]?.[0]
      const target = column(c.column)
      if (text === null || text === undefined || !target || isTooLong(text, target)) continue
      const both = values.get(c.column) ?? { direct: [], solved: [] }
      if (c.syntax) {
        const found = textsUnder({ syntax: c.syntax, text }, patternsOf(target, standing, functions))
        both.direct.push(...found.map(literal))
        values.set(c.column, both)
        continue
      }
      const known = c.direct ? both.direct : both.solved
      const sources = c.columns.map((name) => row[name] ?? 'null')
      if (sources.some((s) => relative.test(s))) {
        // Stays an expression: written out it would be another text tomorrow.
        const single = c.columns.length === 1 && c.sql === c.columns[0] ? sources[0] : undefined
        const base = single ?? substituted(c.sql, c.columns, sources)
        if (base !== undefined && base !== null) {
          known.push(
            `(${base})`,
            ...['1 day', '1 second', '1 hour'].flatMap((s) => [
              `(${base}) + interval '${s}'`,
              `(${base}) - interval '${s}'`,
            ]),
          )
        }
      } else {
        const value = plainNumber.test(text) ? shortest(text) : literal(text)
        known.push(value, ...neighboursOf(target, text))
      }
      values.set(c.column, both)
    }
    return values
  })
}

/** The expression with its columns written as their values; null when a name is not found as a plain word. */
const substituted = (sql: string, columns: readonly string[], values: readonly string[]): string | null => {
  let text = sql
  for (const [i, name] of columns.entries()) {
    const word = new RegExp(`(?<![\\w."])"?${name.replaceAll(/[^\w]/gu, '\\$&')}"?(?![\\w("])`, 'gu')
    if (!word.test(text)) return null
    const value = values[i] ?? 'null'
    text = text.replaceAll(word, () => `(${value})`)
  }
  return text
}
