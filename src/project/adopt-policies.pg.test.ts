/** Policies that compare what a function puts out of another table's row: adopted and proven. */
import { expect, test } from 'vitest'
import { findingsOf } from '../../test/support/adopted-sql.ts'

test('who may change an organisation is said by the role of a membership beside it', async () => {
  const { proven } = await findingsOf(`
create role app_user;
create table users (id uuid primary key default gen_random_uuid());
create function my_id() returns uuid language sql stable as
  $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
create table orgs (id bigint generated always as identity primary key, name text not null);
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
