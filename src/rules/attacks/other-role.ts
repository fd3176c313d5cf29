/** Every other role that has a privilege on the table keeps what the policies give it, and no more. */
import type { Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import { regclass } from '../role-privileges.ts'
import type { Attack, Attempt } from './attack.ts'
import { attemptsOf } from './bystander.ts'

/** Grantees of the table and of its columns that can be asked as; those made to bypass row-level security are left out. */
const grantees = (table: Table, role: string): string => `
select distinct r.rolname as name
  from (select acl from pg_catalog.pg_class c, unnest(c.relacl) acl where c.oid = ${regclass(table)}
        union all
        select acl from pg_catalog.pg_attribute a, unnest(a.attacl) acl where a.attrelid = ${regclass(table)}) granted
 cross join aclexplode(array[granted.acl]) item
  join pg_catalog.pg_roles r on r.oid = item.grantee
 where r.rolname not in (${literal(role)}, ${literal(table.owner)})
   and not r.rolsuper and not r.rolbypassrls and pg_has_role(r.oid, 'MEMBER')
 order by 1`

export const otherRole: Attack = {
  name: 'other-role',
  async attempts(tenancy) {
    const { context, table, role, mends } = tenancy
    const attempts: Attempt[] = []
    for (const { name } of await context.db.json<{ readonly name: string }>(grantees(table, role)))
      attempts.push(
        ...(await attemptsOf(tenancy, {
          role: name,
          title: `the role ${name}`,
          isOwner: false,
          mend: mends.hole,
        })),
      )
    return { attempts }
  },
}
