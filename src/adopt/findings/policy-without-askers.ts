/** Policies for roles that nobody can be, or that no policy is asked for. */
import { literal } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { askJson } from './ask-json.ts'
import type { FindingGround, FindingKind } from './finding-kind.ts'
import { guardedTables, policySql, type Policy } from './table-policies.ts'

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

/** Why no policy is ever asked for this role; null when one may be, or nobody knows. */
type WhyNever = (role: string) => string | null

/** Only a server in use knows members: on a copy nobody logs in. */
const readRoles = async ({ source, catalog }: FindingGround): Promise<ReadonlyMap<string, RoleRow>> => {
  const names = new Set(
    guardedTables(catalog).flatMap(({ policies }) => policies.flatMap((p) => p.facts.roles)),
  )
  const named = [...names].filter((name) => name !== null)
  if (source === null || named.length === 0) return new Map()
  return new Map((await askJson<RoleRow>(source, rolesSql(named))).map((row) => [row.name, row]))
}

const finding = (policy: Policy, reasons: readonly string[]): Finding => ({
  code: 'adopt.policy-without-askers',
  severity: 'warning',
  structure: policy.id,
  summary: `${policy.table}: policy ${policy.name} is never asked: ${reasons.join('; ')}`,
  reason: 'a policy is never asked',
  why: 'it names no role for which PostgreSQL would ask it',
  fix: `name the roles that are meant, or drop it:\ndrop ${policySql(policy)};`,
})

export const policyWithoutAskers: FindingKind = {
  codes: ['adopt.policy-without-askers'],
  find: async (ground) => {
    const roles = await readRoles(ground)
    return guardedTables(ground.catalog).flatMap(({ table, policies }) => {
      if (!table.rowSecurity) return []
      const whyNever: WhyNever = (role) => {
        if (role === table.owner && !table.forceRowSecurity)
          return `${role} owns the table and is not bound by its policies (FORCE ROW LEVEL SECURITY is off)`
        const known = roles.get(role)
        if (known?.bypasses) return `${role} bypasses row-level security`
        return known && !known.reachable ? `${role} may not log in and has no member that may` : null
      }
      return policies.flatMap((policy) => {
        const reasons = policy.facts.roles.map((role) => (role === null ? null : whyNever(role)))
        const all = reasons.filter((reason) => reason !== null)
        return all.length === reasons.length && all.length > 0 ? [finding(policy, all)] : []
      })
    })
  },
}
