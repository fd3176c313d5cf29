/** Columns of a table that a unique or exclusion key or a foreign key stands on: not the ones to change at will. */
import type { Table } from '../../catalog/table.ts'
import type { Session } from '../../postgres/session.ts'
import { regclass } from '../role-privileges.ts'

const keyColumns = (table: Table): string => `
select distinct a.attname as name
  from pg_catalog.pg_attribute a
 where a.attrelid = ${regclass(table)} and a.attnum > 0 and not a.attisdropped
   and (exists (select from pg_catalog.pg_depend d
                  join pg_catalog.pg_index i on i.indexrelid = d.objid
                 where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
                   and d.refobjid = a.attrelid and d.refobjsubid = a.attnum
                   and (i.indisunique or i.indisexclusion))
     or exists (select from pg_catalog.pg_constraint c
                 where c.conrelid = a.attrelid and c.contype in ('p', 'u', 'x', 'f') and a.attnum = any (c.conkey))
     or exists (select from pg_catalog.pg_constraint c
                 where c.confrelid = a.attrelid and c.contype = 'f' and a.attnum = any (c.confkey)))
 order by 1`

export const readKeyColumns = async (db: Session, table: Table): Promise<ReadonlySet<string>> =>
  new Set((await db.json<{ readonly name: string }>(keyColumns(table))).map((row) => row.name))
