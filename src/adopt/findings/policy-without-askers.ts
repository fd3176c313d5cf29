/** Policies for roles that nobody can be, that hold no privilege on the table, or that no policy is asked for. */
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { askJson } from './ask-json.ts'
import type { FindingGround, FindingKind } from './finding-kind.ts'
import { ungrantedSql, type UngrantedRow } from './policy-privileges-sql.ts'
import { commandsOf, guardedTables, policySql, type Policy } from './table-policies.ts'

interface RoleRow {
  readonly name: string
  /** A superuser, or with BYPASSRLS: policies are not asked. */
  readonly bypasses: boolean
  /** It may log in, or a role that may log in is a member of it. */
  readonly reachable: boolean
}

/** Members of members too. PostgreSQL's own roles may be granted at any time, and are left out of the question. */
const rolesSql = (names: readonly string[]): string => `
  with recursive members as (
    select r.oid as role, r.oid as member from pg_catalog.pg_roles r where r.rolname in (${names.map(literal).join(', ')})
    union
    select m.role, a.member from members m join pg_catalog.pg_auth_members a on a.roleid = m.member
  )
  select r.rolname as name, bool_or(r.rolsuper or r.rolbypassrls) as bypasses,
    bool_or(who.rolcanlogin or who.rolsuper) as reachable
  from members m join pg_catalog.pg_roles r on r.oid = m.role join pg_catalog.pg_roles who on who.oid = m.member
  where r.rolname !~ '^pg_'
  group by r.rolname`

/** Only a server in use knows members: on a copy nobody logs in. */
const readRoles = async ({ source, catalog }: FindingGround): Promise<ReadonlyMap<string, RoleRow>> => {
  const names = new Set(
    guardedTables(catalog).flatMap(({ policies }) => policies.flatMap((p) => p.facts.roles)),
  )
  const named = [...names].filter((name) => name !== null)
  if (source === null || named.length === 0) return new Map()
  return new Map((await askJson<RoleRow>(source, rolesSql(named))).map((row) => [row.name, row]))
}

const ungrantedKey = (schema: string, table: string, policy: string, role: string): string =>
  JSON.stringify([schema, table, policy, role])

/** By policy and role; asked where privileges are those in use, or as a dump has them. */
const readUngranted = async ({ source, copy }: FindingGround): Promise<ReadonlyMap<string, UngrantedRow>> =>
  new Map(
    (await askJson<UngrantedRow>(source ?? copy, ungrantedSql(source === null))).map((row) => [
      ungrantedKey(row.schema, row.table, row.policy, row.role),
      row,
    ]),
  )

const inWords = (all: readonly string[]): string =>
  all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`

/** Why no policy is ever asked for a role. */
interface Reason {
  readonly said: string
  /** The privilege alone is missing. */
  readonly ungranted: UngrantedRow | null
}

/** What would let the roles be asked by this policy; none where a privilege alone is not what is missing. */
const grantsOf = (table: Table, policy: Policy, reasons: readonly Reason[]): readonly string[] => {
  const rows = reasons.flatMap(({ ungranted }) => ungranted ?? [])
  if (rows.length < reasons.length) return []
  const to = (some: readonly UngrantedRow[]): string => some.map(({ role }) => ident(role)).join(', ')
  const outside = rows.filter(({ needsSchema }) => needsSchema)
  return [
    ...(outside.length === 0 ? [] : [`grant usage on schema ${ident(table.schema)} to ${to(outside)};`]),
    `grant ${commandsOf(policy).join(', ')} on ${qualified(table)} to ${to(rows)};`,
  ]
}

const finding = (table: Table, policy: Policy, reasons: readonly Reason[]): Finding => {
  const grants = grantsOf(table, policy, reasons)
  const drop = `drop ${policySql(policy)};`
  return {
    code: 'adopt.policy-without-askers',
    severity: 'warning',
    structure: policy.id,
    summary: `${policy.table}: policy ${policy.name} is never asked: ${reasons.map(({ said }) => said).join('; ')}`,
    reason: 'a policy is never asked',
    why: 'it names no role for which PostgreSQL would ask it',
    fix:
      grants.length === 0
        ? `name the roles that are meant, or drop it:\n${drop}`
        : `grant what the policy is about, or drop it:\n${grants.join('\n')}\n-- or: ${drop}`,
  }
}

export const policyWithoutAskers: FindingKind = {
  codes: ['adopt.policy-without-askers'],
  find: async (ground) => {
    const roles = await readRoles(ground)
    const ungranted = await readUngranted(ground)
    return guardedTables(ground.catalog).flatMap(({ table, policies }) => {
      if (!table.rowSecurity) return []
      /** Null when one may be asked, or nobody knows. */
      const whyNever = (role: string, policy: Policy): Reason | null => {
        const because = (said: string, row: UngrantedRow | null = null): Reason => ({ said, ungranted: row })
        if (role === table.owner && !table.forceRowSecurity)
          return because(
            `${role} owns the table and is not bound by its policies (FORCE ROW LEVEL SECURITY is off)`,
          )
        const known = roles.get(role)
        if (known?.bypasses) return because(`${role} bypasses row-level security`)
        if (known && !known.reachable) return because(`${role} may not log in and has no member that may`)
        const row = ungranted.get(ungrantedKey(table.schema, table.name, policy.facts.name, role))
        return row === undefined
          ? null
          : because(`nobody granted ${role} ${inWords(commandsOf(policy))} on the table`, row)
      }
      return policies.flatMap((policy) => {
        const named = policy.facts.roles
        const reasons = named.flatMap((role) => (role === null ? [] : (whyNever(role, policy) ?? [])))
        return reasons.length > 0 && reasons.length === named.length ? [finding(table, policy, reasons)] : []
      })
    })
  },
}
