/** What expressions are for a row, asked of PostgreSQL over a select of the row's own expressions. */
import type { Table } from '../catalog/table.ts'
import type { Session } from '../postgres/session.ts'
import { ident } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { selectEach } from './trial.ts'

/** `(select 1::bigint as "id", …) as "products"`: a row as a relation of its table's name. */
export const rowRelation = (table: Table, row: Row): string => {
  const columns = table.columns.map((c) => `cast(${row[c.name] ?? 'null'} as ${c.type}) as ${ident(c.name)}`)
  return `(select ${columns.join(', ')}) as ${ident(table.name)}`
}

/** Texts of the expressions for each row; null for SQL null; undefined where PostgreSQL refused to evaluate. */
export const evaluateRows = async (
  db: Session,
  table: Table,
  rows: readonly Row[],
  expressions: readonly string[],
): Promise<readonly (readonly (string | null)[] | undefined)[]> => {
  const texts = expressions.map((e) => `(${e})::text`).join(', ')
  const answers = await selectEach(
    db,
    [],
    rows.map((row) => `select ${texts} from ${rowRelation(table, row)}`),
  )
  return answers.map((rowsOfOne) => rowsOfOne?.[0])
}

/** Texts of SQL expressions that stand alone (no columns), such as a default. */
export const evaluate = async (
  db: Session,
  expressions: readonly string[],
): Promise<readonly (string | null | undefined)[]> =>
  (
    await selectEach(
      db,
      [],
      expressions.map((e) => `select (${e})::text`),
    )
  ).map((rows) => rows?.[0]?.[0])
