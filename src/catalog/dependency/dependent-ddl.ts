/** DDL that takes a dependent object away and makes it again as it was: owner, grants and comments included. */
import { ident, identList, literal } from '../../postgres/quote.ts'

interface AclItem {
  /** null: PUBLIC. */
  readonly grantee: string | null
  readonly privilege: string
  readonly grantable: boolean
}

export type Acl = readonly AclItem[] | null

export interface Statements {
  readonly drop: readonly string[]
  readonly create: readonly string[]
}

const roleName = (role: string | null): string => (role === null ? 'public' : ident(role))

/** `comment on view "s"."v" is '…'`, or nothing. */
export const commentOn = (what: string, comment: string | null): readonly string[] =>
  comment === null ? [] : [`comment on ${what} is ${literal(comment)}`]

/**
 * Brings the grants of a fresh object to what they were. `given` are roles that PostgreSQL itself gave rights to
 * when the object was made (PUBLIC for functions, ALTER DEFAULT PRIVILEGES for both).
 */
export const grantsOn = (
  what: string,
  acl: Acl,
  owner: string,
  given: readonly (string | null)[],
): readonly string[] => {
  const strangers = given.filter((role) => role !== owner)
  if (acl === null) {
    return strangers.length === 0 ? [] : [`revoke all on ${what} from ${strangers.map(roleName).join(', ')}`]
  }
  const first = [...new Set([...strangers.map(roleName), ident(owner)])].toSorted()
  return [
    `revoke all on ${what} from ${first.join(', ')}`,
    ...acl.map(
      (item) =>
        `grant ${item.privilege.toLowerCase()} on ${what} to ${roleName(item.grantee)}${item.grantable ? ' with grant option' : ''}`,
    ),
  ]
}

/** Grants on single columns. */
export const columnGrantsOn = (relation: string, column: string, acl: Acl): readonly string[] =>
  (acl ?? []).map(
    (item) =>
      `grant ${item.privilege.toLowerCase()} (${ident(column)}) on ${relation} to ${roleName(item.grantee)}${item.grantable ? ' with grant option' : ''}`,
  )

export interface ViewFacts {
  readonly name: string
  readonly materialized: boolean
  readonly owner: string
  readonly definition: string
  readonly options: readonly string[] | null
  readonly populated: boolean
  readonly comment: string | null
  readonly acl: Acl
  readonly columns: readonly {
    readonly name: string
    readonly comment: string | null
    readonly default: string | null
    readonly acl: Acl
  }[]
}

const option = (text: string): string => {
  const equals = text.indexOf('=')
  return `${text.slice(0, equals)} = ${literal(text.slice(equals + 1))}`
}

/** `relation` is its quoted, qualified name. */
export const viewDdl = (
  relation: string,
  view: ViewFacts,
  defaultGrantees: readonly (string | null)[],
): Statements => {
  const word = view.materialized ? 'materialized view' : 'view'
  const options = view.options === null ? '' : ` with (${view.options.map(option).join(', ')})`
  const body = view.definition.trim().replace(/;$/u, '')
  const data = view.materialized ? ` with ${view.populated ? '' : 'no '}data` : ''
  return {
    drop: [`drop ${word} ${relation}`],
    create: [
      `create ${word} ${relation}${options} as ${body}${data}`,
      `alter ${word} ${relation} owner to ${ident(view.owner)}`,
      ...grantsOn(relation, view.acl, view.owner, defaultGrantees),
      ...commentOn(`${word} ${relation}`, view.comment),
      ...view.columns.flatMap((column) => [
        ...(column.default === null
          ? []
          : [`alter view ${relation} alter column ${ident(column.name)} set default ${column.default}`]),
        ...columnGrantsOn(relation, column.name, column.acl),
        ...commentOn(`column ${relation}.${ident(column.name)}`, column.comment),
      ]),
    ],
  }
}

export interface PolicyFacts {
  readonly name: string
  readonly permissive: boolean
  readonly command: string
  readonly roles: readonly (string | null)[]
  readonly using: string | null
  readonly withCheck: string | null
  readonly comment: string | null
}

export const policyDdl = (relation: string, policy: PolicyFacts): Statements => {
  const name = `${ident(policy.name)} on ${relation}`
  const using = policy.using === null ? '' : ` using (${policy.using})`
  const withCheck = policy.withCheck === null ? '' : ` with check (${policy.withCheck})`
  return {
    drop: [`drop policy ${name}`],
    create: [
      `create policy ${name} as ${policy.permissive ? 'permissive' : 'restrictive'} for ${policy.command}` +
        ` to ${policy.roles.map(roleName).join(', ')}${using}${withCheck}`,
      ...commentOn(`policy ${name}`, policy.comment),
    ],
  }
}

const enabledWords: Readonly<Record<string, string>> = {
  D: 'disable',
  R: 'enable replica',
  A: 'enable always',
}

const enabledAs = (
  relation: string,
  what: 'trigger' | 'rule',
  name: string,
  enabled: string,
): readonly string[] => {
  const word = enabledWords[enabled]
  return word === undefined ? [] : [`alter table ${relation} ${word} ${what} ${ident(name)}`]
}

export interface FiringFacts {
  readonly name: string
  readonly enabled: string
  readonly definition: string
  readonly comment: string | null
}

/** A trigger or a rewrite rule. */
export const firingDdl = (relation: string, what: 'trigger' | 'rule', facts: FiringFacts): Statements => {
  const name = `${ident(facts.name)} on ${relation}`
  return {
    drop: [`drop ${what} ${name}`],
    create: [
      facts.definition.replace(/;$/u, ''),
      ...enabledAs(relation, what, facts.name, facts.enabled),
      ...commentOn(`${what} ${name}`, facts.comment),
    ],
  }
}

const replicaIdentityUsing = (relation: string, index: string, isUsed: boolean): readonly string[] =>
  isUsed ? [`alter table ${relation} replica identity using index ${ident(index)}`] : []

export interface ConstraintFacts {
  readonly name: string
  readonly definition: string
  readonly comment: string | null
  readonly replicaIdentity: boolean
}

export const constraintDdl = (relation: string, facts: ConstraintFacts): Statements => ({
  drop: [`alter table ${relation} drop constraint ${ident(facts.name)}`],
  create: [
    `alter table ${relation} add constraint ${ident(facts.name)} ${facts.definition}`,
    ...replicaIdentityUsing(relation, facts.name, facts.replicaIdentity),
    ...commentOn(`constraint ${ident(facts.name)} on ${relation}`, facts.comment),
  ],
})

export interface IndexFacts {
  readonly name: string
  readonly unique: boolean
  /** ` USING btree (a)` and what follows. */
  readonly rest: string
  readonly comment: string | null
  readonly replicaIdentity: boolean
}

export const indexDdl = (relation: string, index: string, facts: IndexFacts): Statements => ({
  drop: [`drop index ${index}`],
  create: [
    `create ${facts.unique ? 'unique ' : ''}index ${ident(facts.name)} on ${relation}${facts.rest}`,
    ...replicaIdentityUsing(relation, facts.name, facts.replicaIdentity),
    ...commentOn(`index ${index}`, facts.comment),
  ],
})

export interface FunctionFacts {
  readonly kind: string
  /** Quoted, qualified, with its argument types. */
  readonly signature: string
  readonly definition: string
  readonly owner: string
  readonly comment: string | null
  readonly acl: Acl
}

export const functionDdl = (
  facts: FunctionFacts,
  defaultGrantees: readonly (string | null)[],
): Statements => {
  const word = facts.kind === 'p' ? 'procedure' : 'function'
  const name = `${word} ${facts.signature}`
  // Without an access list PUBLIC may execute: that is what it had.
  const given =
    facts.acl === null ? defaultGrantees.filter((role) => role !== null) : [null, ...defaultGrantees]
  return {
    drop: [`drop ${name}`],
    create: [
      facts.definition.trim(),
      `alter ${name} owner to ${ident(facts.owner)}`,
      ...grantsOn(name, facts.acl, facts.owner, given),
      ...commentOn(name, facts.comment),
    ],
  }
}

export const publicationDdl = (
  relation: string,
  facts: {
    readonly name: string
    readonly predicate: string | null
    readonly columns: readonly string[] | null
  },
): Statements => {
  const columns = facts.columns === null ? '' : ` (${identList(facts.columns)})`
  const where = facts.predicate === null ? '' : ` where (${facts.predicate})`
  return {
    drop: [`alter publication ${ident(facts.name)} drop table ${relation}`],
    create: [`alter publication ${ident(facts.name)} add table ${relation}${columns}${where}`],
  }
}

/** PostgreSQL 17 on changes an expression in place; a virtual one from 18 on, where no CHECK of the table forbids it. */
export const expressionDdl = (
  relation: string,
  facts: { readonly column: string; readonly expression: string; readonly notNull: boolean },
): Statements => {
  const column = `alter table ${relation} alter column ${ident(facts.column)}`
  return {
    drop: [...(facts.notNull ? [`${column} drop not null`] : []), `${column} set expression as (null)`],
    create: [
      `${column} set expression as (${facts.expression})`,
      ...(facts.notNull ? [`${column} set not null`] : []),
    ],
  }
}
