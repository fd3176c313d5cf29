/**
 * Every other role keeps what the policies give it and no more: those that have a privilege on the table, and, where
 * policies are for named roles, one that they do not name.
 */
import type { Table } from '../../catalog/table.ts'
import { ident, literal } from '../../postgres/quote.ts'
import { regclass } from '../role-privileges.ts'
import type { Attack, Attempt } from './attack.ts'
import { attemptsOf, type Bystander } from './bystander.ts'
import type { Tenancy } from './tenancy.ts'

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

/**
 * A role of every PostgreSQL that can be nobody's member, so that only a policy for PUBLIC names it: the database's
 * owner may act as it. It is given every privilege on the table for the length of the experiment.
 */
const unnamed = 'pg_database_owner'

const asUnnamed = ({ table, relation, mends }: Tenancy): Bystander => {
  const columns = table.columns.map((c) => c.name)
  return {
    role: unnamed,
    title: `a role that no policy names (${unnamed}), given every privilege,`,
    trying: [],
    given: [
      `grant usage on schema ${ident(table.schema)} to ${unnamed}`,
      `grant all on ${relation} to ${unnamed}`,
    ],
    may: {
      table: {
        select: true,
        insert: true,
        update: true,
        delete: true,
        truncate: true,
        references: true,
        trigger: true,
        maintain: true,
      },
      columns: { select: columns, insert: columns, update: columns, references: columns },
      schemaUsage: true,
      isOwner: false,
    },
    mend: mends.hole,
  }
}

export const otherRole: Attack = {
  name: 'other-role',
  async attempts(tenancy) {
    const { context, table, role, mends, policies } = tenancy
    const attempts: Attempt[] = []
    for (const { name } of await context.db.json<{ readonly name: string }>(grantees(table, role)))
      attempts.push(
        ...(await attemptsOf(tenancy, {
          role: name,
          title: `the role ${name}`,
          trying: [],
          given: [],
          may: null,
          mend: mends.hole,
        })),
      )
    if (policies.some((p) => !p.isForAll)) attempts.push(...(await attemptsOf(tenancy, asUnnamed(tenancy))))
    return { attempts }
  },
}
