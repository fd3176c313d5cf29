/** Proves isolatedBy on a schema: the architectures that the tests share, and what fails of its attacks. */
import type { Architecture } from '../../src/architecture/architecture.ts'
import { architecture } from '../../src/architecture/declare.ts'
import type { IsolatedByRule } from '../../src/architecture/kinds/isolated-by.ts'
import { table } from '../../src/architecture/table.ts'
import type { Server } from '../../src/postgres/server.ts'
import { startServer } from '../../src/postgres/start.ts'
import { isolatedBy } from '../../src/rules/isolated-by.ts'
import type { Written } from '../../src/rules/rule-kind.ts'
import { openLab, runAs, type Failing, type Lab } from './rule-lab.ts'

/** A server with the roles that the schemas grant to. */
export const startWithRoles = async (): Promise<Server> => {
  const server = await startServer({})
  const database = await server.createDatabase('roles')
  await runAs(server, database, 'owner', 'create role app; create role other_role')
  await runAs(
    server,
    database,
    'administrator',
    'create role app_bypassing bypassrls; create role app_member',
  )
  return server
}

export const identity = (role = 'app') => ({
  role,
  settings: (who: { readonly tenant: string }) => ({ 'app.tenant_id': who.tenant }),
})

export const productsTable = (declared = 'products') =>
  table(
    declared,
    { id: 'bigint', tenant_id: 'bigint', slug: 'varchar(100)', price: 'numeric(10,2)' },
    (t) => [t.isolatedBy('tenant_id')],
  )

export const shop = (role = 'app'): Architecture =>
  architecture('shop', { tables: { products: productsTable() }, identity: identity(role) })

export const ruleOf = (declared: Architecture, on = 'products'): IsolatedByRule =>
  declared.tables.find((t) => t.id === on)!.rules.find((r): r is IsolatedByRule => r.kind === 'isolatedBy')!

const itemsTable = table('items', { id: 'bigint', tenant_id: 'bigint', product_id: 'bigint' }, (t) => [
  t.isolatedBy('tenant_id'),
])

export const shopWithItems = architecture('shop', {
  tables: { products: productsTable(), items: itemsTable },
  identity: identity(),
})

export interface Proof {
  readonly lab: Lab
  readonly written: Written
  readonly failing: readonly Failing[]
  readonly rule: IsolatedByRule
}

export interface ProveOptions {
  readonly declared?: Architecture
  readonly on?: string
  readonly admin?: readonly string[]
}

export const prove = async (
  server: Server,
  ddl: string,
  { declared = shop(), on = 'products', admin = [] }: ProveOptions = {},
): Promise<Proof> => {
  const lab = await openLab(server, ddl, admin)
  const rule = ruleOf(declared, on)
  const written = await lab.write(isolatedBy, rule, declared)
  return { lab, written, failing: await lab.failing(written.experiments), rule }
}

/** `read`, `foreign-key`: the attacks among these experiments, each once. */
export const attacksOf = (experiments: readonly { readonly id: string }[]): readonly string[] => [
  ...new Set(experiments.map((e) => e.id.replace(/^.*#/u, '').replace(/-\d+$/u, ''))),
]
