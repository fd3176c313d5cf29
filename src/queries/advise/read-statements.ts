/** The statements that a live database ran, as pg_stat_statements keeps them: with `$1` where values stood. Only read. */
import { AssayError } from '../../ground/errors.ts'
import { PgError } from '../../postgres/fault.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

export interface LiveStatement {
  readonly id: string
  readonly sql: string
  readonly calls: number
  /** Pages that all calls looked at. */
  readonly blocks: number
  /** Who ran it; null: a role that is gone. */
  readonly role: string | null
}

export interface ReadStatements {
  readonly statements: readonly LiveStatement[]
  /** What is kept from the role: statements of others. */
  readonly hidden: { readonly statements: number; readonly calls: number; readonly mend: string } | null
}

/** As many, those first that looked at most pages. */
const mostStatements = 200

const missing = (): AssayError =>
  new AssayError('The database does not keep its statements.', {
    code: 'advise.no-statements',
    exit: 3,
    asked: 'the statements that it runs, from pg_stat_statements',
    found: 'no extension of that name in this database',
    mend: "As a superuser, there:\nalter system set shared_preload_libraries = 'pg_stat_statements';  -- beside what it has; then restart\ncreate extension pg_stat_statements;",
  })

const notLoaded = (cause: PgError): AssayError =>
  new AssayError('The server does not keep its statements.', {
    code: 'advise.no-statements',
    exit: 3,
    asked: 'the statements that it runs, from pg_stat_statements',
    found: cause.fault.message,
    mend: "As a superuser, there, and restart the server:\nalter system set shared_preload_libraries = 'pg_stat_statements';  -- beside what it has",
    cause,
  })

const rightsFor = (user: string): string =>
  `As a superuser, there:\ngrant pg_read_all_stats to "${user.replaceAll('"', '""')}";`

const notShown = (user: string): AssayError =>
  new AssayError(`The role ${user} may not see the statements of others.`, {
    code: 'advise.no-statements',
    exit: 3,
    asked: 'the text of all statements in pg_stat_statements',
    found: '<insufficient privilege> in place of every one',
    mend: rightsFor(user),
  })

const statementsSql = (view: string): string => `
select s.queryid::text as id, s.query as sql, s.calls::float8 as calls, r.rolname::text as role,
       (s.shared_blks_hit + s.shared_blks_read)::float8 as blocks
  from ${view} s
  left join pg_catalog.pg_roles r on r.oid = s.userid
 where s.dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
   and s.toplevel and s.calls > 0
 order by blocks desc, s.queryid
 limit ${mostStatements}`

/** In a read-only transaction. Throws AssayError where they are not kept, or not shown. */
export const readStatements = async (db: Session): Promise<ReadStatements> => {
  const [extension] = await db.json<{ readonly schema: string }>(
    `select n.nspname as schema from pg_catalog.pg_extension e
       join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'`,
  )
  if (!extension) throw missing()
  let rows: readonly (LiveStatement & { readonly sql: string | null })[]
  try {
    rows = await db.json(statementsSql(qualified({ schema: extension.schema, name: 'pg_stat_statements' })))
  } catch (cause) {
    if (cause instanceof PgError && cause.fault.sqlstate === '55000') throw notLoaded(cause)
    throw cause
  }
  const isShown = ({ id, sql }: { readonly id: string | null; readonly sql: string | null }): boolean =>
    id !== null && sql !== null && sql !== '<insufficient privilege>'
  const statements = rows.filter(isShown)
  const hidden = rows.filter((row) => !isShown(row))
  if (rows.length > 0 && statements.length === 0) throw notShown(db.address.user)
  return {
    statements,
    hidden:
      hidden.length === 0
        ? null
        : {
            statements: hidden.length,
            calls: hidden.reduce((sum, { calls }) => sum + calls, 0),
            mend: rightsFor(db.address.user),
          },
  }
}
