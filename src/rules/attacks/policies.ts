/** The policies of a table as SQL that can be asked of one row, and which of them would let a stranger through. */
import type { Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { regclass } from '../role-privileges.ts'

export type Command = 'select' | 'insert' | 'update' | 'delete'

export interface Policy {
  readonly name: string
  readonly permissive: boolean
  readonly command: Command | 'all'
  /** Names the role, PUBLIC, or a role that it inherits from. */
  readonly applies: boolean
  /** For PUBLIC. */
  readonly isForAll: boolean
  /** SQL over the table's columns; null where the command has none. */
  readonly using: string | null
  readonly check: string | null
  /** Columns of the table that its expressions name. */
  readonly columns: readonly string[]
}

const policiesOf = (table: Table, role: string): string => `
select p.polname as name, p.polpermissive as permissive,
       case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                     when 'd' then 'delete' else 'all' end as command,
       exists (select from unnest(p.polroles) r
                where r = 0 or pg_has_role(${literal(role)}, r, 'USAGE')) as applies,
       0::oid = any (p.polroles) as "isForAll",
       pg_get_expr(p.polqual, p.polrelid) as using,
       pg_get_expr(p.polwithcheck, p.polrelid) as check,
       array(select distinct a.attname from pg_catalog.pg_depend d
               join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
              where d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid
                and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = p.polrelid
              order by 1) as columns
  from pg_catalog.pg_policy p
 where p.polrelid = ${regclass(table)}
 order by p.polname`

/** In order of their names; expressions are written with every name qualified. */
export const readPolicies = async (db: Session, table: Table, role: string): Promise<readonly Policy[]> => {
  const replies = await db.batch([
    'savepoint assay_policies',
    `set local search_path = ''`,
    `select coalesce(json_agg(to_json(p)), '[]'::json)::text from (${policiesOf(table, role)}) p`,
    'rollback to savepoint assay_policies; release savepoint assay_policies',
  ])
  return JSON.parse(replies[2]?.commands[0]?.rows[0]?.[0] ?? '[]') as Policy[]
}

export const concerns = (policy: Policy, command: Command): boolean =>
  policy.applies && (policy.command === 'all' || policy.command === command)

/** What the command asks of an existing row (USING) and of a new one (WITH CHECK, or USING in its place). */
export const askedOfOldRow = (policy: Policy): string | null => policy.using
export const askedOfNewRow = (policy: Policy): string | null => policy.check ?? policy.using
