/** Policies that ask their own table again, directly or by another table's policies: PostgreSQL refuses every such statement. */
import { structureId } from '../../ground/names.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { Finding } from '../../prove/result.ts'
import { askEach } from '../../rows/savepoint.ts'
import type { FindingKind } from './finding-kind.ts'
import { guardedTables, type Policy } from './table-policies.ts'

/** A role of every PostgreSQL that nobody is a member of: only policies for PUBLIC are asked of it. */
const ordinary = 'pg_database_owner'

/** Roles whose policies may ask; each is asked as. */
const rolesOf = (policies: readonly Policy[], owner: string): readonly string[] =>
  [...new Set(policies.flatMap(({ facts }) => facts.roles.map((role) => role ?? ordinary)))].filter(
    (role) => role !== owner,
  )

const probes = (table: Table): readonly (readonly [verb: string, sql: string])[] => {
  const name = qualified(table)
  const column = table.columns.find((c) => c.generated === null && c.identity !== 'always')
  return [
    ['reading', `select from ${name}`],
    ['inserting into', `insert into ${name} default values`],
    ...(column ? [['updating', `update ${name} set ${ident(column.name)} = null`] as const] : []),
    ['deleting from', `delete from ${name}`],
  ]
}

interface Case {
  readonly table: Table
  readonly policies: readonly Policy[]
  readonly role: string
  readonly verb: string
  readonly sql: string
}

const casesOf = (catalog: Catalog): readonly Case[] => {
  const schemas = [...new Set([...catalog.tables.values()].map((t) => ident(t.schema)))].join(', ')
  return guardedTables(catalog)
    .filter(({ table }) => table.rowSecurity)
    .flatMap(({ table, policies }) =>
      rolesOf(policies, table.owner).flatMap((role) =>
        probes(table).map(([verb, sql]): Case => ({
          table,
          policies,
          role,
          verb,
          sql: `grant usage on schema ${schemas} to ${ident(role)};\nset local role ${ident(role)};\nexplain (costs off) ${sql}`,
        })),
      ),
    )
}

/** Those with a subquery: one of them asks. */
const asking = (policies: readonly Policy[]): readonly string[] =>
  policies
    .filter(({ facts }) => /\bselect\b/iu.test(`${facts.using ?? ''} ${facts.withCheck ?? ''}`))
    .map(({ name }) => name)

const finding = ({ table, policies, role, verb }: Case): Finding => {
  const names = asking(policies)
  const who = role === ordinary ? 'a role that only policies for PUBLIC are for' : `the role ${role}`
  return {
    code: 'adopt.policy-recursive',
    severity: 'error',
    structure: structureId(table.id, 'table'),
    summary: `${table.id}: ${verb} it as ${who} always breaks: its policies (${names.join(', ')}) come back to it, and PostgreSQL refuses to go round for ever`,
    reason: 'policies ask their own table again',
    why: `EXPLAIN answers 42P17 (infinite recursion detected in policy): a policy's subquery is asked under the policies of the tables that it reads`,
    fix: `put the subquery into a SECURITY DEFINER function with SET search_path = '', whose owner is not bound by the policies of ${qualified(table)}, and call that in the policy`,
  }
}

export const policyRecursive: FindingKind = {
  codes: ['adopt.policy-recursive'],
  find: async ({ copy, catalog }) => {
    const cases = casesOf(catalog)
    const replies = await askEach(
      copy,
      cases.map(({ sql }) => sql),
    )
    const broken = cases.filter((_, i) => replies[i]?.fault?.sqlstate === '42P17')
    // The first that breaks is told: what reads breaks everything that looks for its row.
    const tables = [...new Set(broken.map(({ table }) => table))]
    return tables.map((table) => finding(broken.find((one) => one.table === table)!))
  },
}
