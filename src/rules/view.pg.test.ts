/** Views over real schemas: what they show is set beside their query, and every way to break the query is noticed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { materializedView, view, type View } from '../architecture/view.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { openViewLab } from '../../test/support/view-lab.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

const tables = `
  create table users (
    id bigint generated always as identity primary key, email text not null unique, name text not null,
    age int check (age between 0 and 150), deleted_at timestamptz, status text not null default 'open');
  create table orders (
    id bigint generated always as identity primary key, user_id bigint not null references users,
    coupon_of bigint references users, total numeric(10,2) not null check (total >= 0), placed_on date not null);
`

/** Name → query. */
const queries = {
  null_test: `select id, name from users where deleted_at is null`,
  constants: `select id, email from users where status = 'paid' and age >= 18`,
  inner_join: `select o.id, u.name, o.total from orders o join users u on u.id = o.user_id`,
  outer_join: `select u.id, u.name, o.total from users u left join orders o on o.user_id = u.id`,
  nullable_key: `select o.id, u.email from orders o left join users u on u.id = o.coupon_of`,
  grouped: `select user_id, count(*) as n, sum(total) as spent, max(placed_on) as last from orders group by user_id`,
  distinct_rows: `select distinct status from users`,
  cases: `select id, case when age < 18 then 'child' when age < 65 then 'adult' else 'senior' end as kind from users`,
  exist: `select id, name from users u where exists (select 1 from orders o where o.user_id = u.id and o.total > 100)`,
  united: `select email as text from users union select name from users`,
  first_one: `select id, name from users order by age desc nulls last, id limit 1`,
  filtered: `select count(*) filter (where status = 'open') as open, count(*) filter (where deleted_at is not null) as gone from users`,
  with_clause: `with spent as (select user_id, sum(total) as total from orders group by user_id) select u.email, s.total from spent s join users u on s.user_id = u.id where s.total >= 10`,
} as const

describe('views', () => {
  test('every way to break these queries is noticed, or named', async () => {
    const views = Object.fromEntries(Object.entries(queries).map(([name, sql]) => [name, view(name, sql)]))
    const ddl = Object.entries(queries).map(([name, sql]) => `create view ${name} as ${sql}`)
    const lab = await openViewLab(server, [tables, ...ddl].join(';\n'), views)
    try {
      expect(lab.faults()).toEqual([])
      const red = await lab.red()
      expect([...red].filter(([, { proven }]) => !proven)).toEqual([])
      const { killed, left } = await lab.left((s) => s.kind === 'view')
      expect(left).toEqual([])
      expect(killed).toBeGreaterThan(100)
    } finally {
      await lab.close()
    }
  }, 60_000)

  test('one that shows something else is red', async () => {
    const lab = await openViewLab(
      server,
      `${tables}; create view adults as select id, name from users where age > 18; create view other as select id from users`,
      {
        adults: view('adults', 'select id, name from users where age >= 18'),
        other: view('other', 'select id, name from users', { securityBarrier: true }),
        gone: view('gone', 'select id from users'),
      },
    )
    try {
      const faults = lab.faults()
      expect(faults).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^adults\/view: with .* it shows what its query selects.*: expected/u),
          expect.stringMatching(/^other\/view: its columns have the names and types of its query: expected/u),
          expect.stringMatching(/^other\/view: its options are as declared/u),
        ]),
      )
      expect(lab.rule('gone/view').missing).toBe('view gone does not exist')
      expect(lab.rule('gone/view').design).toEqual(['create view "public"."gone" as select id from users;'])
    } finally {
      await lab.close()
    }
  })

  test('writes through it, its check option, its barrier, its rights and its grants', async () => {
    const role = `view_app_${process.pid}`
    const query = `select id, email, name, age, status from users where status <> 'closed' and age < 100`
    const lab = await openViewLab(
      server,
      `${tables}; do $$ begin execute 'create role ${role}'; end $$;
       create view open_users with (security_barrier) as ${query} with cascaded check option;
       create view own_orders with (security_invoker) as select id, total from orders;
       grant select (id, name), update (name) on open_users to ${role}; grant select on own_orders, orders to ${role};
       comment on view open_users is 'who can buy'; comment on column open_users.name is 'as they write it'`,
      {
        open: view('open_users', query, { securityBarrier: true, checkOption: 'cascaded' }, (v) => [
          v.visibleTo(role, { select: ['id', 'name'], update: ['name'] }),
          v.says('who can buy'),
          v.says({ name: 'as they write it' }),
        ]),
        own: view('own_orders', 'select id, total from orders', { securityInvoker: true }, (v) => [
          v.visibleTo(role, 'select'),
        ]),
      } satisfies Record<string, View>,
      { role },
    )
    try {
      expect(lab.faults()).toEqual([])
      const titles = lab.titles('open_users/view').join('\n')
      expect(titles).toMatch(/an update of status to 'closed'\S* through it is refused/u)
      expect(titles).toMatch(/an insert through it/u)
      expect(titles).toMatch(/a function of who asks sees no row that it does not show/u)
      expect(titles).toContain(`${role} reads it without any right on its tables`)
      expect(lab.titles('own_orders/view').join('\n')).toContain('with rights of its own: refused')
      const red = await lab.red()
      expect([...red].filter(([, { proven }]) => !proven)).toEqual([])
      const { left } = await lab.left((s) => s.table === null)
      expect(left).toEqual([])
    } finally {
      await lab.close()
    }
  }, 30_000)

  test('a materialized view is stale until it is refreshed', async () => {
    const query = `select user_id, sum(total) as spent from orders group by user_id`
    const index = `create unique index spending_key on spending (user_id)`
    const lab = await openViewLab(
      server,
      `${tables}; create materialized view spending as ${query}; ${index}; comment on materialized view spending is 'by night'`,
      { spending: materializedView('spending', query, { indexes: index }, (v) => [v.says('by night')]) },
    )
    try {
      expect(lab.faults()).toEqual([])
      expect(lab.titles('spending/materializedView')).toEqual(
        expect.arrayContaining([
          'it stays as it was until it is refreshed',
          'it is refreshed while others read it',
          'its indexes are those that are declared',
        ]),
      )
      const { killed, left } = await lab.left((s) => s.table === null)
      expect(left).toEqual([])
      expect(killed).toBeGreaterThan(2)
    } finally {
      await lab.close()
    }
  })

  test('hostile names, forced row-level security and views over views', async () => {
    const odd = `"o'd d ""\`\${x}"`
    const under = `select "i d", "wo rd" from sch.${odd} where "wo rd" <> 'x''y'`
    const over = `select "wo rd", count(*) as n from sch."v 1" group by "wo rd"`
    const lab = await openViewLab(
      server,
      `create schema sch; create table sch.${odd} ("i d" int primary key, "wo rd" text not null);
       alter table sch.${odd} enable row level security; alter table sch.${odd} force row level security;
       create view sch."v 1" as ${under}; create view sch."v""2" as ${over}`,
      {
        under: view({ schema: 'sch', name: 'v 1' }, under),
        over: view({ schema: 'sch', name: 'v"2' }, over),
      },
    )
    try {
      expect(lab.faults()).toEqual([])
      const { killed, left } = await lab.left((s) => s.kind === 'view')
      expect(left).toEqual([])
      expect(killed).toBeGreaterThan(6)
    } finally {
      await lab.close()
    }
  })
})
