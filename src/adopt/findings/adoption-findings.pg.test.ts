/** All kinds of findings together: on a sound schema, read-only, twice alike, with less than all rights, and on a large one. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openFindingLab } from '../../../test/support/finding-lab.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import { adoptionFindings } from './adoption-findings.ts'
import { findingKinds } from './kinds.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

it('every code is told by one kind', () => {
  const codes = findingKinds.flatMap((kind) => kind.codes)
  expect(new Set(codes).size).toBe(codes.length)
  expect(codes.every((code) => /^adopt\.[a-z-]+$/u.test(code))).toBe(true)
})

const sound = `
  create table tenants (id bigint generated always as identity primary key, label text not null unique);
  create table products (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenants,
    slug varchar(100) not null check (slug ~ '^[a-z-]+$'),
    price numeric(10,2) not null check (price >= 0),
    weight double precision check (weight is null or weight > 0),
    made_at timestamptz not null default now(),
    unique (tenant_id, slug), unique (tenant_id, id));
  create table items (
    id bigint generated always as identity primary key,
    tenant_id bigint not null, product_id bigint, count int not null default 1 check (count between 1 and 99),
    foreign key (tenant_id, product_id) references products (tenant_id, id));
  create index on items (tenant_id, product_id);
  alter table products enable row level security;
  alter table items enable row level security;
  create policy own on products using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::bigint));
  create policy own on items using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::bigint));
  create function touch() returns trigger language plpgsql as $$ begin new.made_at := now(); return new; end $$;
  create trigger touched before update on products for each row execute function touch();`

it('a sound schema has none, in use or not', async () => {
  for (const live of [false, true]) {
    const lab = await openFindingLab(server, sound, { live })
    expect(await lab.find()).toEqual([])
    await lab.close()
  }
})

/** Something of everything that is wrong. */
const faulty = `${sound}
  create table faulty (a int check (a = null or a > 0), b int references tenants (id), at timestamp, price real, email text,
    tenant_id bigint);
  create index one on faulty (a); create index two on faulty (a, b); create index three on faulty (a, b);
  create table asleep (id int primary key); create policy p on asleep using (id = 1);
  create function f() returns int language sql security definer as 'select 1';`

it('two runs in two databases say the same, and leave nothing behind', async () => {
  const runs: string[] = []
  for (const before of ['', 'create table noise (i int); drop table noise;']) {
    const lab = await openFindingLab(server, `${before}${faulty}`)
    const found = await lab.find()
    runs.push(JSON.stringify(found))
    expect(found.length).toBeGreaterThan(9)
    // No id of PostgreSQL's, no clock.
    expect(found.every(({ why, fix, summary }) => why !== '' && fix !== '' && summary !== '')).toBe(true)
    await lab.run(`do $$ begin assert not exists (select from pg_class where relname like 'assay%'); end $$`)
    await lab.close()
  }
  expect(runs[1]).toBe(runs[0])
})

it('a role that may only look at the catalog gets what the catalog says', async () => {
  const lab = await openFindingLab(server, faulty)
  const { database } = lab
  await lab.run(
    `create role assay_looker login; revoke all on database "${database}" from public`,
    'administrator',
  )
  const db = await server.connect(database, 'administrator')
  const catalog = await readCatalog(db)
  await db.query('set role assay_looker; set default_transaction_read_only = on')
  const found = await adoptionFindings(db, catalog, { source: db })
  const codes = new Set(found.map(({ code }) => code))
  for (const code of ['check-never-rejects', 'foreign-key-unindexed', 'index-duplicate', 'policies-asleep'])
    expect(codes).toContain(`adopt.${code}`)
  await db.end()
  await lab.run('drop role assay_looker', 'administrator')
  await lab.close()
})

it(
  'round trips do not grow with the number of tables, but with that of CHECKs',
  { timeout: 300_000 },
  async () => {
    const tables = Array.from(
      { length: 120 },
      (
        _,
        i,
      ) => `create table t${i} (id bigint generated always as identity primary key, tenant_id bigint not null,
      kind text not null check (kind in ('a', 'b')), amount numeric(10,2) check (amount >= 0 or kind = 'b'),
      parent bigint references t${Math.max(0, i - 1)}, unique (tenant_id, id));
      create index on t${i} (lower(kind)); alter table t${i} enable row level security;
      create policy own on t${i} using (tenant_id = current_setting('app.tenant')::bigint)`,
    )
    const lab = await openFindingLab(server, tables.join(';\n'))
    const { database } = lab
    const db = await server.connect(database, 'prover')
    const catalog = await readCatalog(db)
    let trips = 0
    const counting: Session = {
      ...db,
      batch: (texts) => {
        trips += 1
        return db.batch(texts)
      },
    }
    const found = await adoptionFindings(counting, catalog)
    expect(found.filter(({ code }) => code === 'adopt.foreign-key-unindexed').length).toBe(120)
    expect(found.filter(({ code }) => code === 'adopt.policy-per-row').length).toBe(120)
    expect(found.filter(({ code }) => code === 'adopt.index-not-leakproof').length).toBe(120)
    expect(trips).toBeLessThan(240 * 6 + 60)
    await db.end()
    await lab.close()
  },
)
