/**
 * Advice on a real server: candidates are built and measured on loaded rows. Names are odd, a table is bound by a policy,
 * one is partitioned; what is advised is declared again as it is told, and brings the budgets back.
 */
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeIndexedRules } from '../../architecture/kinds/indexed.ts'
import { makeSqlExpression } from '../../architecture/sql-expression.ts'
import { architecture, sql, table } from '../../index.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { withSession } from '../../postgres/with-session.ts'
import { createIndex } from '../../rules/indexed/ddl.ts'
import { adviseQueries, type AdviceWish } from './advise.ts'
import { withExists } from './rewrites/exists-for-in.ts'
import type { Advised, AdviceResult } from './result.ts'

const migration = `
  create table orders (
    tenant_id bigint not null, id bigint not null, user_id bigint not null, state text not null,
    ordered_at timestamptz not null, doc jsonb not null default '{}', primary key (tenant_id, id)
  );
  alter table orders enable row level security;
  alter table orders force row level security;
  create policy own on orders using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
  create table "Odd ""page""" (
    "the key" uuid primary key, "Großer Text" text not null, "it's b\`\${x} desc" bigint not null
  );
  create table events (id bigint not null, kind text not null, at timestamptz not null, primary key (id, at))
    partition by range (at);
  create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
  create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
  create table places (id bigint primary key, tags text[] not null);
  create table muted (author bigint not null);
  create table notes (id bigint primary key, author bigint not null, said text not null);
  create function me() returns bigint language plpgsql stable as
    $$ begin return 1; end $$;
  alter table notes enable row level security;
  create policy mine on notes using (author <> me());
  create role app nologin;
  grant select on all tables in schema public to app;`

const orders = table(
  'orders',
  {
    tenant_id: 'bigint',
    id: 'bigint',
    user_id: 'bigint',
    state: 'text',
    ordered_at: 'timestamptz',
    doc: 'jsonb',
  },
  (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.required('user_id', 'state', 'ordered_at', 'doc'),
    t.isolatedBy('tenant_id'),
  ],
)
const odd = table(
  { schema: 'public', name: 'Odd "page"' },
  { 'the key': 'uuid', 'Großer Text': 'text', "it's b`${x} desc": 'bigint' },
  (t) => [t.primaryKey('the key'), t.required('Großer Text', "it's b`${x} desc")],
)
const events = table('events', { id: 'bigint', kind: 'text', at: 'timestamptz' }, (t) => [
  t.primaryKey('id', 'at'),
  t.required('kind'),
])
const notes = table('notes', { id: 'bigint', author: 'bigint', said: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('author', 'said'),
])
const muted = table('muted', { author: 'bigint' }, (t) => [t.required('author')])
const places = table('places', { id: 'bigint', tags: 'text[]' }, (t) => [
  t.primaryKey('id'),
  t.required('tags'),
])

const shop = () => {
  const all = architecture('shop', {
    tables: { orders, odd, events, notes, muted, places },
    identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
  })
  all.query(
    'recent orders of a user',
    ['orders'],
    (db, p: { user: string }) =>
      db
        .selectFrom('orders')
        .select(['id', 'ordered_at'])
        .where('user_id', '=', p.user)
        .orderBy('ordered_at', 'desc')
        .orderBy('id', 'desc')
        .limit(20),
    { budget: { buffers: 30 }, at: { orders: 1_000_000 } },
  )
  all.query('open orders of a user', ['orders'], (db, p: { user: string }) =>
    db.selectFrom('orders').select(['id']).where('user_id', '=', p.user).where('state', '=', 'open'),
  )
  all.query(
    'orders with a document',
    ['orders'],
    sql(`select id from orders where doc @> :doc`, { doc: 'jsonb' }, { id: 'bigint' }),
    { with: [{ doc: '{"a": 1}' }], budget: { rowsReadPerRow: 50 } },
  )
  all.query(
    'a page by its text',
    ['Odd "page"'],
    sql(
      `select "the key" from "Odd ""page""" p where lower(p."Großer Text") = :text`,
      { text: 'text' },
      { 'the key': 'uuid' },
    ),
  )
  all.query(
    'pages of a number',
    ['Odd "page"'],
    sql(
      `select "the key" from "Odd ""page""" where "it's b\`\${x} desc" = :number order by "Großer Text" desc limit 5`,
      { number: 'bigint' },
      { 'the key': 'uuid' },
    ),
    { budget: { buffers: 9 } },
  )
  all.query(
    'a later page',
    ['Odd "page"'],
    sql(
      `select "the key" from "Odd ""page""" order by "the key" limit 20 offset :skip`,
      { skip: 'bigint' },
      { 'the key': 'uuid' },
    ),
    { with: [{ skip: '5000' }], budget: { rowsReadPerRow: 20 } },
  )
  all.query('events of a kind since', ['events'], (db, p: { kind: string; since: Date }) =>
    db.selectFrom('events').select('id').where('kind', '=', p.kind).where('at', '>=', p.since),
  )
  all.query(
    'places with a tag',
    ['places'],
    sql(`select id from places where tags @> array[:tag]`, { tag: 'text' }, { id: 'bigint' }),
    { with: [{ tag: 'no such tag' }], budget: { buffers: 12 } },
  )
  all.query(
    'notes of who is not muted',
    ['notes', 'muted'],
    sql(
      `select n.id from notes n where n.author not in (select m.author from muted m where m.author < :below)`,
      { below: 'bigint' },
      { id: 'bigint' },
    ),
    { budget: { buffers: 100 }, with: [{ below: '400000' }] },
  )
  return all
}

/** One query over one partitioned table: cheap to ask again. */
const eventsAlone = () => {
  const all = architecture('events', { tables: { events } })
  all.query('events of a kind since', ['events'], (db, p: { kind: string; since: Date }) =>
    db.selectFrom('events').select('id').where('kind', '=', p.kind).where('at', '>=', p.since),
  )
  return all
}

let server: Server
let template: string
let result: AdviceResult

const advise = (wish: Partial<AdviceWish> = {}): Promise<AdviceResult> =>
  adviseQueries({
    architecture: eventsAlone(),
    server,
    template,
    only: [],
    limits: { storage: null, writes: null },
    isForAll: false,
    ...wish,
  })

beforeAll(async () => {
  server = await startServer({})
  template = await server.createDatabase('shop')
  const owner = await server.connect(template, 'owner')
  await owner.query(migration)
  await owner.end()
  await server.admitRoles()
  result = await advise({ architecture: shop() })
})
afterAll(() => server?.stop())

const forTable = (table: string): readonly Advised[] => result.structures.filter((one) => one.table === table)

/** The SQL that a declared rule makes. */
const declaredAs = (rule: string, columns: readonly string[]): string => {
  const place = { table: 'orders', tableColumns: columns, at: null }
  const t = {
    indexed: (...given: Parameters<typeof makeIndexedRules> extends [unknown, ...infer R] ? R : never) =>
      makeIndexedRules(place as never, ...given),
    sql: (parts: TemplateStringsArray, ...names: string[]) => makeSqlExpression(parts, names),
  }
  const rules = runInNewContext(rule, { t }) as ReturnType<typeof makeIndexedRules>
  return createIndex(rules[0]!)
}

describe('advice for broken budgets', () => {
  it('is for the queries whose budget breaks, and leaves only those beyond it that no structure helps', () => {
    expect(result.queries.map(({ id }) => id)).not.toContain('queries/open orders of a user')
    expect(
      result.queries.filter(({ brokenAfter }) => brokenAfter.length > 0).map(({ sentence }) => sentence),
    ).toEqual(['orders with a document', 'a later page', 'notes of who is not muted'])
  })

  it('begins with what is compared, by the policy too, and goes on in the order of the page', () => {
    const [first] = forTable('orders')
    const compared = first!.rule!.replace(`, 'ordered_at desc', 'id desc')`, '').slice('t.indexed('.length)
    expect(compared.split(', ').toSorted()).toEqual([`'tenant_id'`, `'user_id'`])
    expect(first).toMatchObject({
      mends: ['queries/recent orders of a user'],
      // Of the million rows that the query declares.
      bytes: first!.bytesPerRow * 1_000_000,
    })
    expect(first!.walPerInsert).toBeGreaterThan(0)
  })

  it('has the price of each index alone, not that of those that were tried beside it', () => {
    // An entry of a few columns: what a trial with a GIN index put off until later is not in it.
    const prices = forTable('orders').map(({ rule, walPerInsert }) => [rule, walPerInsert! < 400])
    expect(prices.filter(([, isLow]) => !isLow)).toEqual([])
  })

  it('knows expressions, odd names, other methods, and partitioned tables', () => {
    const rules = result.structures.map(({ rule }) => rule)
    expect(rules).toContain(`t.indexed('it\\'s b\`\${x} desc', 'Großer Text desc', { include: ['the key'] })`)
    expect(rules).toContain(
      "t.indexed(t.sql`lower(${'Großer Text'})`, { include: ['Großer Text', 'the key'] })",
    )
    expect(rules).toContain(`t.indexed('tags', { using: 'gin' })`)
    expect(rules).toContain(`t.indexed('kind', 'at', { include: ['id'] })`)
  })

  it('is declared as it is told: the rule makes the same index', () => {
    const columns = ['the key', 'Großer Text', "it's b`${x} desc"]
    for (const { rule, sql: ddl } of forTable('"Odd ""page"""')) {
      const [, parts] = / on "public"\."orders" (?<parts>.*)$/u.exec(declaredAs(rule!, columns))!
      expect(ddl.endsWith(` on "public"."Odd ""page""" ${parts}`), rule!).toBe(true)
    }
  })

  it('says what was told when PostgreSQL refuses a candidate', () => {
    expect(result.refused.map(({ why }) => why)).toContain(
      'data type jsonb has no default operator class for access method "gist" (SQLSTATE 42704)',
    )
  })

  it('tells what is better written otherwise, where the same rows came', () => {
    expect(result.rewrites.map(({ kind, rule }) => [kind, rule])).toEqual([
      ['keyset-for-offset', 'queries/a later page'],
      ['policy-once', 'queries/notes of who is not muted'],
    ])
    const [page, policy] = result.rewrites
    expect(page!.after).toBe(
      'SELECT "the key" FROM "Odd ""page""" WHERE "the key" > $2 ORDER BY "the key" LIMIT 20',
    )
    expect(page!.costAfter).toBeLessThan(page!.costBefore)
    expect(page!.declaration).toBe(
      'sql(`SELECT "the key" FROM "Odd ""page""" WHERE "the key" > :after_1 ORDER BY "the key" LIMIT 20`, ' +
        `{ after_1: 'uuid' }, { 'the key': 'uuid' })`,
    )
    expect(policy).toMatchObject({ declaration: null, callsAfter: 1 })
    expect(policy!.callsBefore).toBeGreaterThan(1_000)
    expect(policy!.after).toBe(
      'alter policy "mine" on "public"."notes" using (author <> ((SELECT public.me())));',
    )
  })

  it('ends with an error only where nothing helps', () => {
    const codes = result.findings.map(({ code, severity, rule }) => `${severity} ${code} ${rule ?? ''}`)
    expect(codes.filter((text) => text.includes('advice.no-help'))).toEqual([
      'error advice.no-help queries/orders with a document',
      'warning advice.no-help queries/a later page',
      'error advice.no-help queries/notes of who is not muted',
    ])
  })
})

describe('exists in place of in', () => {
  it('is written where neither side can be null, under names that mean the same', async () => {
    const catalog = await withSession(server, template, 'owner', readCatalog)
    expect(
      withExists(
        'select id from notes where author not in (select m.author from muted m where m.author < 9)',
        catalog,
      ),
    ).toBe(
      'SELECT id FROM notes WHERE NOT (EXISTS (SELECT 1 FROM muted AS m WHERE m.author < 9 AND m.author = notes.author))',
    )
    const untouched = [
      'select id from notes where author not in (select notes.id from notes)',
      'select id from notes where author not in (select min(author) from muted)',
      'select id from notes where author + 1 not in (select author from muted)',
      'select id from notes where author not in (select author from muted limit 3)',
    ]
    for (const text of untouched) expect(withExists(text, catalog), text).toBeNull()
  })
})

describe('a statement written otherwise that needs an index then', () => {
  it('is told with that index, its price and its rule', async () => {
    const all = architecture('places', { tables: { muted, places } })
    all.query(
      'places that nobody muted',
      ['places', 'muted'],
      sql(`select p.id from places p where p.id < 100 and p.id not in (select m.author from muted m)`),
      { budget: { rowsReadPerRow: 250 } },
    )
    const { rewrites, findings } = await advise({ architecture: all })
    expect(rewrites).toMatchObject([
      {
        kind: 'exists-for-in',
        brokenAfter: [],
        index: { table: 'muted', rule: `t.indexed('author')`, sql: expect.stringMatching(/^create index /u) },
      },
    ])
    expect(rewrites[0]!.index!.walPerInsert).toBeGreaterThan(0)
    expect(findings.find(({ code }) => code === 'advice.exists-for-in')!.fix).toContain(
      `With it, among the rules of muted; assay design writes the migration:\nt.indexed('author'),`,
    )
  })
})

describe('advice on other rows than those that proofs load', () => {
  it('is tried on those, too, and what does not hold there is told', async () => {
    const all = architecture('notes', { tables: { notes, places } })
    all.query(
      'the last notes beyond all places',
      ['notes', 'places'],
      sql(`select id from notes where id not in (select p.id from places p) order by id desc limit 10`),
      { budget: { buffers: 40 } },
    )
    const sizes = () =>
      new Map([
        ['notes', 8_000],
        ['places', 6_000],
      ])
    const { rewrites, findings } = await advise({ architecture: all, sizes })
    expect(rewrites.map(({ kind, brokenAfter }) => [kind, brokenAfter])).toEqual([['exists-for-in', []]])
    // There notes and places have the same numbers.
    expect(findings.filter(({ code }) => code === 'advice.other-rows')).toMatchObject([
      {
        rule: 'queries/the last notes beyond all places',
        summary: expect.stringContaining(
          'on the rows of --rows, and not on those that proofs load: it looks at',
        ),
      },
    ])
  })
})

describe('advice within limits', () => {
  it('takes less of the disk where it may not take all, and says so', async () => {
    const small = await advise({ limits: { storage: 400_000, writes: null } })
    expect(small.structures.map(({ rule }) => rule)).toEqual([`t.indexed('kind', 'at')`])
    expect(small.structures[0]!.bytes).toBeLessThanOrEqual(400_000)
    expect(small.findings.map(({ code }) => code)).toEqual(['advice.structure', 'advice.limited'])
  })

  it('is silent when it was followed', async () => {
    const followed = await server.clone(template, 'followed')
    const owner = await server.connect(followed, 'owner')
    await owner.query(forTable('events')[0]!.sql)
    await owner.end()
    const again = await advise({ template: followed })
    expect([again.queries, again.structures, again.findings]).toEqual([[], [], []])
    await server.dropDatabase(followed)
  })
})
