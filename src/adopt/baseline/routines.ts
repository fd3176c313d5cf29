/** Functions, procedures and aggregates. Compiled ones are made by superusers only, and left to the reader of what is left over. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Piece } from './piece.ts'
import { createAggregate } from '../../catalog/aggregate.ts'
import { aggregatesSql } from '../../catalog/aggregate-sql.ts'
import { quotedFunction } from '../../catalog/quoted-sql.ts'

interface RoutineRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly sql: string
  readonly kind: 'f' | 'p'
  readonly isLeakproof: boolean
  readonly statement: string
}

const routinesSql = `
  select p.oid::bigint as oid, n.nspname as schema, p.proname as name, p.prokind as kind,
    ${quotedFunction('p', 'n')} as sql, p.proleakproof as "isLeakproof",
    pg_catalog.pg_get_functiondef(p.oid) as statement
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  where p.prokind in ('f', 'p') and l.lanname not in ('c', 'internal')
    and ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
    and not exists (select from pg_catalog.pg_depend made_by
      where made_by.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and made_by.objid = p.oid and made_by.deptype = 'i')`

interface AggregateRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly sql: string
  readonly options: readonly string[]
}

const pieceOf = (
  row: Pick<RoutineRow, 'oid' | 'schema' | 'name' | 'sql'>,
  word: string,
  statement: string,
): Piece => ({
  key: keyOf('pg_proc', row.oid),
  name: `${word} ${row.sql}`,
  section: 'Functions',
  sort: [row.schema, row.name, row.sql],
  statements: [statement],
})

/** Only a superuser says it: the function is made without, and facts.ts names it. Its word stands on a line of attributes. */
const withoutLeakproof = ({ statement, isLeakproof }: RoutineRow): string =>
  isLeakproof
    ? statement.replace(/^((?: [A-Z]+)*?) LEAKPROOF((?: [A-Z]+)*)$/mu, '$1$2').replace(/^\n/mu, '')
    : statement

export const readRoutines: Family = async ({ db }) => [
  ...(await db.json<RoutineRow>(routinesSql)).map((row) =>
    pieceOf(
      row,
      row.kind === 'p' ? 'procedure' : 'function',
      withoutLeakproof(row)
        .trim()
        .replace(/^CREATE OR REPLACE /u, 'CREATE '),
    ),
  ),
  ...(await db.json<AggregateRow>(aggregatesSql)).map((row) =>
    pieceOf(row, 'aggregate', createAggregate(row)),
  ),
]
