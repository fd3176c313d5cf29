/** What of the server decides how expressions are read and rows sorted: recorded in the ledger's head. */
import type { Session } from '../postgres/session.ts'
import type { ProveResult } from './result.ts'

const factsSelect = `
  select (current_setting('server_version_num')::int / 10000) as major,
         (select datcollate from pg_catalog.pg_database where datname = current_database()) as locale,
         array(select extname || ' ' || extversion from pg_catalog.pg_extension
               where extname <> 'plpgsql' order by extname) as extensions`

export const serverFacts = async (db: Session): Promise<ProveResult['server']> =>
  (await db.json<{ major: number; locale: string; extensions: string[] }>(factsSelect))[0]!
