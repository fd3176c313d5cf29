/**
 * Rows that share everything but what their keys need to be told apart: the eleventh user of one tenant. Written in
 * several variants, because a CHECK may want its texts in one form only; PostgreSQL says which variant it takes.
 */
import { referencesOf } from '../catalog/references.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Column, Table } from '../catalog/table.ts'
import { literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { keysOfTable } from './load/keys.ts'
import { valueAt } from './load/values.ts'
import type { Row, Rows } from './rows.ts'
import { askEach } from './savepoint.ts'

/** One row of a series and the parents that it needs first. */
interface SeriesRow {
  readonly parents: readonly string[]
  readonly row: Row
}

/** Row number `n`, from 1. */
export type Series = (n: number) => SeriesRow

const isNumber = (column: Column): boolean =>
  /^(?:smallint|integer|bigint|numeric|real|double precision)$/u.test(column.baseType)
const isText = (column: Column): boolean =>
  /^(?:text|character|character varying|citext|name)$/u.test(column.baseType)

/** 1 → `b`, 26 → `ba`: numbers in letters, for texts in which digits are refused. */
const letters = (n: number): string =>
  (n >= 26 ? letters(Math.floor(n / 26)) : '') + String.fromCodePoint(97 + (n % 26))

const fitted = (text: string, column: Column, keep: 'start' | 'end'): string => {
  const limit = column.modifier >= 4 ? column.modifier - 4 : Number.POSITIVE_INFINITY
  if (text.length <= limit) return text
  return keep === 'start' ? text.slice(0, limit) : text.slice(text.length - limit)
}

/** The same text with a number in it, the likeliest to be taken first. */
const textVariants: readonly ((base: string, n: number, column: Column) => string)[] = [
  (base, n, column) => fitted(`${base.slice(0, 1)}${n}${base.slice(1)}`, column, 'start'),
  (base, n, column) => fitted(`${base}${n}`, column, 'end'),
  (base, n) =>
    base.replace(/\d+$/u, (digits) => String(n).padStart(digits.length, '0').slice(-digits.length)),
  (base, n, column) => fitted(`${base.slice(0, 1)}${letters(n)}${base.slice(1)}`, column, 'start'),
  (base, n, column) => fitted(`${base}${letters(n)}`, column, 'end'),
  (base, n, column) => fitted(`${n}${base}`, column, 'start'),
]

const variants = textVariants.length

/** Far from the numbers that the families' base rows have. */
const firstNumber = 5_000

/** `base` is an SQL expression and stays one where it can: a date relative to now() says the same in three months. */
const valueOf = (
  column: Column,
  base: string | undefined,
  text: string | null,
  n: number,
  variant: number,
): string | null => {
  if (base === undefined || text === null) return valueAt(column, String(firstNumber + n))
  if (isText(column)) return literal(textVariants[variant]!(text, n, column))
  if (isNumber(column)) return `(${base}) + ${n}`
  if (/^(?:date|timestamp)/u.test(column.baseType)) {
    const step = column.baseType === 'date' ? 'day' : 'minute'
    return `((${base})::${column.type} + ${n} * interval '1 ${step}')::${column.type}`
  }
  return valueAt(column, String(firstNumber + n))
}

const textsOf = async (db: Session, table: Table, row: Row): Promise<ReadonlyMap<string, string | null>> => {
  const columns = table.columns.filter((c) => row[c.name] !== undefined)
  if (columns.length === 0) return new Map()
  const texts = columns.map((c) => `(${row[c.name]!})::${c.type}::text`)
  const [reply] = await askEach(db, [`select ${texts.join(', ')}`])
  const values = reply?.commands.at(-1)?.rows[0]
  return new Map(columns.map((c, i) => [c.name, values?.[i] ?? null]))
}

/** Columns that have to differ between the rows: of each key one, and one without parents where there is such a one. */
const carriersOf = (table: Table, catalog: Catalog, shared: readonly string[]): readonly string[] => {
  const referencing = new Set(referencesOf(catalog, table.id).flatMap((r) => r.facts.columns))
  const carriers = new Set<string>()
  for (const key of keysOfTable(table, catalog).filter((k) => k.isUnique)) {
    const columns = key.parts.flatMap((p) => p.columns)
    if (columns.some((c) => carriers.has(c))) continue
    const free = columns.filter((c) => !shared.includes(c))
    const carrier = free.findLast((c) => !referencing.has(c)) ?? free.at(-1)
    if (carrier !== undefined) carriers.add(carrier)
  }
  return [...carriers]
}

/** Parents of parents: deeper than this is a cycle. */
const deepest = 3

const seriesOf = async (
  table: Table,
  base: Row,
  parts: { readonly db: Session; readonly catalog: Catalog; readonly rows: Rows },
  shared: readonly string[],
  variant: number,
  depth: number,
): Promise<Series> => {
  const { catalog, db, rows } = parts
  const texts = await textsOf(db, table, base)
  const carriers = carriersOf(table, catalog, shared)
  const parents: {
    readonly columns: readonly string[]
    readonly made: Series
    readonly target: Table
    readonly targetColumns: readonly string[]
  }[] = []
  for (const { facts } of depth >= deepest ? [] : referencesOf(catalog, table.id)) {
    const target = catalog.tables.get(facts.target)
    if (!target || !facts.columns.some((c) => carriers.includes(c))) continue
    const parentBase = await rows.base(target, 'a')
    if (parentBase === null) continue
    // Columns that the child shares between its rows are shared by its parents, too.
    const kept = facts.targetColumns.filter((_, i) => !carriers.includes(facts.columns[i]!))
    const made = await seriesOf(target, parentBase, parts, kept, variant, depth + 1)
    parents.push({ columns: facts.columns, made, target, targetColumns: facts.targetColumns })
  }
  return (n) => {
    const own = Object.fromEntries(
      carriers.flatMap((name) => {
        const column = table.columns.find((c) => c.name === name)
        const value = column ? valueOf(column, base[name], texts.get(name) ?? null, n, variant) : null
        return value === null ? [] : [[name, value] as const]
      }),
    )
    const inherited = parents.map(({ columns, made, target, targetColumns }) => {
      const { parents: above, row } = made(n)
      const values = columns.map((c, i) => [c, row[targetColumns[i]!] ?? 'null'] as const)
      return { values, statements: [...above, rows.insert(target, row)] }
    })
    const fromParents = Object.fromEntries(inherited.flatMap((i) => i.values))
    return { parents: inherited.flatMap((i) => i.statements), row: { ...base, ...own, ...fromParents } }
  }
}

/** One series per variant over the base row of family a; none when there is no base row. `shared`: columns that stay as they are. */
export const makeSeries = async (
  table: Table,
  parts: { readonly db: Session; readonly catalog: Catalog; readonly rows: Rows },
  shared: readonly string[] = [],
): Promise<readonly Series[]> => {
  const base = await parts.rows.base(table, 'a')
  if (base === null) return []
  const all: Series[] = []
  for (let variant = 0; variant < variants; variant++) {
    all.push(await seriesOf(table, base, parts, shared, variant, 0))
  }
  return all
}
