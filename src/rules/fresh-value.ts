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
  const bases = await basesOf(context, table)
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
  pins: Row = {},
): Promise<readonly string[]> => {
  const found: string[] = []
  while (found.length < mostSolved) {
    const where = [...taken, ...found]
      .filter((sql) => sql !== 'null' && sql !== 'default')
      .map((sql) => `${ident(column.name)} is distinct from cast(${sql} as ${column.type})`)
    let value: string | undefined
    // Where a part of the key follows from what is pinned, the rest is that of another family.
    for (const family of families) {
      const solved = value === undefined ? await rows.solve(table, { where, pins, family }) : null
      const own = solved && 'row' in solved ? solved.row[column.name] : undefined
      if (own !== undefined && own !== 'default' && own !== 'null') value = own
    }
    if (value === undefined) break
    found.push(value)
  }
  const texts = await evaluate(
    db,
    found.map((sql) => `cast(${sql} as ${column.type})`),
  )
  return texts.flatMap((text) => (text == null ? [] : [isNumber(column) ? text : literal(text)]))
}

const basesOf = async ({ rows }: Pick<RuleContext, 'rows'>, table: Table): Promise<readonly Row[]> => {
  const found = await Promise.all(families.map((family) => rows.base(table, family)))
  return found.filter((row) => row !== null)
}

/** Keys of whole rows that the table takes, where a CHECK ties a key to other columns and few of these go with it. */
export const keysOfNewRows = async (
  context: Pick<RuleContext, 'rows' | 'db'>,
  table: Table,
  column: string,
  not: readonly string[] = [],
  /** What the rows have besides. */
  pins: Row = {},
): Promise<readonly string[]> => {
  const found = table.columns.find(({ name }) => name === column)
  if (!found || found.generated !== null || found.identity !== null) return []
  const bases = await basesOf(context, table)
  return solvedKeys(context, table, found, [...bases.flatMap((base) => base[column] ?? []), ...not], pins)
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
  const solved = await keysOfNewRows(context, table, column, not)
  return solved.length > 0 ? solved : values
}
