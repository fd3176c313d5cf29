/** The columns of a key of the table that others may point to. */
import type { Table } from '../../catalog/table.ts'
import type { Session } from '../../postgres/session.ts'
import { regclass } from '../role-privileges.ts'

export interface KeyPart {
  readonly name: string
  /** As a column of the same kind is declared. */
  readonly type: string
}

/** The primary key, else a unique key; empty where the table has none. */
export const readKeyOf = (db: Session, table: Table): Promise<readonly KeyPart[]> =>
  db.json<KeyPart>(`
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
  from (select k.conrelid, k.conkey from pg_catalog.pg_constraint k
         where k.conrelid = ${regclass(table)} and k.contype in ('p', 'u')
         order by k.contype <> 'p', k.conname limit 1) k
  cross join lateral unnest(k.conkey) with ordinality p(number, n)
  join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.number
 order by p.n`)
