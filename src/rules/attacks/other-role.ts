/**
 * Every other role keeps what the policies give it and no more: those that have a privilege on the table, and, where
 * policies are for named roles, one that they do not name. What a policy says of commands that its own role may not
 * run is shown by the owner, who may; where the policy does not bind the owner, by that role, given the privileges.
 */
import type { Table } from '../../catalog/table.ts'
import { ident, literal } from '../../postgres/quote.ts'
import { regclass } from '../role-privileges.ts'
import type { Attack, Attempt } from './attack.ts'
import { attemptsOf, type Bystander } from './bystander.ts'
import type { Tenancy } from './tenancy.ts'

/**
 * Roles that can be asked as, with a privilege on the table or a column of it, or named by a policy; those made to
 * bypass are left out. `role`: the identity's.
 */
const concerned = (table: Table, role: string): string => `
with granted as (
  select item.grantee as oid
    from pg_catalog.pg_class c, aclexplode(c.relacl) item where c.oid = ${regclass(table)}
  union
  select item.grantee
    from pg_catalog.pg_attribute a, aclexplode(a.attacl) item where a.attrelid = ${regclass(table)}
), named as (
  select unnest(p.polroles) as oid from pg_catalog.pg_policy p where p.polrelid = ${regclass(table)}
)
select r.rolname as name, r.oid in (select oid from named) as "isNamed"
  from pg_catalog.pg_roles r
 where (r.oid in (select oid from granted) or r.oid in (select oid from named))
   and r.rolname <> ${literal(table.owner)}
   and (r.rolname <> ${literal(role)}
        or r.oid in (select oid from named) and not pg_has_role(${literal(table.owner)}, r.oid, 'USAGE')
           and not (has_table_privilege(r.oid, ${regclass(table)}, 'insert')
                    and has_table_privilege(r.oid, ${regclass(table)}, 'update')
                    and has_table_privilege(r.oid, ${regclass(table)}, 'delete')))
   and not r.rolsuper and not r.rolbypassrls and pg_has_role(r.oid, 'MEMBER')
 order by 1`

/**
 * A role of every PostgreSQL that can be nobody's member, so that only a policy for PUBLIC names it: the database's
 * owner may act as it.
 */
const unnamed = 'pg_database_owner'

/** With every privilege on the table for the length of the experiment, so that policies alone decide. */
const givenAll = ({ table, relation, mends }: Tenancy, role: string, title: string): Bystander => {
  const columns = table.columns.map((c) => c.name)
  return {
    role,
    title: `${title}, given every privilege,`,
    trying: [],
    given: [
      `grant usage on schema ${ident(table.schema)} to ${ident(role)}`,
      `grant all on ${relation} to ${ident(role)}`,
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

const asItIs = ({ mends }: Tenancy, role: string): Bystander => ({
  role,
  title: `the role ${role}`,
  trying: [],
  given: [],
  may: null,
  mend: mends.hole,
})

export const otherRole: Attack = {
  name: 'other-role',
  async attempts(tenancy) {
    const { context, table, role, policies } = tenancy
    const roles = await context.db.json<{ readonly name: string; readonly isNamed: boolean }>(
      concerned(table, role),
    )
    const bystanders = [
      ...roles.map(({ name, isNamed }) =>
        isNamed ? givenAll(tenancy, name, `the role ${name}`) : asItIs(tenancy, name),
      ),
      ...(policies.some((p) => !p.isForAll)
        ? [givenAll(tenancy, unnamed, `a role that no policy names (${unnamed})`)]
        : []),
    ]
    const attempts: Attempt[] = []
    for (const bystander of bystanders) attempts.push(...(await attemptsOf(tenancy, bystander)))
    return { attempts }
  },
}
