/** Policies of row-level security: which rows a role sees and writes. */
import { structureId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { keptName } from '../postgres/remote/marker.ts'
import type { Session } from '../postgres/session.ts'
import { policyDdl, type PolicyFacts as PolicyParts } from './dependency/dependent-ddl.ts'
import { withFollowers } from './partition/template.ts'
import { policyMutants } from './policy/mutants.ts'
import type { Structure, StructureKind } from './structure.ts'
import type { Table } from './table.ts'
import { usedIds, usesSql, type Use } from './uses.ts'

export interface PolicyFacts extends PolicyParts {
  /** `"schema"."table"`. */
  readonly relation: string
  /** Partitions with the same policy: asked directly, they are guarded by their own alone. */
  readonly followers: readonly string[]
}

interface PolicyRow extends PolicyParts {
  readonly table: number
  readonly uses: readonly Use[]
}

const policiesSql = `
  select
    p.polrelid::bigint as table, p.polname as name, p.polpermissive as permissive,
    case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
      else 'all' end as command,
    (select json_agg(case when r.oid <> 0 then pg_catalog.pg_get_userbyid(r.oid) end
      order by r.oid <> 0, pg_catalog.pg_get_userbyid(r.oid) collate "C") from unnest(p.polroles) r(oid)) as roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as "withCheck",
    pg_catalog.obj_description(p.oid, 'pg_policy') as comment,
    ${usesSql('pg_policy', 'p.oid')} as uses
  from pg_catalog.pg_policy p
  order by p.polrelid, p.polname collate "C"`

const roleText = (role: string | null): string => (role === null ? 'PUBLIC' : ident(keptName(role)))

const definitionOf = (policy: PolicyParts): string =>
  [
    `AS ${policy.permissive ? 'PERMISSIVE' : 'RESTRICTIVE'}`,
    `FOR ${policy.command.toUpperCase()}`,
    `TO ${policy.roles.map(roleText).join(', ')}`,
    ...(policy.using === null ? [] : [`USING (${policy.using})`]),
    ...(policy.withCheck === null ? [] : [`WITH CHECK (${policy.withCheck})`]),
  ].join(' ')

const toStructure = (table: Table, row: PolicyRow): Structure<Omit<PolicyFacts, 'followers'>> => {
  const { table: _oid, uses, ...policy } = row
  return {
    id: structureId(table.id, 'policy', policy.name),
    kind: 'policy',
    table: table.id,
    name: policy.name,
    definition: definitionOf(policy),
    // A policy is asked only while row-level security is on.
    dependsOn: [...usedIds(uses), ...(table.rowSecurity ? [structureId(table.id, 'rowSecurity')] : [])],
    facts: { ...policy, relation: qualified(table) },
  }
}

export const policyKind: StructureKind<PolicyFacts> = {
  kind: 'policy',
  isMadeAnew: true,
  onInsert: () => 'rests',
  read: async (db: Session, tables) => {
    const byOid = new Map([...tables.values()].map((t) => [t.oid, t]))
    const rows = await db.json<PolicyRow>(policiesSql)
    const structures = rows.flatMap((row) => {
      const table = byOid.get(row.table)
      return table ? [toStructure(table, row)] : []
    })
    return withFollowers(structures, tables)
  },
  create: ({ facts }) => policyDdl(facts.relation, facts).create,
  drop: ({ facts }) => policyDdl(facts.relation, facts).drop,
  mutants: policyMutants,
  declaredBy: () =>
    't.policies({ … }) with every policy by its name, or t.isolatedBy(…) with the column that tells tenants apart',
}
