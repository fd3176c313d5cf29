/**
 * What every experiment on tenants' schemas stands on: two tenants made by the function under proof, their rows, and
 * who asks for them. Read once per rule, by asking PostgreSQL.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { TenantSchemaRule } from '../../architecture/kinds/tenant-schema.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { RelationName } from '../../ground/names.ts'
import type { Row } from '../../rows/rows.ts'
import type { Attempt } from '../attacks/attack.ts'
import type { Gap } from '../attacks/gap.ts'
import { isTaken, tryOut } from '../attacks/trial.ts'
import type { Asker, World } from '../experiment.ts'
import { settingsOf } from '../isolated-by/identity.ts'
import { readRolePrivileges, type RolePrivileges } from '../role-privileges.ts'
import type { RuleContext } from '../rule-kind.ts'
import { createDdl, dropDdl, insteadOf, migrateDdl } from './design.ts'

export interface SchemaTenant {
  readonly family: 'a' | 'b'
  /** "tenant a", for titles. */
  readonly title: string
  /** As the functions take it. */
  readonly name: string
  /** Its schema and its role. */
  readonly own: string
  /** The rule's table in its schema, quoted. */
  readonly relation: string
  readonly asker: Asker
}

/** Both tenants' tables with rows in them. */
export interface Filled {
  /** Parents of rows, in every schema. */
  readonly empty: World
  /** And the table's rows: a's in a's schema, b's in b's, both in the template. */
  readonly both: World
  readonly rows: Readonly<Record<'a' | 'b', Row>>
  /** Finds a tenant's row. */
  readonly keys: Readonly<Record<'a' | 'b', string>>
}

export interface SchemaGround {
  readonly rule: TenantSchemaRule
  readonly context: RuleContext
  /** The role of the identity, which becomes the tenants' roles. */
  readonly app: string
  readonly owner: string
  readonly tenants: readonly [SchemaTenant, SchemaTenant]
  /** Both tenants made, no rows. */
  readonly made: World
  readonly filled: Filled | Gap
  /** What the template's role may do with the table in the template. */
  readonly may: RolePrivileges
  /** This rule tells of the functions and the template as a whole, for all tables of the template. */
  readonly isFirst: boolean
  readonly mends: { readonly create: string; readonly migrate: string; readonly drop: string }
}

export const call = (name: RelationName, argument: string | null): string =>
  `select ${qualified(name)}(${literal(argument)})`

/** Run by the owner, then as whoever it was before. */
export const asOwner = (
  ground: Pick<SchemaGround, 'owner'>,
  ...sql: readonly string[]
): readonly string[] => [`set local role ${ident(ground.owner)}`, ...sql, 'set local role none']

/** Whether a schema or a role of this name is there. */
export const isThere = (own: string): string =>
  `exists (select from pg_catalog.pg_namespace where nspname = ${literal(own)}) or exists (select from pg_catalog.pg_roles where rolname = ${literal(own)})`

const worlds = new Map<string, World>()

/** One object for equal statements: the runner lays a world once for all experiments that share it. */
const sharedWorld = (id: string, statements: readonly string[]): World => {
  const key = statements.join(';\n')
  const known = worlds.get(key)
  if (known) return known
  if (worlds.size > 1_000) worlds.clear()
  const world = { id, statements }
  worlds.set(key, world)
  return world
}

/** The statements that fill the template, for another schema: rows' inserts name their tables in one way alone. */
const inSchema = (statements: readonly string[], template: string, own: string): readonly string[] => {
  const into = `insert into ${ident(template)}.`
  return statements
    .filter((sql) => sql.includes(into))
    .map((sql) => sql.replaceAll(into, `insert into ${ident(own)}.`))
}

const fill = async (
  rule: TenantSchemaRule,
  context: RuleContext,
  made: World,
  tenants: readonly SchemaTenant[],
): Promise<Filled | Gap> => {
  const { rows, table, db } = context
  const parents = await rows.world(table)
  const a = await rows.base(table, 'a')
  const b = await rows.base(table, 'b')
  if (parents.problem !== null || !a || !b)
    return {
      summary: `no rows of ${table.id} were found for two tenants`,
      tried: parents.problem ?? 'the base rows that all constraints accept',
    }
  const inserts = [a, b].map((row) => rows.insert(table, row))
  const statements = [
    ...made.statements,
    ...parents.statements,
    ...tenants.flatMap(({ own }) => inSchema(parents.statements, rule.template, own)),
  ]
  const empty = sharedWorld(`${table.id}+tenants`, statements)
  const both = sharedWorld(`${table.id}+tenants with rows`, [
    ...statements,
    ...inserts,
    ...tenants.flatMap(({ own }, i) => inSchema([inserts[i]!], rule.template, own)),
  ])
  const standing = await tryOut(db, both, { when: ['select 1'] })
  // Where the functions do not work yet the experiments say so; a template that takes no rows is Assay's own fault.
  const template = await tryOut(
    db,
    { statements: [...parents.statements, ...inserts] },
    { when: ['select 1'] },
  )
  if (!isTaken(standing) && !isTaken(template))
    return {
      summary: `rows of two tenants of ${table.id} do not stand beside each other`,
      tried: template.fault?.message ?? '',
    }
  return {
    empty,
    both,
    rows: { a, b },
    keys: { a: rows.where(table, a), b: rows.where(table, b) },
  }
}

const tenantOf = (rule: TenantSchemaRule, context: RuleContext, family: 'a' | 'b'): SchemaTenant => {
  const name = `assay_${family}`
  const own = `${rule.prefix}${name}`
  return {
    family,
    title: `tenant ${family}`,
    name,
    own,
    relation: qualified({ schema: own, name: context.table.name }),
    asker: { role: own, settings: settingsOf({ who: null }, context.architecture, name) },
  }
}

const isSame = (one: TenantSchemaRule, other: TenantSchemaRule): boolean =>
  one.template === other.template && qualified(one.create) === qualified(other.create)

/** The first rule of a template tells of its functions, for all tables. */
export const isFirstOf = (rule: TenantSchemaRule, architecture: Pick<Architecture, 'tables'>): boolean =>
  architecture.tables
    .flatMap((table) => table.rules)
    .find((r): r is TenantSchemaRule => r.kind === 'tenantSchema' && isSame(r as TenantSchemaRule, rule))
    ?.id === rule.id

export const readSchemaGround = async (
  rule: TenantSchemaRule,
  context: RuleContext,
): Promise<SchemaGround | Gap> => {
  const { table, db, architecture, catalog } = context
  const app = architecture.identity?.role
  if (app === undefined)
    return {
      summary: 'nobody is known who asks for a tenant',
      tried: 'the architecture has no identity: give it { identity: { role, settings } }',
    }
  const may = await readRolePrivileges(db, rule.role, table, catalog.major)
  if (!may)
    return {
      summary: `the role ${rule.role}, whose privileges every tenant's role gets, does not exist`,
      tried: 'the migrations make no such role',
    }
  const [maker] = await db.json<{ readonly may: boolean }>(
    `select rolcreaterole or rolsuper as may from pg_catalog.pg_roles where rolname = ${literal(table.owner)}`,
  )
  if (maker?.may !== true)
    return {
      summary: `the owner of ${table.id} may not make roles here, so that no tenant can be made`,
      tried:
        catalog.major < 16
          ? `before PostgreSQL 16 CREATEROLE reaches every role of the server, and a server of the user's is spared that: prove it without --url, or on 16 and later`
          : `its attribute CREATEROLE`,
    }
  let tenants: readonly [SchemaTenant, SchemaTenant]
  try {
    tenants = [tenantOf(rule, context, 'a'), tenantOf(rule, context, 'b')]
  } catch (cause) {
    return {
      summary: 'the identity gives no settings for a tenant "assay_a"',
      tried: `calling identity.settings: ${cause instanceof Error ? cause.message : String(cause)}`,
    }
  }
  const { owner } = table
  const made = sharedWorld(
    `${rule.template}+tenants`,
    asOwner({ owner }, ...tenants.map(({ name }) => call(rule.create, name))),
  )
  return {
    rule,
    context,
    app,
    owner,
    tenants,
    made,
    filled: await fill(rule, context, made, tenants),
    may,
    isFirst: isFirstOf(rule, architecture),
    mends: {
      create: insteadOf(rule.create, createDdl(rule, app)),
      migrate: rule.migrate === null ? '' : insteadOf(rule.migrate, migrateDdl(rule)),
      drop: rule.drop === null ? '' : insteadOf(rule.drop, dropDdl(rule)),
    },
  }
}

/** The verb of this room's files: experiments of one sort, before they have their ids. */
export interface Sort {
  /** Part of the experiments' ids. */
  readonly name: string
  attempts(ground: SchemaGround): Promise<readonly Attempt[]>
}
