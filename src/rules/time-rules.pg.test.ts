/** touches, softDeleted and appendOnly beside tenants, checks and foreign keys, all by their own designs, on two versions. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../../test/support/postgres15.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { kindOf } from './kinds.ts'

const shop = architecture('shop', {
  tables: {
    tenants: table('tenants', { id: 'bigint', name: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('name'),
    ]),
    products: table(
      'products',
      {
        tenant_id: 'bigint',
        id: 'bigint',
        slug: 'varchar(100)',
        price: 'numeric(10,2)',
        created_at: 'timestamptz',
        updated_at: 'timestamptz',
        deleted_at: 'timestamptz',
      },
      (t) => [
        t.identity('id'),
        t.primaryKey('tenant_id', 'id'),
        t.required('slug', 'price', 'created_at', 'updated_at'),
        t.defaults({ created_at: 'now()', updated_at: 'now()' }),
        t.unique('tenant_id', 'slug', { where: 'deleted_at is null' }),
        t.references('tenant_id', 'tenants', { onDelete: 'cascade' }),
        t.check('deleted_later', 'deleted_at >= created_at'),
        t.check('updated_later', 'updated_at >= created_at'),
        t.isolatedBy('tenant_id'),
        t.touches('updated_at'),
        t.softDeleted('deleted_at', { grace: '30 days' }),
        t.visibleTo('app', ['select', 'insert', 'update']),
      ],
    ),
    ledger: table(
      'ledger',
      { tenant_id: 'bigint', id: 'bigint', product_id: 'bigint', amount: 'integer', note: 'text' },
      (t) => [
        t.identity('id'),
        t.primaryKey('tenant_id', 'id'),
        t.required('product_id', 'amount'),
        t.references(['tenant_id', 'product_id'], 'products', { onDelete: 'restrict' }),
        t.isolatedBy('tenant_id'),
        t.appendOnly(),
        t.visibleTo('app', ['select', 'insert']),
      ],
    ),
  },
  identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
})

const schema = `create table tenants (id bigint primary key, name text not null);
create table products (
  tenant_id bigint not null references tenants on delete cascade, id bigint generated always as identity,
  slug varchar(100) not null, price numeric(10,2) not null,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now(), deleted_at timestamptz,
  primary key (tenant_id, id),
  constraint deleted_later check (deleted_at >= created_at), constraint updated_later check (updated_at >= created_at));
create unique index products_slug on products (tenant_id, slug) where deleted_at is null;
create table ledger (
  tenant_id bigint not null, id bigint generated always as identity, product_id bigint not null,
  amount integer not null, note text, primary key (tenant_id, id),
  foreign key (tenant_id, product_id) references products on delete restrict);
grant select, insert, update on products to app; grant select, insert on ledger to app;`

const time = ['touches', 'softDeleted', 'appendOnly']

const designs = (major: number): string =>
  shop.tables
    .flatMap((t) => t.rules)
    .filter((rule) => [...time, 'isolatedBy'].includes(rule.kind))
    .flatMap((rule) => kindOf(rule).design(rule, shop, major))
    .join('\n')

const reason = whyNoPostgres15 === '' ? '' : ` (skipped: ${whyNoPostgres15})`

describe.each([
  { on: 'the embedded server', skipped: false, start: null },
  { on: `PostgreSQL 15${reason}`, skipped: whyNoPostgres15 !== '', start: startPostgres15 },
])('rules of time on $on', ({ skipped, start }) => {
  let remote: TestServer | null = null
  let server: Server
  let lab: RuleLab

  beforeAll(async () => {
    if (skipped) return
    remote = start === null ? null : await start()
    server = await startServer(remote === null ? {} : { url: remote.url })
    const database = await server.createDatabase('roles')
    const owner = await server.connect(database, 'owner')
    await owner.query(`do $$ begin create role app; exception when duplicate_object then null; end $$`)
    await owner.end()
    lab = await openRuleLab(server, shop, schema + designs(server.major))
  })

  afterAll(async () => {
    await lab?.close()
    await server?.stop()
    await remote?.stop()
  })

  it.skipIf(skipped)('are green with all others, and red without their structures', async () => {
    expect(lab.faults()).toEqual([])
    const red = await lab.red()
    expect([...red].filter(([, evidence]) => !evidence.proven)).toEqual([])
  })

  it.skipIf(skipped)('notice every mutant of what they claim', async () => {
    const claimed = new Set(lab.rules.filter((r) => time.includes(r.rule.kind)).flatMap((r) => r.claims))
    expect(claimed.size).toBeGreaterThan(8)
    const mutants = await lab.left((s) => claimed.has(s.id) || s.kind === 'function')
    expect(mutants.left).toEqual([])
    expect(mutants.killed).toBeGreaterThan(40)
  })
})
