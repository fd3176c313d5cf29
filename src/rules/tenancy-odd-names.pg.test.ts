/** Names with quotes, dots, spaces and format marks, in the declaration of either shape, are names and nothing else. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRuleLab } from '../../test/support/integrity-lab.ts'
import { apartRules } from '../../test/support/tenant-apart-lab.ts'
import { tenantRules } from '../../test/support/tenant-schema-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { schemaPerTenant } from '../architecture/kinds/tenant-schema.ts'
import { table } from '../architecture/table.ts'
import { ident } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { tenantApart } from './tenant-apart.ts'
import { tenantSchema } from './tenant-schema.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

/** Green and red, and how many experiments there are. */
const prove = async (declared: Architecture, schema: string): Promise<number> => {
  const lab = await openRuleLab(server, declared, schema)
  try {
    expect(lab.faults()).toEqual([])
    for (const [, evidence] of await lab.red()) expect(evidence.proven, evidence.why).toBe(true)
    return Math.max(...lab.rules.map((rule) => rule.experiments.length))
  } finally {
    await lab.close()
  }
}

const template = `the "t.pl" %I$assay$`
const name = `or"d.ers %s'`
const prefix = `te"n %I'_`
const role = `the tenant's "role"`

test('a schema per tenant', async () => {
  const shop = architecture('shop', {
    tables: {
      orders: table({ schema: template, name }, { id: 'bigint', 'to"tal': 'int' }, (t) => [
        t.primaryKey('id'),
        t.isolatedBy(
          schemaPerTenant({ prefix, role, create: 'make "it" %I', migrate: `change 'all'`, drop: 'go; --' }),
        ),
      ]),
    },
    identity: {
      role: `a"pp`,
      settings: (who: { tenant: string }) => ({ search_path: ident(`${prefix}${who.tenant}`) }),
    },
  })
  const relation = `${ident(template)}.${ident(name)}`
  const schema = `
create role ${ident(role)};
create role "a""pp";
create schema ${ident(template)};
grant usage on schema ${ident(template)} to ${ident(role)};
create table ${relation} (id bigint primary key, "to""tal" int);
grant select, insert, update, delete on ${relation} to ${ident(role)};
${tenantRules(shop)
  .flatMap((rule) => tenantSchema.design(rule, shop))
  .join('\n')}`
  expect(await prove(shop, schema)).toBeGreaterThan(100)
})

test('large tenants apart, where the tenant is a text', async () => {
  const shop = architecture('shop', {
    tables: {
      orders: table({ schema: template, name }, { 'te"nant': 'text', 'i%d': 'bigint' }, (t) => [
        t.primaryKey('te"nant', 'i%d'),
        t.isolatedBy('te"nant', { apart: 'set "apart" %I', together: `bring 'back'` }),
      ]),
    },
    identity: {
      role: `another "app"`,
      settings: (who: { tenant: string }) => ({ 'app.tenant': who.tenant }),
    },
  })
  const relation = `${ident(template)}.${ident(name)}`
  const app = `"another ""app"""`
  const schema = `
create role ${app};
create schema ${ident(template)};
grant usage on schema ${ident(template)} to ${app};
create table ${relation} ("te""nant" text not null, "i%d" bigint not null, primary key ("te""nant", "i%d"))
  partition by list ("te""nant");
grant select, insert, update, delete on ${relation} to ${app};
alter table ${relation} enable row level security, force row level security;
create policy own on ${relation} using ("te""nant" = nullif(current_setting('app.tenant', true), ''));
${apartRules(shop)
  .flatMap((rule) => tenantApart.design(rule, shop))
  .join('\n')}`
  expect(await prove(shop, schema)).toBeGreaterThan(80)
})
