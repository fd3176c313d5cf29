/** Unique and exclusion keys of a table with every column that they look at, as the attacks ask about them. */
import type { Table } from '../../catalog/table.ts'
import type { Session } from '../../postgres/session.ts'
import { regclass } from '../role-privileges.ts'

export interface Key {
  /** The constraint's or index's name. */
  readonly name: string
  readonly isConstraint: boolean
  readonly isExclusion: boolean
  /** Columns alone, no expression, no predicate, not deferrable: ON CONFLICT can name it. */
  readonly isPlain: boolean
  /** Every column that it stands on: in the key, in expressions, in the predicate. */
  readonly columns: readonly string[]
  /** The key's elements as SQL, such as `lower(email)`. */
  readonly elements: readonly string[]
  /** Of the constraint without its name, or CREATE INDEX of the index. */
  readonly definition: string
}

const keys = (table: Table): string => `
select c.relname as name, k.oid is not null as "isConstraint",
       i.indisexclusion as "isExclusion",
       i.indisunique and i.indexprs is null and i.indpred is null and i.indimmediate as "isPlain",
       array(select a.attname from pg_catalog.pg_attribute a
              where a.attrelid = i.indrelid and a.attnum > 0
                and (a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])
                  or exists (select from pg_catalog.pg_depend d
                              where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid
                                and d.refclassid = 'pg_catalog.pg_class'::regclass
                                and d.refobjid = i.indrelid and d.refobjsubid = a.attnum
                                and not (a.attnum = any (i.indkey::int2[]))))
              order by a.attnum) as columns,
       array(select pg_get_indexdef(i.indexrelid, n, true)
               from generate_series(1, i.indnkeyatts) n order by n) as elements,
       coalesce(pg_get_constraintdef(k.oid), pg_get_indexdef(i.indexrelid)) as definition
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  left join pg_catalog.pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
                                       and k.conrelid = i.indrelid
 where i.indrelid = ${regclass(table)} and (i.indisunique or i.indisexclusion)
 order by i.indisprimary desc, c.relname`

/** The primary key first, then by name. */
export const keysOf = (db: Session, table: Table): Promise<Key[]> => db.json<Key>(keys(table))
