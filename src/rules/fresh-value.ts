/** Values of a column that none of its table's three families has: for parents that nobody references yet. */
import { checksOf } from '../catalog/check.ts'
import type { Column, Table } from '../catalog/table.ts'
import { ident, literal } from '../postgres/quote.ts'
import { cluesOfExpression } from '../rows/constants.ts'
import type { Row } from '../rows/rows.ts'
import { evaluate } from './evaluate.ts'
import type { RuleContext } from './rule-kind.ts'

const families = ['a', 'b', 'c'] as const

const isNumber = (column: Column): boolean =>
  /^(?:smallint|integer|bigint|numeric|real|double)/u.test(column.type)

/** A value made from another one, for types whose candidates are all taken. */
const derivedFrom = (value: string, column: Column): readonly string[] => {
  const type = column.type
  if (isNumber(column)) return [1, 2, 3].map((n) => `(${value}) + ${n}`)
  if (/^(?:date|timestamp)/u.test(type)) return [1, 2, 3].map((n) => `(${value}) - interval '${n} day'`)
  if (/^(?:text|character|citext)/u.test(type))
    return ['d', '-d', '1'].map((s) => `(${value}) || ${literal(s)}`)
  if (type === 'uuid') return ['d1', 'd2', 'd3'].map((s) => literal(`00000000-0000-4000-8000-0000000000${s}`))
  return []
}

/** In a fixed order, written as plain literals; none equals a family's value or one of `not`. */
export const freshValues = async (
  context: Pick<RuleContext, 'rows' | 'db'>,
  table: Table,
  column: string,
  not: readonly string[] = [],
): Promise<readonly string[]> => {
  const found = table.columns.find((c) => c.name === column)
  if (!found) return []
  const bases: Row[] = []
  for (const family of families) {
    const base = await context.rows.base(table, family)
    if (base) bases.push(base)
  }
  const taken = [...bases.flatMap((b) => b[column] ?? []), ...not]
  const last = taken.at(-1)
  const wanted = [
    ...(last === undefined || last === 'null' ? [] : derivedFrom(last, found)),
    ...(await context.rows.candidates(table, column)),
  ]
  const cast = (sql: string): string => `cast(${sql} as ${found.type})`
  const texts = await evaluate(context.db, [...taken, ...wanted].map(cast))
  const seen = new Set<string | null | undefined>([null, undefined, ...texts.slice(0, taken.length)])
  const fresh: string[] = []
  for (const text of texts.slice(taken.length)) {
    if (seen.has(text)) continue
    seen.add(text)
    fresh.push(isNumber(found) && /^-?[\d.]+$/u.test(text!) ? text! : literal(text!))
  }
  return fresh
}

/** Few are asked for; each costs a search. */
const mostSolved = 2

/** Values that only a search finds, where what is known of the type and of the CHECKs is taken or refused. */
const solvedKeys = async (
  { rows, db }: Pick<RuleContext, 'rows' | 'db'>,
  table: Table,
  column: Column,
  taken: readonly string[],
): Promise<readonly string[]> => {
  const found: string[] = []
  while (found.length < mostSolved) {
    const where = [...taken, ...found]
      .filter((sql) => sql !== 'null' && sql !== 'default')
      .map((sql) => `${ident(column.name)} is distinct from cast(${sql} as ${column.type})`)
    const solved = await rows.solve(table, { where })
    const value = 'row' in solved ? solved.row[column.name] : undefined
    if (value === undefined || value === 'default' || value === 'null') break
    found.push(value)
  }
  const texts = await evaluate(
    db,
    found.map((sql) => `cast(${sql} as ${column.type})`),
  )
  return texts.flatMap((text) => (text == null ? [] : [isNumber(column) ? text : literal(text)]))
}

/** Those of them (as `freshValues` has them) that the table's CHECKs over this column alone do not refuse; all where none is left. */
export const freshKeys = async (
  context: Pick<RuleContext, 'rows' | 'db' | 'catalog'>,
  table: Table,
  column: string,
  not: readonly string[] = [],
): Promise<readonly string[]> => {
  const values = await freshValues(context, table, column, not)
  const own = checksOf(context.catalog, table.id)
    .map(({ facts }) => facts.expression)
    .filter((sql) => {
      const columns = cluesOfExpression(sql)?.columns ?? []
      return columns.length === 1 && columns[0] === column
    })
  if (own.length === 0) return values
  const verdicts = await context.rows.judge(
    table,
    values.map((sql) => ({ [column]: sql })),
    own,
  )
  const taken = values.filter((_sql, i) => verdicts[i]!.every((v) => v === 't' || v === null))
  if (taken.length > 0) return taken
  const bases = await Promise.all(families.map((family) => context.rows.base(table, family)))
  const known = [...bases.flatMap((base) => base?.[column] ?? []), ...not]
  const solved = await solvedKeys(
    context,
    table,
    table.columns.find(({ name }) => name === column)!,
    known,
  )
  return solved.length > 0 ? solved : values
}
