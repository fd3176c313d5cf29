/** Columns whose values nobody chooses: identity, a sequence's next value, uuids, and foreign keys to such. */
import type { Table } from '../../catalog/table.ts'
import type { Session } from '../../postgres/session.ts'
import { regclass } from '../role-privileges.ts'

const surrogates = (table: Table): string => `
with recursive made as (
  select a.attrelid, a.attnum
    from pg_catalog.pg_attribute a
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attnum > 0 and not a.attisdropped
     and (a.attidentity <> '' or a.atttypid = 'pg_catalog.uuid'::regtype
       or (a.attgenerated = '' and pg_get_expr(d.adbin, d.adrelid) ~ '\\mnextval\\(|\\mgen_random_uuid\\(|\\muuid[a-z0-9_]*\\('))
  union
  select c.conrelid, c.conkey[n]
    from made
    join pg_catalog.pg_constraint c on c.contype = 'f' and c.confrelid = made.attrelid
   cross join generate_subscripts(c.confkey, 1) n
   where c.confkey[n] = made.attnum
)
select a.attname as name
  from made join pg_catalog.pg_attribute a on a.attrelid = made.attrelid and a.attnum = made.attnum
 where made.attrelid = ${regclass(table)}
 order by 1`

export const readSurrogates = async (db: Session, table: Table): Promise<ReadonlySet<string>> =>
  new Set((await db.json<{ readonly name: string }>(surrogates(table))).map((row) => row.name))
