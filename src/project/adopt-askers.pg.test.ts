/** Who asks counts in defaults, and one tenant's rows are alike in what ties them together: adopted and proven. */
import { expect, test } from 'vitest'
import { findingsOf } from '../../test/support/adopted-sql.ts'

const about = (
  findings: readonly { readonly structure?: string; readonly summary: string }[],
  pattern: RegExp,
): readonly string[] =>
  findings.filter(({ structure }) => pattern.test(structure ?? '')).map(({ summary }) => summary)

test('a default that asks a setting is shown to somebody who asks', async () => {
  const { proven } = await findingsOf(`
create table users (id uuid primary key default gen_random_uuid());
create function my_id() returns uuid language sql stable as
  $$ select (current_setting('request.jwt.claims', true)::jsonb ->> 'sub')::uuid $$;
create table comments (id bigint generated always as identity primary key, author uuid not null default my_id() references users,
  tenant bigint not null default current_setting('app.tenant', true)::bigint, place text default coalesce(nullif(current_setting('app.place', true), ''), 'nowhere'));`)
  expect(about(proven, /default:(?:author|tenant|place)/u)).toEqual([])
  expect(proven.filter(({ code }) => code === 'rule.unsolved')).toEqual([])
})

test('a trigger that reads the same setting as a default may say something else', async () => {
  const { proven } = await findingsOf(`
create table notes (id bigint primary key, tenant bigint not null default current_setting('app.tenant', true)::bigint, title text not null);
create function drawn() returns trigger language plpgsql as $$
begin
  if current_setting('app.tenant', true) <> '' then new.tenant := new.tenant + 1; end if;
  return new;
end $$;
create trigger drawn before insert on notes for each row execute function drawn();`)
  expect(about(proven, /default:tenant/u)).toEqual([])
  expect(proven.filter(({ code }) => code === 'rule.red')).toEqual([])
})

test('a key within one tenant, whom a foreign key brings along', async () => {
  const { proven } = await findingsOf(`
create table orgs (id bigint primary key);
create table members (org_id bigint not null references orgs, user_id bigint not null, primary key (org_id, user_id));
create table projects (id bigint primary key, org_id bigint not null references orgs, unique (org_id, id));
create table tasks (id bigint primary key, org_id bigint not null, project_id bigint not null, assignee bigint, position int not null, title text not null,
  foreign key (org_id, project_id) references projects (org_id, id), foreign key (org_id, assignee) references members (org_id, user_id),
  unique (project_id, position) deferrable initially deferred);`)
  expect(about(proven, /tasks\/unique/u)).toEqual([])
})
