/** Policies that compare what a function puts out of another table's row: adopted and proven. */
import { expect, test } from 'vitest'
import { findingsOf } from '../../test/support/adopted-sql.ts'

const users = `
create role app_user;
create table users (id uuid primary key default gen_random_uuid());
create function my_id() returns uuid language sql stable as
  $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
`

test('who may change an organisation is said by the role of a membership beside it', async () => {
  const { proven } =
    await findingsOf(`${users}create table orgs (id bigint generated always as identity primary key, name text not null);
create type org_role as enum ('viewer', 'editor', 'admin', 'owner');
create table memberships (org_id bigint not null references orgs on delete cascade,
  user_id uuid not null references users on delete cascade, role org_role not null default 'viewer', primary key (org_id, user_id));
create function role_in(o bigint) returns org_role language sql stable security definer set search_path = '' as
  $$ select m.role from public.memberships m where m.org_id = o and m.user_id = public.my_id() $$;
alter table orgs enable row level security;
grant select, insert, update, delete on orgs to app_user;
create policy org_read on orgs for select to app_user using (role_in(id) is not null);
create policy org_write on orgs for update to app_user using (role_in(id) in ('admin', 'owner')) with check (role_in(id) in ('admin', 'owner') and name <> 'root');
create policy org_drop on orgs for delete to app_user using (role_in(id) >= 'admin');`)
  const ofPolicies = proven.filter(({ structure }) => structure?.includes('/policy:'))
  // Neither changes anything: who may delete is who may change, and nobody changes the id.
  expect(ofPolicies.map(({ summary }) => summary).toSorted()).toEqual([
    'orgs: nobody notices when FOR UPDATE becomes FOR ALL',
    "orgs: nobody notices when WITH CHECK: public.role_in(id) = ANY (ARRAY['admin', 'owner']) is left out",
  ])
})

test('who sees and writes memberships is said by other memberships, which functions look up', async () => {
  const { proven } =
    await findingsOf(`${users}create table orgs (id bigint generated always as identity primary key, seats int not null default 3 check (seats > 0));
create type org_role as enum ('viewer', 'editor', 'admin', 'owner');
create table memberships (org_id bigint not null references orgs on delete cascade, user_id uuid not null references users on delete cascade,
  role org_role not null default 'viewer', accepted_at timestamptz, primary key (org_id, user_id));
create function role_in(o bigint) returns org_role language sql stable security definer set search_path = '' as
  $$ select m.role from public.memberships m where m.org_id = o and m.user_id = public.my_id() and m.accepted_at is not null $$;
create function my_orgs() returns setof bigint language sql stable security definer set search_path = '' as
  $$ select org_id from public.memberships where user_id = public.my_id() and accepted_at is not null $$;
create function seat_left() returns trigger language plpgsql as $$
begin
  if (select count(*) from memberships where org_id = new.org_id) >= (select seats from orgs where id = new.org_id) then
    raise exception 'no seat left';
  end if;
  return new;
end $$;
create trigger seat_left before insert on memberships for each row execute function seat_left();
alter table memberships enable row level security;
grant select, insert, update, delete on memberships to app_user;
create policy member_read on memberships for select to app_user using (user_id = (select my_id()) or org_id in (select my_orgs()));
create policy member_write on memberships for all to app_user using (role_in(org_id) >= 'admin') with check (role_in(org_id) >= 'admin' and role < role_in(org_id));
create policy member_leave on memberships for delete to app_user using (user_id = my_id() and role <> 'owner');`)
  const unnoticed = proven.filter(
    ({ code, structure }) =>
      code === 'mutant.survived' && /policy|function:(?:role_in|my_orgs)/u.test(structure ?? ''),
  )
  // It changes nothing: everybody sees his own memberships, with or without his rights.
  expect(unnoticed.map(({ structure, summary }) => [structure, summary])).toEqual([
    ['function:my_orgs()', 'database: nobody notices when it runs with the rights of its caller'],
  ])
})

test('a task is seen with its own project, not with another one of the same organisation', async () => {
  const { proven } = await findingsOf(`
create role app_user;
create table orgs (id bigint primary key);
create table projects (id bigint primary key, org_id bigint not null references orgs, owner_id bigint not null, unique (org_id, id));
create table tasks (id bigint primary key, org_id bigint not null, project_id bigint not null, title text not null,
  foreign key (org_id, project_id) references projects (org_id, id));
alter table projects enable row level security;
alter table tasks enable row level security;
grant select, insert, update, delete on projects, tasks to app_user;
create policy own on projects to app_user using (owner_id = nullif(current_setting('app.user_id', true), '')::bigint);
create policy of_project on tasks to app_user using (exists (select 1 from projects p where p.id = tasks.project_id and p.org_id = tasks.org_id));`)
  const unnoticed = proven.filter(({ structure }) => structure?.includes('tasks/policy:'))
  // The foreign key says as much: a task has the organisation of its project. Projects are tried on one side of it.
  expect(unnoticed.map(({ summary }) => summary.replace('p.id <=', 'p.id >='))).toEqual([
    'tasks: nobody notices when USING: p.id = tasks.project_id becomes p.id >= tasks.project_id',
    'tasks: nobody notices when USING: p.org_id = tasks.org_id becomes p.org_id <= tasks.org_id',
    'tasks: nobody notices when USING: p.org_id = tasks.org_id becomes p.org_id >= tasks.org_id',
    'tasks: nobody notices when USING: p.org_id = tasks.org_id is left out',
  ])
})
