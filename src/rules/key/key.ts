/** A key as unique, primaryKey and excludes put it to the test, and the rows that its cases are made of. */
import type { Structure } from '../../catalog/structure.ts'
import type { Family, Row } from '../../rows/rows.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Deferrable } from '../ddl.ts'
import { evaluateRows } from '../evaluate.ts'
import { columnsIn } from '../expression-columns.ts'
import { makeRow, type MadeRow, type UnmadeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'

export interface KeyPart {
  /** SQL text; a quoted identifier for a plain column. */
  readonly sql: string
  readonly columns: readonly string[]
  /** For titles. */
  readonly shown: string
  readonly isColumn: boolean
}

export interface Key {
  readonly parts: readonly KeyPart[]
  readonly where: string | null
  readonly whereColumns: readonly string[]
  /** The structure that the rule claims, with its predicate as PostgreSQL wrote it down. */
  readonly claimed: { readonly id: string; readonly predicate: string | null } | null
  readonly nullsNotDistinct: boolean
  readonly deferrable: Deferrable
  readonly sqlstate: '23505' | '23P01'
  /** Values of the second row that collide with the first one's, for columns where equal ones do not (an exclusion by `<>`). */
  readonly partners: Row
  /** Constraint or index names under which PostgreSQL may report it: never empty. */
  readonly names: readonly string[]
}

/** Of the structures of a kind, the one that the rule claims. */
export const claimedPredicate = (
  structures: readonly Structure<{ readonly predicate: string | null }>[],
  context: Pick<RuleContext, 'claims'>,
): Key['claimed'] => {
  const found = structures.find((s) => context.claims.includes(s.id))
  return found ? { id: found.id, predicate: found.facts.predicate } : null
}

export const keyColumns = (key: Key): readonly string[] => [...new Set(key.parts.flatMap((p) => p.columns))]

/** The columns that a row is written with for a text to be so: those behind computed ones in their place. */
export const writtenColumnsIn = async (
  { table }: Pick<RuleContext, 'table'>,
  expression: string,
): Promise<readonly string[]> => {
  const names = await columnsIn(table, expression)
  const sources = await Promise.all(
    names.map(async (name) => {
      const column = table.columns.find((c) => c.name === name)
      return column?.generated != null ? columnsIn(table, column.default ?? 'null') : [name]
    }),
  )
  return [...new Set(sources.flat())]
}

export const makeKeyPart = async (
  context: Pick<RuleContext, 'table'>,
  part: { readonly column: string | null; readonly expression: string },
): Promise<KeyPart> => {
  const { column, expression } = part
  if (column === null) {
    const columns = await writtenColumnsIn(context, expression)
    return { sql: `(${expression})`, columns, shown: expression, isColumn: false }
  }
  const found = context.table.columns.find((c) => c.name === column)
  // A computed column is an expression that has a name.
  return found?.generated != null && found.default !== null
    ? {
        sql: ident(column),
        columns: await columnsIn(context.table, found.default),
        shown: column,
        isColumn: false,
      }
    : { sql: ident(column), columns: [column], shown: column, isColumn: true }
}

export const pinned = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.map((c) => [c, row[c] ?? 'null']))

/** What a second row needs to collide with this one. */
export const colliding = (key: Key, row: Row): Row => ({
  ...pinned(row, [...keyColumns(key), ...key.whereColumns]),
  ...key.partners,
})

/** A row of family a that the key watches: nothing of it null, its predicate true. */
export const firstRow = async (
  context: RuleContext,
  key: Key,
  base: Row,
  pins: Row = {},
  /** What has to be true of it besides. */
  where: readonly string[] = [],
): Promise<MadeRow | UnmadeRow> => {
  const conditions = [
    ...key.parts.map((p) => `(${p.sql}) is not null`),
    ...where,
    ...(key.where === null ? [] : [`(${key.where})`]),
  ]
  const [judged] = await context.rows.judge(context.table, [base], conditions)
  if (Object.keys(pins).length === 0 && judged?.every((answer) => answer === 't'))
    return { row: base, given: [], refusedBy: null }
  const made = await makeRow(context, context.table, { pins, family: 'a', where: conditions })
  if ('row' in made || !key.nullsNotDistinct) return made
  // Null is a value like others: CHECKs may let one of its columns stand for another.
  const rest = conditions.slice(key.parts.length)
  return makeRow(context, context.table, { pins, family: 'a', where: rest })
}

/** Conditions that a row of another family differ from `row` in every column that its own base row leaves equal. */
export const unlike = async (
  context: RuleContext,
  row: Row,
  family: Family,
  except: readonly string[],
): Promise<readonly string[]> => {
  const other = await context.rows.base(context.table, family)
  if (!other) return []
  const columns = context.table.columns.map((c) => c.name).filter((c) => c in row && !except.includes(c))
  const texts = columns.map((c) => `${ident(c)}::text`)
  const [mine, theirs] = await evaluateRows(context.db, context.table, [row, other], texts)
  if (!mine || !theirs) return []
  return columns.flatMap((c, i) =>
    mine[i] === theirs[i] ? [`${ident(c)}::text is distinct from ${literal(mine[i]!)}`] : [],
  )
}

/** A row that is to be accepted beside `before`: a key that is too narrow may refuse it only when nothing else helps. */
export const acceptedRow = async (
  context: RuleContext,
  wish: Parameters<typeof secondRow>[1],
): Promise<MadeRow | UnmadeRow> => {
  const made = await secondRow(context, { ...wish, until: [] })
  return 'row' in made ? made : secondRow(context, wish)
}

/** A second row beside `before`: as unlike as can be, else only not colliding. */
export const secondRow = async (
  context: RuleContext,
  wish: {
    readonly pins: Row
    readonly before: readonly string[]
    readonly until: readonly string[]
    readonly where?: readonly string[]
    readonly unlike?: readonly string[]
  },
): Promise<MadeRow | UnmadeRow> => {
  const { unlike: different = [], where = [], ...rest } = wish
  if (different.length > 0) {
    const made = await makeRow(context, context.table, {
      ...rest,
      family: 'b',
      where: [...where, ...different],
    })
    if ('row' in made) return made
  }
  return makeRow(context, context.table, { ...rest, family: 'b', where })
}
