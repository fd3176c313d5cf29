/** What expressions are for a row, asked of PostgreSQL over a select of the row's own expressions. */
import type { Column, Table } from '../catalog/table.ts'
import type { Session } from '../postgres/session.ts'
import { ident } from '../postgres/quote.ts'
import { attemptOn, type AttemptWish } from '../rows/desk.ts'
import { askOnce, readNoTable } from '../rows/known-answers.ts'
import type { Row } from '../rows/rows.ts'

/** `(select 1::bigint as "id", …) as "products"`: a row as a relation of its table's name; these generated columns computed. */
export const rowRelation = (table: Table, row: Row, computed: readonly Column[] = []): string => {
  const columns = table.columns
    .filter((c) => !computed.includes(c))
    .map((c) => `cast(${row[c.name] ?? 'null'} as ${c.type}) as ${ident(c.name)}`)
  const alias = ident(table.name)
  const given = `(select ${columns.join(', ')}) as ${alias}`
  if (computed.length === 0) return given
  const values = computed.map((c) => `cast((${c.default}\n) as ${c.type}) as ${ident(c.name)}`)
  return `(select ${alias}.*, ${values.join(', ')} from ${given}) as ${alias}`
}

/** Generated columns that the expressions may read: one that is not read might fail for nothing. */
const computedIn = (table: Table, expressions: readonly string[]): readonly Column[] =>
  table.columns.filter(
    (c) => c.generated !== null && c.default !== null && expressions.some((e) => e.includes(c.name)),
  )

/** The first row of each; undefined where PostgreSQL refuses it. */
const firstRows = async (
  db: Session,
  selects: readonly string[],
  wish: AttemptWish,
): Promise<readonly (readonly (string | null)[] | undefined)[]> =>
  (await attemptOn(db, [], selects, wish)).replies.map(({ commands, fault }) =>
    fault ? undefined : commands.at(-1)?.rows[0],
  )

/** Texts of the expressions for each row; null for SQL null; undefined where PostgreSQL refused to evaluate. */
export const evaluateRows = async (
  db: Session,
  table: Table,
  rows: readonly Row[],
  expressions: readonly string[],
): Promise<readonly (readonly (string | null)[] | undefined)[]> => {
  const texts = expressions.map((e) => `(${e})::text`).join(', ')
  const computed = computedIn(table, expressions)
  const anywhere = await readNoTable(db, [
    ...expressions,
    ...rows.flatMap((row) => Object.values(row)),
    ...table.columns.map(({ type }) => type),
    ...computed.map((c) => c.default ?? ''),
  ])
  const selects = rows.map((row) => `select ${texts} from ${rowRelation(table, row, computed)}`)
  return firstRows(db, selects, { anywhere, once: true })
}

/** Texts of SQL expressions that stand alone (no columns), such as a default; undefined where PostgreSQL refused one. */
export const evaluate = async (
  db: Session,
  expressions: readonly string[],
): Promise<readonly (string | null | undefined)[]> => {
  if (expressions.length === 0) return []
  const { texts } = await askOnce(db, `texts of ${expressions.join('\n;')}`, expressions, async () => ({
    texts: await evaluateAnew(db, expressions),
  }))
  return texts
}

/** Where nothing that moves is among them they are asked beside whatever stands. */
const evaluateAnew = async (
  db: Session,
  expressions: readonly string[],
): Promise<readonly (string | null | undefined)[]> => {
  const anywhere = await readNoTable(db, expressions)
  const [row] = await firstRows(db, [`select ${expressions.map((e) => `(${e}\n)::text`).join(', ')}`], {
    anywhere,
  })
  if (row?.length === expressions.length) return row
  // One of them is refused, and with it all.
  const each = await firstRows(
    db,
    expressions.map((e) => `select (${e})::text`),
    { anywhere },
  )
  return each.map((one) => one?.[0])
}
