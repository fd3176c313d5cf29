/** Row-level security: the fault is told, near misses are not, and the mend takes the finding away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mendOf, openFindingLab } from '../../../test/support/finding-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

const ids = (told: readonly string[]): readonly string[] =>
  told.map((one) => one.slice(0, one.indexOf(': '))).toSorted()

const guarded = (table: string, columns: string): string =>
  `create table ${table} (${columns}); alter table ${table} enable row level security;`

describe('policies that are never asked, or say the same of every row', () => {
  it('that come back to their own table: every statement breaks', async () => {
    const lab = await openFindingLab(
      server,
      `${guarded('"a ""friend"""', 'a int, b int')}
      create policy mutual on "a ""friend""" for select using (exists (select from "a ""friend""" f where f.a = 1));
      ${guarded('one', 'id int primary key, two_id int')} ${guarded('two', 'id int primary key, one_id int')}
      create policy by_two on one using (two_id in (select id from two));
      create policy by_one on two for select using (one_id in (select id from one));
      ${guarded('near', 'id int primary key, two_id int')}
      ${guarded('far', 'id int primary key')} create policy far on far using (id > 0);
      create policy near on near using (two_id in (select id from far));`,
    )
    expect(ids(await lab.told('adopt.policy-recursive'))).toEqual([
      '"a ""friend"""/table',
      'one/table',
      'two/table',
    ])
    await lab.close()
  })

  it('that read what those who ask may not: every statement is refused', async () => {
    const lab = await openFindingLab(
      server,
      `create role policy_asker; create role policy_knower; create schema "far ""off""";
      ${guarded('"a ""mark"""', 'exam int, who int')} ${guarded('near', 'exam int, who int')}
      create table "far ""off""".examiners (exam int, who int, note text); create table helpers (exam int, who int);
      create policy "by it's" on "a ""mark""" using (exists (select from "far ""off""".examiners e where e.exam = "a ""mark""".exam));
      create policy helped on near using (exists (select from helpers h where h.exam = near.exam));
      create policy known on near to policy_knower using (exam in (select exam from "far ""off""".examiners));
      grant usage on schema "far ""off""" to policy_knower; grant select (exam) on "far ""off""".examiners to policy_knower;
      grant select on helpers to public; grant select on near to policy_asker; grant select on "a ""mark""", near to policy_knower;
      grant select on "a ""mark""" to policy_asker;`,
    )
    expect(await lab.told('adopt.policy-blocked')).toEqual([
      `"a ""mark"""/policy:"by it's": "a ""mark""": policy by it's reads "far ""off""".examiners, and policy_asker may not: what policy_asker was granted on "a ""mark""" is refused`,
    ])
    expect(await lab.mend('adopt.policy-blocked', 'administrator')).toEqual([])
    await lab.close()
  })

  it('asleep, restrictive only, never or always passing', async () => {
    const lab = await openFindingLab(
      server,
      `create table "a ""sleep""" (id int primary key, owner_id int);
      create policy "it's one" on "a ""sleep""" using (owner_id = 1);
      ${guarded('narrowing', 'id int primary key, owner_id int')}
      create policy alone on narrowing as restrictive using (owner_id = 1);
      ${guarded('open', 'id int primary key, owner_id int')}
      create policy everybody on open using (true);
      create policy inserts on open for insert with check (owner_id = owner_id or true);
      create policy nulled on open for select using (owner_id = null);
      create policy denied on open for delete using (false);
      create policy by_all on open using (false) with check (true);
      ${guarded('near', 'id int primary key, owner_id int')}
      create policy reading on near for select using (true);
      create policy to_owner on near to pg_monitor using (true);
      create policy own on near for update using (owner_id = 1) with check (true);
      create policy inserted on near for insert with check (owner_id > 0);
      ${guarded('narrowed', 'id int primary key, owner_id int')}
      create policy everybody on narrowed using (true);
      create policy narrow on narrowed as restrictive using (owner_id = 1);
      ${guarded('shut', 'id int primary key')}`,
    )
    expect(await lab.told('adopt.policies-asleep')).toEqual([
      `"a ""sleep"""/table: "a ""sleep""": row-level security is off, so its policy (it's one) is never asked`,
    ])
    expect(ids(await lab.told('adopt.policies-deny-all'))).toEqual(['narrowing/rowSecurity'])
    expect(await lab.told('adopt.policy-always-passes')).toEqual([
      'open/policy:by_all: open: policy by_all lets everybody insert every row',
      'open/policy:everybody: open: policy everybody lets everybody insert, update, delete every row',
      'open/policy:inserts: open: policy inserts lets everybody insert every row',
    ])
    expect((await lab.find('adopt.policy-never-passes')).map((f) => [f.structure, f.severity])).toEqual([
      ['open/policy:denied', 'note'],
      ['open/policy:nulled', 'warning'],
    ])
    const all = ['policies-asleep', 'policies-deny-all', 'policy-always-passes', 'policy-never-passes']
    expect(await lab.mend(all.map((code) => `adopt.${code}`))).toEqual([])
    await lab.close()
  })

  it('none at all, where rights stand', async () => {
    await (await openFindingLab(server, 'create role "it\'s App" nologin')).close()
    const lab = await openFindingLab(
      server,
      `${guarded('"a ""wall"', 'id int primary key')} grant select, insert on "a ""wall" to "it's App", public;
      ${guarded('near', 'id int primary key')}
      ${guarded('told', 'id int primary key')} grant select on told to "it's App";
      create policy p on told using (id > 0);
      create table plain (id int primary key); grant select on plain to "it's App";`,
    )
    expect(await lab.told('adopt.policies-missing')).toEqual([
      `"a ""wall"/rowSecurity: "a ""wall": row-level security is on without any policy, and public, it's App have rights on it`,
    ])
    expect(await lab.mend(['adopt.policies-missing'])).toEqual([])
    await lab.close()
  })

  it('open to a role that is held to its own tenant elsewhere; not to one that nothing holds back', async () => {
    const roles = 'create role "held App" nologin; create role held_service nologin'
    await (await openFindingLab(server, roles)).close()
    const who = `current_setting('app.tenant', true)::bigint`
    const own = `(tenant_id = ${who})`
    const lab = await openFindingLab(
      server,
      `${guarded('orders', 'id int primary key, tenant_id bigint')}
      create policy own on orders to "held App" using ${own};
      create policy service on orders to held_service using (true);
      ${guarded('notes', 'id int primary key, tenant_id bigint')}
      create policy "all of ""it" on notes to "held App", held_service using (true);
      ${guarded('prices', 'id int primary key, tenant_id bigint')}
      create policy reading on prices for select to "held App" using (true);
      ${guarded('carts', 'id int primary key, tenant_id bigint')}
      create policy reading on carts for select to "held App" using (true);
      create policy own on carts to "held App" using ${own};
      ${guarded('kept', 'id int primary key, tenant_id bigint')}
      create policy everything on kept to "held App" using (true);
      create policy narrow on kept as restrictive to "held App" using ${own};
      ${guarded('countries', 'id int primary key, name text')}
      create policy reading on countries to "held App" using (true);
      ${guarded('typed', 'id int primary key, tenant_id text')}
      create policy reading on typed to "held App" using (true);
      ${guarded('posts', 'id int primary key, author_id bigint')}
      create policy reading on posts for select to "held App" using (true);
      create policy own on posts for update to "held App" using (author_id = ${who});
      ${guarded('likes', 'id int primary key, author_id bigint')}
      create policy giving on likes for insert to "held App" with check (true);`,
    )
    expect(await lab.told('adopt.policy-always-passes')).toEqual([
      'carts/policy:reading: carts: policy reading lets held App select every row, whatever its tenant_id',
      'likes/policy:giving: likes: policy giving lets held App insert every row, whatever its author_id',
      'notes/policy:"all of ""it": notes: policy all of "it lets held App select, insert, update, delete every row, whatever its tenant_id',
      'prices/policy:reading: prices: policy reading lets held App select every row, whatever its tenant_id',
    ])
    const severities = (await lab.find('adopt.policy-always-passes')).map(({ severity }) => severity)
    // That a table of prices is nobody else's business is judged by the name of its column.
    expect(severities).toEqual(['warning', 'warning', 'warning', 'note'])
    expect(await lab.mend('adopt.policy-always-passes')).toEqual([])
    await lab.close()
  })

  it('for a role that holds no privilege on the table, where grants are known', async () => {
    const roles = `create role granted_not nologin; create role granted_some nologin; create role granted_group nologin;
      create role granted_member nologin; grant granted_group to granted_member`
    await (await openFindingLab(server, roles)).close()
    const schema = `create schema "Odd ""S"; ${guarded('"Odd ""S".t', 'id int primary key, owner_id int')}
      create policy partly on "Odd ""S".t to granted_some using (owner_id = 1);
      create policy by_member on "Odd ""S".t for select to granted_group using (owner_id = 1);
      create policy one_of on "Odd ""S".t for select to granted_not, granted_some using (owner_id = 1);
      create policy never on "Odd ""S".t to granted_not using (owner_id = 1);
      create policy "no insert" on "Odd ""S".t for insert to granted_some with check (owner_id = 1);`
    const unknown = await openFindingLab(server, schema)
    expect(await unknown.told('adopt.policy-without-askers')).toEqual([])
    await unknown.close()
    const lab = await openFindingLab(
      server,
      `${schema} grant usage on schema "Odd ""S" to granted_some;
      grant select (owner_id), update on "Odd ""S".t to granted_some; grant select on "Odd ""S".t to granted_member;`,
    )
    const table = '"Odd ""S".t'
    expect(await lab.told('adopt.policy-without-askers')).toEqual([
      `${table}/policy:never: ${table}: policy never is never asked: nobody granted granted_not select, insert, update or delete on the table`,
      `${table}/policy:"no insert": ${table}: policy no insert is never asked: nobody granted granted_some insert on the table`,
    ])
    const [never] = await lab.find('adopt.policy-without-askers')
    expect(mendOf(never!).split('\n')).toEqual([
      'grant usage on schema "Odd ""S" to granted_not;'.replace('granted_not', '"granted_not"'),
      'grant select, insert, update, delete on "Odd ""S"."t" to "granted_not";',
      '-- or: drop policy "never" on "Odd ""S"."t";',
    ])
    expect(await lab.mend('adopt.policy-without-askers')).toEqual([])
    await lab.close()
  })

  it('for roles that nobody can be, as far as a server in use says', async () => {
    const roles =
      'create role assay_nobody nologin; create role assay_group nologin; create role "Some One" login'
    const first = await openFindingLab(server, '')
    await first.run(`${roles}; grant assay_group to "Some One"`, 'administrator')
    await first.close()
    const schema = `${guarded('t', 'id int primary key, owner_id int')}
      create policy lonely on t to assay_nobody using (owner_id = 1);
      create policy grouped on t to assay_nobody, assay_group using (owner_id = 1);
      create policy owned on t to current_user using (owner_id = 1);
      create policy everybody on t using (owner_id = 1);`
    const lab = await openFindingLab(server, schema, { live: true })
    await lab.run(`revoke assay_nobody from "${server.prover}"`, 'administrator')
    expect(await lab.told('adopt.policy-without-askers')).toEqual([
      't/policy:lonely: t: policy lonely is never asked: assay_nobody may not log in and has no member that may',
      `t/policy:owned: t: policy owned is never asked: ${server.owner} owns the table and is not bound by its policies (FORCE ROW LEVEL SECURITY is off)`,
    ])
    expect(await lab.mend('adopt.policy-without-askers')).toEqual([])
    await lab.close()
    // On a copy nobody logs in: that says nothing. Who owns the table is known anywhere.
    const copy = await openFindingLab(server, schema)
    await copy.run(`revoke assay_nobody from "${server.prover}"`, 'administrator')
    expect(ids(await copy.told('adopt.policy-without-askers'))).toEqual(['t/policy:owned'])
    await copy.close()
  })
})

it('a table without row-level security beside siblings that share its column', async () => {
  await (await openFindingLab(server, 'create role assay_app nologin')).close()
  const who = `current_setting('app.tenant', true)::bigint`
  const lab = await openFindingLab(
    server,
    `create schema "other one";
    ${guarded('orders', 'id bigint primary key, tenant_id bigint, is_public boolean, note text')}
    create policy own on orders using (tenant_id = ${who} or is_public = true);
    ${guarded('users', 'id bigint primary key')}
    create policy self on users using (id = ${who});
    create table "open items" (id bigint primary key, tenant_id bigint);
    create table hidden (id bigint primary key, tenant_id bigint);
    create table "old orders" (primary key (id)) inherits (orders);
    create table public_pages (id bigint primary key, is_public boolean);
    create table other_type (id bigint primary key, tenant_id uuid);
    create table "other one".elsewhere (id bigint primary key, tenant_id bigint);
    ${guarded('shut', 'id bigint primary key, tenant_id bigint')}
    create schema many;
    ${guarded('many.a', 'id bigint primary key, tenant_id bigint')}
    create policy clerks on many.a to assay_app using (tenant_id = ${who});
    ${guarded('many.b', 'id bigint primary key, tenant_id bigint')}
    create policy all_of_b on many.b using (tenant_id = ${who});
    ${guarded('many.c', 'id bigint primary key, tenant_id bigint')}
    create policy all_of_c on many.c using (tenant_id = ${who});
    create table many.open (id bigint primary key, tenant_id bigint);
    grant select on orders, users, "open items", public_pages, other_type, "old orders", many.a, many.open to assay_app;`,
  )
  const [like, heir, found, ...more] = await lab.find('adopt.row-security-off')
  expect(more).toEqual([])
  // Row-level security of its parent does not guard it when it is asked itself.
  expect(heir!.structure).toBe('"old orders"/table')
  // As most of its siblings are guarded, not as the first of them: its policy serves one role alone.
  expect(like!.fix).toContain('create policy "all_of_b" on "many"."open" to public using')
  expect(found!.structure).toBe('"open items"/table')
  expect(mendOf(found!)).toBe(
    `alter table "public"."open items" enable row level security;
create policy "own" on "public"."open items" to public using (tenant_id = CAST(current_setting('app.tenant'::text, true) AS bigint));`,
  )
  expect(await lab.mend('adopt.row-security-off')).toEqual([])
  await lab.close()
})

it('a policy that calls a function for each row is measured, and so is its mend', async () => {
  const lab = await openFindingLab(
    server,
    `create schema auth;
    create function auth.uid() returns bigint language sql stable as $$ select current_setting('app.user', true)::bigint $$;
    create function auth.may() returns boolean language plpgsql stable as $$ begin return true; end $$;
    create function auth.fixed() returns bigint language sql immutable as $$ select 7::bigint $$;
    create function auth.dice() returns bigint language plpgsql volatile as $$ begin return 7; end $$;
    create function auth.of(bigint) returns bigint language plpgsql stable as $$ begin return $1; end $$;
    ${guarded('"odd ""one"""', 'id int primary key, "user" bigint, tenant bigint, at timestamptz')}
    create policy by_call on "odd ""one""" using ("user" = auth.uid() and at < now());
    create policy by_setting on "odd ""one""" for select using (tenant = nullif(current_setting('app.tenant', true), '')::bigint);
    create policy either on "odd ""one""" for update using ("user" = auth.uid() or auth.may());
    create policy written on "odd ""one""" for insert with check ("user" = auth.uid());
    create policy listed on "odd ""one""" for delete using ("user" in (auth.uid(), 7));
    ${guarded('near', 'id int primary key, "user" bigint, at timestamptz')}
    create policy wrapped on near using ("user" = (select auth.uid()));
    create policy folded on near for select using ("user" = auth.fixed());
    create policy rolled on near for select using ("user" = auth.dice());
    create policy once on near for select using (auth.may());
    create policy once_too on near for select using (auth.may() and "user" = 7);
    create policy of_row on near for select using (auth.of("user") = 7);
    create policy clock on near for select using (at < now());
    create policy me on near for select using (current_user = 'app');
    create policy sub on near for select using (exists (select from near n where n."user" = near."user" and n.id = auth.uid()));`,
  )
  await lab.run('alter table near force row level security')
  const found = await lab.find('adopt.policy-per-row')
  expect(await lab.find('adopt.policy-per-row', 'owner')).toEqual(found)
  expect(found.map(({ summary, severity }) => [summary, severity])).toEqual([
    ['"odd ""one""": policy by_call calls auth.uid() once for each row', 'warning'],
    ['"odd ""one""": policy by_setting calls current_setting() once for each row', 'warning'],
    ['"odd ""one""": policy either calls auth.uid(), auth.may() once for each row', 'warning'],
    ['"odd ""one""": policy listed calls auth.uid() once for each row', 'warning'],
    ['"odd ""one""": policy written calls auth.uid() once for each row that is written', 'note'],
  ])
  expect(await lab.mend('adopt.policy-per-row')).toEqual([])
  await lab.close()
})

it('an index that no statement can use under a policy is seen in the plan, and so is its mend', async () => {
  const lab = await openFindingLab(
    server,
    `${guarded('documents', 'id int primary key, tenant_id bigint not null, title text, body jsonb, "key words" tsvector, tags text[], price numeric')}
    create policy own on documents using (tenant_id = current_setting('app.tenant')::bigint);
    create index by_lower on documents (lower(title));
    create index by_pattern on documents (title text_pattern_ops);
    create index by_body on documents using gin (body);
    create index "by ""words""" on documents using gin ("key words");
    create index by_tags on documents using gin (tags) where price > 0;
    create index by_title on documents (title);
    create index by_tenant on documents (tenant_id, lower(title));
    create unique index once on documents (lower(title), tenant_id);
    ${guarded('shared', 'id int primary key, tenant_id bigint, title text')}
    create policy own on shared using (tenant_id = current_setting('app.tenant')::bigint);
    create policy everybodys on shared for select using (tenant_id is null);
    create index shared_lower on shared (lower(title));
    ${guarded('readable', 'id int primary key, tenant_id bigint, body jsonb')}
    create policy everybody on readable for select using (true);
    create policy own on readable for insert with check (tenant_id = 1);
    create index readable_body on readable using gin (body);
    create table unguarded (id int primary key, body jsonb);
    create index unguarded_body on unguarded using gin (body);`,
    { extensions: ['btree_gin'] },
  )
  await lab.run('alter table documents force row level security')
  const found = await lab.find('adopt.index-not-leakproof')
  expect(await lab.find('adopt.index-not-leakproof', 'owner')).toEqual(found)
  expect(found.map(({ structure }) => structure)).toEqual([
    'documents/index:"key words"',
    'documents/index:body',
    'documents/index:lower(title)',
    'documents/index:title',
    'documents/index:tags',
    'shared/index:lower(title)',
  ])
  // Where another policy lets other rows through, no column narrows to those that may be seen.
  expect(found.at(-1)!.fix).toMatch(/^search in a SECURITY DEFINER function/u)
  expect(found[1]!.summary).toBe(
    'documents: under its policies no statement can use index by_body: body @> … is not leakproof',
  )
  expect(await lab.mend('adopt.index-not-leakproof')).toEqual([])
  await lab.close()
})
