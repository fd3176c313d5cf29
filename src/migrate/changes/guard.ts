/** What decides who may do what: policies, row-level security, grants. Partitions that follow their parent follow here too. */
import { policyDdl } from '../../catalog/dependency/dependent-ddl.ts'
import { grantKind, type GrantFacts } from '../../catalog/grant.ts'
import type { PolicyFacts } from '../../catalog/policy.ts'
import { rowSecurityKind, type RowSecurityFacts } from '../../catalog/row-security.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import { together, withoutOwners, type ChangeContext, type ChangeKind } from './change.ts'

const policy = (structure: Structure): PolicyFacts => structure.facts as PolicyFacts

const relations = ({ relation, followers }: { relation: string; followers: readonly string[] }) => [
  relation,
  ...followers,
]

const roleText = (role: string | null): string => (role === null ? 'public' : ident(role))

/** A policy for the owner is for whoever runs the migration. */
const forOwner = (sql: string, { roles }: PolicyFacts, owner: string): string => {
  if (!roles.includes(owner)) return sql
  const list = ` to ${roles.map(roleText).join(', ')}`
  const own = roles.map((role) => (role === owner ? 'current_user' : roleText(role))).join(', ')
  return sql.replace(list, () => ` to ${own}`)
}

const createPolicy = (structure: Structure, { owner }: ChangeContext): readonly string[] =>
  relations(policy(structure)).flatMap((relation) =>
    withoutOwners(policyDdl(relation, policy(structure)).create).map((sql) =>
      forOwner(sql, policy(structure), owner),
    ),
  )

const dropPolicy = (structure: Structure): readonly string[] =>
  relations(policy(structure)).flatMap((relation) => policyDdl(relation, policy(structure)).drop)

export const policyChange: ChangeKind = {
  make: (structure, context) => together(...createPolicy(structure, context)),
  // In one transaction: there is no moment in which the rows are open.
  alter: (old, next, context) => together(...dropPolicy(old), ...createPolicy(next, context)),
  remove: (structure) => together(...dropPolicy(structure)),
}

type Verb = 'create' | 'drop'

const secured = (structure: Structure, catalog: Catalog, verb: Verb): readonly string[] => {
  const facts = structure.facts as RowSecurityFacts
  return relations(facts).flatMap((relation) =>
    rowSecurityKind[verb](
      { ...(structure as Structure<RowSecurityFacts>), facts: { ...facts, relation } },
      catalog,
    ),
  )
}

/** What the table is to have, and no more: a structure stands for both words. */
const switched = (old: RowSecurityFacts, next: RowSecurityFacts): readonly string[] =>
  relations(next).flatMap((relation) => {
    const say = (what: string): string => `alter table ${relation} ${what} row level security`
    return [
      ...(old.enabled === next.enabled ? [] : [say(next.enabled ? 'enable' : 'disable')]),
      ...(old.forced === next.forced ? [] : [say(next.forced ? 'force' : 'no force')]),
    ]
  })

export const rowSecurityChange: ChangeKind = {
  make: (structure, { after }) => together(...secured(structure, after, 'create')),
  alter: (old, next) => together(...switched(old.facts as RowSecurityFacts, next.facts as RowSecurityFacts)),
  remove: (structure, { before }) => together(...secured(structure, before, 'drop')),
}

/** A fresh table gives nobody anything: nothing has to be revoked first. */
export const grantChange: ChangeKind = {
  make: (structure, { before, after }) => {
    const { facts } = structure as Structure<GrantFacts>
    const statements = grantKind.create(structure as Structure<GrantFacts>, after)
    const isNew = facts.object.kind === 'table' && !before.tables.has(facts.object.id)
    return together(...(isNew ? statements.slice(1) : statements))
  },
  alter: (_old, next, { after }) => together(...grantKind.create(next as Structure<GrantFacts>, after)),
  remove: (structure, { before }) => together(...grantKind.drop(structure as Structure<GrantFacts>, before)),
}
