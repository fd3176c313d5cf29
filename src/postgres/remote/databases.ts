/** The statements that make a database on a server of the user's, the same on every machine as far as it can be. */
import { ident, literal } from '../quote.ts'
import type { Session } from '../session.ts'

/** What an embedded server has in its configuration file. */
const settings: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  client_encoding: 'UTF8',
  default_text_search_config: 'pg_catalog.english',
  default_transaction_isolation: 'read committed',
  search_path: '"$user", public',
  standard_conforming_strings: 'on',
  row_security: 'on',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  synchronous_commit: 'off',
  jit: 'off',
}

/** Messages in English, which only a superuser may decide. */
const superuserSettings: Readonly<Record<string, string>> = { lc_messages: 'C' }

const ctypes = `
select collcollate as name from pg_catalog.pg_collation
 where collprovider = 'c' and collcollate ~* '^C\\.UTF-?8$'
 order by collcollate desc limit 1`

/** Code point order as on the embedded server; letters of all languages are letters where the system knows C.UTF-8. */
export const localeClause = async (admin: Session, major: number): Promise<string> => {
  if (major >= 17) return `locale_provider builtin builtin_locale 'C.UTF-8' lc_collate 'C' lc_ctype 'C'`
  const [found] = await admin.json<{ readonly name: string }>(ctypes)
  return `lc_collate 'C' lc_ctype ${literal(found?.name ?? 'C')}`
}

/** Settings of a database are not copied with it: they are made for each one. */
export const settingStatements = (database: string, superuser: boolean): readonly string[] =>
  Object.entries({ ...settings, ...(superuser ? superuserSettings : {}) }).map(
    ([name, value]) =>
      `alter database ${ident(database)} set ${name} = ${name === 'search_path' ? value : literal(value)}`,
  )
