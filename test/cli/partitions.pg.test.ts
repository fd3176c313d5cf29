/** Partitions that a migration makes for its own day: the same ledger today and three months later. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { later, startPostgres15Later, whyNoLater } from '../support/clock.ts'
import { assayJson } from '../support/envelope.ts'
import { startPostgres15, type TestServer } from '../support/postgres15.ts'
import { withProject, type ProjectFiles } from '../support/project.ts'

const activity: ProjectFiles = {
  'assay.config.ts': `import { architecture, defineConfig, table } from 'assay'

const tenants = table('tenants', { id: 'bigint' }, (t) => [t.primaryKey('id')])

const users = table('users', { tenant_id: 'bigint', id: 'bigint' }, (t) => [
  t.primaryKey('tenant_id', 'id'),
  t.references('tenant_id', 'tenants'),
])

const user_activity = table(
  'user_activity',
  {
    tenant_id: 'bigint',
    id: 'bigint',
    user_id: 'bigint',
    kind: 'text',
    metadata: 'jsonb',
    occurred_at: 'timestamptz',
    deleted_at: 'timestamptz',
  },
  (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id', 'occurred_at'),
    t.partitionedBy('occurred_at', { by: 'month', ahead: 3, maintain: 'maintain_user_activity' }),
    t.required('user_id', 'kind', 'metadata', 'occurred_at'),
    t.defaults({ metadata: \`'{}'\`, occurred_at: 'now()' }),
    t.check('kind', \`kind in ('login', 'view', 'search', 'purchase')\`),
    t.check('deleted_after', 'deleted_at >= occurred_at'),
    t.references(['tenant_id', 'user_id'], 'users', { onDelete: 'cascade' }),
    t.indexed('metadata', { using: 'gin', operatorClass: 'jsonb_path_ops' }),
    t.indexed('user_id', 'occurred_at desc'),
    t.indexed('kind', 'occurred_at', { where: 'deleted_at is null' }),
    t.isolatedBy('tenant_id'),
    t.visibleTo('app', { select: true, insert: true, delete: true, update: ['deleted_at'] }),
  ],
)

export default defineConfig({
  architecture: architecture('activity', {
    tables: { tenants, users, user_activity },
    identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
  }),
  schema: { migrations: 'migrations' },
})
`,
  'migrations/0001.sql': `do $$ begin if not exists (select from pg_roles where rolname = 'app') then create role app; end if; end $$;
create table tenants (id bigint primary key);
create table users (
  tenant_id bigint references tenants,
  id        bigint,
  primary key (tenant_id, id)
);
create table user_activity (
  tenant_id   bigint not null,
  id          bigint generated always as identity,
  user_id     bigint not null,
  kind        text not null constraint user_activity_kind check (kind in ('login', 'view', 'search', 'purchase')),
  metadata    jsonb not null default '{}',
  occurred_at timestamptz not null default now(),
  deleted_at  timestamptz constraint user_activity_deleted_after check (deleted_at >= occurred_at),
  primary key (tenant_id, id, occurred_at),
  foreign key (tenant_id, user_id) references users on delete cascade
) partition by range (occurred_at);
create index user_activity_metadata on user_activity using gin (metadata jsonb_path_ops);
create index user_activity_latest on user_activity (user_id, occurred_at desc);
create index user_activity_living on user_activity (kind, occurred_at) where deleted_at is null;
alter table user_activity enable row level security;
alter table user_activity force row level security;
create policy tenant_isolation on user_activity to app
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
grant select, insert, delete on user_activity to app;
grant update (deleted_at) on user_activity to app;

create function maintain_user_activity(as_of timestamptz default null) returns void
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $maintain$
declare
  period timestamp;
  made text;
begin
  lock table only public.user_activity in share update exclusive mode;
  for period in
    select generate_series(date_trunc('month', coalesce(as_of, now())),
      date_trunc('month', coalesce(as_of, now())) + 3 * interval '1 month', interval '1 month')
  loop
    made := format('public.%I', 'user_activity' || to_char(period, '_YYYY_MM'));
    if to_regclass(made) is null then
      execute format('create table %s (like public.user_activity including all excluding identity)', made);
      execute format('alter table public.user_activity attach partition %s for values from (%L) to (%L)',
        made, period, period + interval '1 month');
    end if;
  end loop;
end
$maintain$;
revoke execute on function maintain_user_activity from public;
select maintain_user_activity(now());
`,
}

const ledgerOf = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(directory, 'ledger'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [file.slice(directory.length), readFileSync(file, 'utf8')]),
  )

describe.skipIf(whyNoLater !== '')(`on PostgreSQL 15, now and three months later ${whyNoLater}`, () => {
  let now: TestServer
  let future: TestServer
  beforeAll(async () => {
    now = await startPostgres15()
    future = await startPostgres15Later()
  })
  afterAll(async () => {
    await now?.stop()
    await future?.stop()
  })

  test('every rule of a partitioned, isolated and indexed table is proven, in the same words', async () => {
    const prove = (url: string, under: readonly string[]) =>
      withProject(activity, async (directory) => {
        const { code, summary, findings } = await assayJson(['prove', directory, '--url', url], { under })
        const { seconds: _, ...figures } = summary
        const said = findings.map(({ where: __, ...finding }) => finding)
        return { code, figures, said, ledger: code === 0 ? ledgerOf(directory) : {} }
      })
    const today = await prove(now.url, [])
    expect(today.said).toEqual([])
    expect(today.figures.green).toBe(today.figures.rules)
    expect(Object.values(today.ledger).join('')).not.toMatch(/user_activity_20\d\d/u)
    expect(await prove(future.url, later)).toEqual(today)
  })
})
