/** What rolled-back rows leave behind in files is taken out: whoever reads a table, and each of its unique keys, visits it. */
import type { Session } from './session.ts'

/** What rolled-back rows have passed through has pages: of a thousand tables a few, besides the catalog. */
const usedRelationsSql = (bytes: number): string => `
  select pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.relname), ', ') as names
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and c.relpersistence <> 't' and pg_catalog.pg_relation_size(c.oid) > ${String(bytes)}`

/** `admin`: of the administrator, on the database that is vacuumed; `bytes`: tables that are larger than this. */
export const vacuumUsed = async (admin: Session, bytes = 0): Promise<void> => {
  const [used] = await admin.json<{ readonly names: string | null }>(usedRelationsSql(bytes))
  if (used?.names != null) await admin.query(`vacuum ${used.names}`)
}
