/** Values of many rows for columns that a CHECK of their own binds: where those of the type do not fit, those of the base rows, numbered. */
import { checksOf } from '../../catalog/check.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Row } from '../../rows/rows.ts'
import { askEach } from '../../rows/savepoint.ts'

export interface FittingParts {
  /** In a transaction; only asked. */
  readonly db: Session
  readonly catalog: Catalog
  readonly bases: readonly Row[]
  readonly count: number
}

const isText = ({ baseType }: Column): boolean => /^(?:text|character|(?:\w+\.)?citext)/u.test(baseType)

/** The number stands where a pattern is likeliest to bear it. */
const numbered = (value: string): readonly string[] => {
  const text = `(${value})::pg_catalog.text`
  return [`pg_catalog.left(${text}, 1) || n || pg_catalog.substr(${text}, 2)`, `${text} || n`, `n || ${text}`]
}

const inTurn = (values: readonly string[], { type }: Column): string =>
  `(case n % ${values.length} ${values.map((value, i) => `when ${i} then (${value})::${type}`).join(' ')} end)`

const alternatives = (column: Column, bases: readonly Row[]): readonly string[] => {
  const values = [...new Set(bases.flatMap((row) => row[column.name] ?? []))]
  const filled = values.filter((value) => value !== 'null' && value !== 'default')
  const [first] = filled
  if (first === undefined) return []
  return [...(isText(column) ? numbered(first) : []), inTurn(filled, column)]
}

const fitsSql = (column: Column, value: string, checks: readonly string[], count: number): string => `
select pg_catalog.bool_and(${checks.map((check) => `(${check}) is not false`).join(' and ')})
  from (select (${value})::${column.type} as ${ident(column.name)}
          from pg_catalog.generate_series(0::bigint, ${count - 1}) as n) as tried`

/** As given, but for columns whose CHECK some of the given values break and others do not. */
export const fittingValues = async (
  table: Table,
  given: ReadonlyMap<string, string>,
  { db, catalog, bases, count }: FittingParts,
): Promise<ReadonlyMap<string, string>> => {
  const values = new Map(given)
  for (const column of table.columns) {
    const usual = given.get(column.name)
    const checks = checksOf(catalog, table.id)
      .filter(({ facts }) => facts.columns.length === 1 && facts.columns[0] === column.name)
      .map(({ facts }) => facts.expression)
    if (usual === undefined || checks.length === 0) continue
    const tried = [usual, ...alternatives(column, bases)]
    const replies = await askEach(
      db,
      tried.map((value) => fitsSql(column, value, checks, count)),
    )
    const fitting = tried.find((_, i) => replies[i]?.commands.at(-1)?.rows[0]?.[0] === 't')
    if (fitting !== undefined) values.set(column.name, fitting)
  }
  return values
}
