/**
 * What every attack on a table knows: two tenants with a row each, who asks for them, what the role may do, and
 * the worlds that attacks start from. Read once per rule, by asking PostgreSQL.
 */
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import type { Asker, World } from '../experiment.ts'
import { designIsolation } from '../isolated-by/design.ts'
import { blankSettings, settingsOf } from '../isolated-by/identity.ts'
import { readRolePrivileges, type RolePrivileges } from '../role-privileges.ts'
import type { RuleContext } from '../rule-kind.ts'
import { isGap, type Gap } from './gap.ts'
import { readKeyColumns } from './key-columns.ts'
import { makeMends, type Mends } from './mends.ts'
import { readPolicies, type Policy } from './policies.ts'
import { judgePolicies } from './policy-verdicts.ts'
import { chooseTouch, type Touch } from './touch.ts'
import { isTaken, tryAll, tryOut } from './trial.ts'
import { chooseVisible } from './visible-row.ts'

export interface Tenant {
  readonly family: 'a' | 'b'
  /** "tenant a", for titles. */
  readonly title: string
  /** The tenant column's value, as text and as SQL. */
  readonly value: string
  readonly valueSql: string
  readonly row: Row
  /** Finds its row. */
  readonly key: string
  readonly asker: Asker
}

/** One tenant against another. */
export interface Duel {
  readonly attacker: Tenant
  readonly victim: Tenant
}

export interface Tenancy {
  readonly rule: IsolatedByRule
  readonly context: RuleContext
  readonly table: Table
  /** The table and its tenant column, quoted. */
  readonly relation: string
  readonly column: string
  readonly role: string
  readonly may: RolePrivileges
  /** The role reads what a key predicate needs. */
  readonly readsKey: boolean
  readonly policies: readonly Policy[]
  /** Parents of both tenants' rows; no row of the table. */
  readonly empty: World
  /** The same with one row of either tenant. */
  readonly both: World
  readonly a: Tenant
  readonly b: Tenant
  /** Either way. */
  readonly duels: readonly [Duel, Duel]
  /** A column that the role may change without breaking anything else; null when there is none. */
  readonly touch: Touch | null
  /** Columns of keys. */
  readonly keyColumns: ReadonlySet<string>
  /** Nobody's settings: the empty string, as a SET LOCAL leaves it. */
  readonly nobody: Asker
  readonly mends: Mends
  /** The statement by which the role inserts this tenant's row; null when it may not, or PostgreSQL takes it from nobody. */
  insertOf(tenant: Tenant): string | null
}

const gap = (summary: string, tried: string): Gap => ({ summary, tried })

const roleFacts = (role: string): string => `
select rolsuper or rolbypassrls as bypasses from pg_catalog.pg_roles where rolname = ${literal(role)}`

const askerOf = (rule: IsolatedByRule, context: RuleContext, role: string, value: string): Asker | Gap => {
  try {
    return { role, settings: settingsOf(rule, context.architecture, value) }
  } catch (cause) {
    return gap(
      `the identity gives no settings for a tenant ${JSON.stringify(value)}`,
      `calling identity.settings: ${cause instanceof Error ? cause.message : String(cause)}`,
    )
  }
}

/** The tenant's row with its tenant column written out, even where a default would fill it. */
const explicit = (row: Row, column: string, valueSql: string): Row =>
  column in row ? row : { ...row, [column]: valueSql }

/** The value of the tenant column that PostgreSQL stores for a row. */
const readValue = async (
  { table, db, rows }: RuleContext,
  empty: World,
  row: Row,
  column: string,
): Promise<{ readonly value: string } | Gap> => {
  const read = await tryOut(db, empty, {
    given: [rows.insert(table, row)],
    when: [`select ${ident(column)}::text from ${qualified(table)} where ${rows.where(table, row)}`],
  })
  const value = read.rows[0]?.[0]
  return value == null
    ? gap(`the tenant of a row of ${table.id} is not known`, read.fault?.message ?? `${column} is null`)
    : { value }
}

const readTenants = async (
  rule: IsolatedByRule,
  context: RuleContext,
  role: string,
  empty: World,
  policies: readonly Policy[],
): Promise<readonly [Tenant, Tenant] | Gap> => {
  const { rows, table } = context
  const type = table.columns.find((c) => c.name === rule.column)?.type ?? 'text'
  const found: Tenant[] = []
  for (const family of ['a', 'b'] as const) {
    const base = await rows.base(table, family)
    if (!base)
      return gap(`no row of ${table.id} for tenant ${family}`, 'the base row that all constraints accept')
    const read = await readValue(context, empty, base, rule.column)
    if (isGap(read)) return read
    const asker = askerOf(rule, context, role, read.value)
    if (isGap(asker)) return asker
    const valueSql = base[rule.column] ?? `${literal(read.value)}::${type}`
    const whole = explicit(base, rule.column, valueSql)
    const wish = { family, column: rule.column, valueSql, asker }
    const row = await chooseVisible(context, empty, policies, whole, wish)
    const key = rows.where(table, row)
    found.push({ family, title: `tenant ${family}`, value: read.value, valueSql, row, key, asker })
  }
  const [a, b] = found as [Tenant, Tenant]
  const settings = (tenant: Tenant): string => JSON.stringify(tenant.asker.settings)
  if (a.value !== b.value && settings(a) === settings(b))
    return gap(
      'no setting of the identity carries the tenant',
      `the settings of two tenants are ${settings(a)}`,
    )
  return a.value === b.value
    ? gap(
        `two tenants of ${table.id} could not be told apart`,
        `${rule.column} is ${a.value} in both base rows`,
      )
    : [a, b]
}

/** The insert of each tenant's row with the columns that the role may write, where PostgreSQL takes it at all. */
const readInserts = async (
  context: RuleContext,
  empty: World,
  may: RolePrivileges,
  tenants: readonly Tenant[],
): Promise<ReadonlyMap<Tenant, string>> => {
  const allowed = new Set(may.columns.insert)
  const statements = tenants.map((tenant) => {
    const row = Object.fromEntries(Object.entries(tenant.row).filter(([name]) => allowed.has(name)))
    return context.rows.insert(context.table, row)
  })
  const tried = await tryAll(
    context.db,
    empty,
    statements.map((when) => ({ when: [when] })),
  )
  return new Map(
    tenants.flatMap((tenant, i) =>
      allowed.size > 0 && isTaken(tried[i]!) ? [[tenant, statements[i]!]] : [],
    ),
  )
}

/** Columns that a predicate or a row speaks of, when the role may read them all. */
const readsAll = (may: RolePrivileges, table: Table, key: string): boolean =>
  table.columns.every((c) => !key.includes(ident(c.name)) || may.columns.select.includes(c.name))

export const readTenancy = async (rule: IsolatedByRule, context: RuleContext): Promise<Tenancy | Gap> => {
  const { table, rows, db, architecture, catalog } = context
  const role = architecture.identity?.role
  if (role === undefined)
    return gap(
      `nobody is known who asks for a tenant`,
      'the architecture has no identity: give it { identity: { role, settings } }',
    )
  const may = await readRolePrivileges(db, role, table, catalog.major)
  if (!may) return gap(`the role ${role} of the identity does not exist`, 'the migrations make no such role')
  const empty = await rows.world(table)
  if (empty.problem !== null) return gap(`no parents were found for rows of ${table.id}`, empty.problem)
  const policies = await readPolicies(db, table, role)
  const tenants = await readTenants(rule, context, role, empty, policies)
  if (isGap(tenants)) return tenants
  const [a, b] = tenants
  const both: World = {
    id: `${table.id}+isolated`,
    statements: [...empty.statements, ...tenants.map(({ row }) => rows.insert(table, row))],
  }
  const standing = await tryOut(db, both, { when: ['select 1'] })
  if (!isTaken(standing))
    return gap(
      `rows of two tenants of ${table.id} do not stand beside each other`,
      standing.fault?.message ?? '',
    )
  const nobody: Asker = { role, settings: blankSettings(a.asker.settings) }
  const inserts = await readInserts(context, empty, may, tenants)
  const keyColumns = await readKeyColumns(db, table)
  const [facts] = await db.json<{ readonly bypasses: boolean }>(roleFacts(role))
  const mends = makeMends({
    table,
    role,
    bypasses: facts?.bypasses ?? false,
    isOwner: may.isOwner,
    design: designIsolation(rule, architecture),
    verdicts: await judgePolicies(db, both, table, policies, tenants, nobody),
  })
  return {
    rule,
    context,
    table,
    relation: qualified(table),
    column: ident(rule.column),
    role,
    may,
    readsKey: may.columns.select.length > 0 && readsAll(may, table, a.key),
    policies,
    empty,
    both,
    a,
    b,
    duels: [
      { attacker: a, victim: b },
      { attacker: b, victim: a },
    ],
    touch: await chooseTouch(context, both, may.columns.update, keyColumns, rule.column, tenants),
    keyColumns,
    nobody,
    mends,
    insertOf: (tenant) => inserts.get(tenant) ?? null,
  }
}
