/** Policy sets of many shapes, as data: the schema, and the declaration that says the same. */
import type { Architecture } from '../../src/architecture/architecture.ts'
import { architecture } from '../../src/architecture/declare.ts'
import type { PoliciesOptions, PolicyOptions } from '../../src/architecture/kinds/policies.ts'
import { table } from '../../src/architecture/table.ts'
import type { Server } from '../../src/postgres/server.ts'
import { startServer } from '../../src/postgres/start.ts'
import { runAs } from './rule-lab.ts'

export interface PolicySample {
  readonly name: string
  readonly table: string
  readonly columns: Readonly<Record<string, string>>
  /** Before the table's policies. */
  readonly schema: string
  readonly policies: Readonly<Record<string, PolicyOptions>>
  readonly options?: PoliciesOptions
  /** The functions that the policies call are broken too. */
  readonly breaksFunctions?: true
  /** Mutants after which another structure still refuses the same. */
  readonly redundant?: readonly string[]
  /** Experiments. */
  readonly atLeast?: number
}

/** A server with the roles that the policies name. */
export const startWithPolicyRoles = async (): Promise<Server> => {
  const server = await startServer({})
  const database = await server.createDatabase('roles')
  await runAs(
    server,
    database,
    'owner',
    'create role app; create role surgeon in role app; create role auditor; create role editor; create role "odd ""role"""',
  )
  await runAs(server, database, 'administrator', 'create role service_role bypassrls')
  return server
}

/** The sample as an architecture of one table. */
export const declaredSample = (sample: PolicySample): Architecture =>
  architecture('sample', {
    tables: {
      one: table({ schema: 'public', name: sample.table }, sample.columns as Record<string, 'text'>, (t) => [
        t.policies(sample.policies, sample.options),
      ]),
    },
  })

export const docs = `
create table docs (id int primary key, owner_id int, state text not null check (state in ('draft', 'public', 'trashed')), note text);`
export const docColumns = { id: 'integer', owner_id: 'integer', state: 'text', note: 'text' }
export const userId = `
create function current_user_id() returns int language sql stable as $$ select nullif(current_setting('app.user_id', true), '')::int $$;`

export const policySamples: readonly PolicySample[] = [
  {
    name: 'owner, member and public',
    table: 'docs',
    columns: docColumns,
    schema: docs + userId,
    policies: {
      owner_all: { to: 'app', using: 'owner_id = current_user_id()' },
      public_reads: { for: 'select', using: `state = 'public'` },
    },
    options: { forced: true },
    breaksFunctions: true,
    atLeast: 25,
  },
  {
    name: 'through a table that members of its role alone see',
    table: 'lines',
    columns: { id: 'integer', rx_id: 'integer', note: 'text' },
    schema: `${userId}
      create table prescriptions (id int primary key, by_id int not null);
      alter table prescriptions enable row level security;
      create policy own on prescriptions to surgeon using (by_id = current_user_id());
      create table lines (id int primary key, rx_id int not null references prescriptions, note text);`,
    policies: {
      via_rx: { to: 'app', using: 'exists (select from prescriptions r where r.id = lines.rx_id)' },
    },
    // The owner of both tables has the rights of the role, and sees every row of the other one.
    redundant: ['lines/rowSecurity~force-on'],
  },
  {
    name: 'a restrictive one beside a permissive one',
    table: 'docs',
    columns: docColumns,
    schema: docs + userId,
    policies: {
      own: { using: 'owner_id = current_user_id()' },
      not_trashed: { as: 'restrictive', using: `state <> 'trashed'` },
    },
  },
  {
    name: 'one for each command',
    table: 'docs',
    columns: docColumns,
    schema: docs + userId,
    policies: {
      reads: { for: 'select', using: `state <> 'trashed' or owner_id = current_user_id()` },
      writes: { for: 'insert', check: `owner_id = current_user_id() and state = 'draft'` },
      changes: { for: 'update', using: 'owner_id = current_user_id()', check: `state <> 'trashed'` },
      removes: { for: 'delete', using: `owner_id = current_user_id() and state = 'trashed'` },
    },
    options: { forced: true },
  },
  {
    name: 'for several roles',
    table: 'docs',
    columns: docColumns,
    schema: docs,
    policies: {
      readers: { for: 'select', to: ['app', 'auditor'], using: `state = 'public'` },
      editors: { to: 'editor', using: 'true', check: `state <> 'trashed'` },
    },
  },
  {
    name: 'a subquery on a table of members',
    table: 'orgs',
    columns: { id: 'integer', name: 'text' },
    schema: `
      create table orgs (id int primary key, name text not null);
      create table members (org_id int references orgs, user_id int, is_owner boolean not null default false, primary key (org_id, user_id));
      ${userId}`,
    policies: {
      members_read: {
        for: 'select',
        to: 'app',
        using: 'exists (select from members m where m.org_id = orgs.id and m.user_id = current_user_id())',
      },
      owners_write: {
        for: 'update',
        to: 'app',
        using:
          'exists (select from members m where m.org_id = orgs.id and m.user_id = current_user_id() and m.is_owner)',
      },
    },
    // An organization with members cannot get another id.
    redundant: ['orgs/policy:owners_write~check-true'],
  },
  {
    name: 'a SECURITY DEFINER function that knows the members',
    table: 'orgs',
    columns: { id: 'integer', name: 'text' },
    schema: `
      create table orgs (id int primary key, name text not null);
      create table members (org_id int references orgs, user_id int, role text not null, primary key (org_id, user_id));
      alter table members enable row level security;
      ${userId}
      create function my_orgs() returns setof int language sql stable security definer set search_path = public
        as $$ select org_id from members where user_id = current_user_id() and role = 'admin' $$;`,
    policies: { mine: { using: 'id in (select my_orgs())' } },
    breaksFunctions: true,
  },
  {
    name: 'claims in JSON',
    table: 'docs',
    columns: docColumns,
    schema: `${docs}
      create schema auth; grant usage on schema auth to app;
      create function auth.jwt() returns jsonb language sql stable as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
      create function auth.uid() returns int language sql stable as $$ select (auth.jwt() ->> 'sub')::int $$;`,
    policies: {
      own: { to: 'app', using: '(select auth.uid()) = owner_id' },
      staff: { for: 'select', to: 'app', using: `auth.jwt() -> 'app_metadata' ->> 'role' = 'staff'` },
    },
  },
  {
    name: 'rows that are limited in time',
    table: 'offers',
    columns: { id: 'integer', starts: 'timestamptz', ends: 'timestamptz' },
    schema: 'create table offers (id int primary key, starts timestamptz not null, ends timestamptz);',
    policies: {
      now: { for: 'select', using: 'starts <= now() and (ends is null or ends > now())' },
      keeper: { to: 'editor', using: 'true' },
    },
  },
  {
    name: 'open to everybody',
    table: 'docs',
    columns: docColumns,
    schema: docs,
    policies: { open: { using: 'true' } },
  },
  {
    name: 'shut for everybody',
    table: 'docs',
    columns: docColumns,
    schema: docs,
    policies: { shut: { using: 'false' } },
    options: { forced: true },
  },
  {
    name: 'none at all',
    table: 'docs',
    columns: docColumns,
    schema: docs,
    policies: {},
  },
  {
    name: 'one that never applies',
    table: 'docs',
    columns: docColumns,
    schema: docs,
    policies: { narrow: { as: 'restrictive', using: `state <> 'trashed'` } },
  },
  {
    name: 'asleep, because row-level security is off',
    table: 'docs',
    columns: docColumns,
    schema: docs,
    policies: { asleep: { using: `state = 'public'` } },
    options: { enabled: false },
  },
  {
    name: 'the name of the role',
    table: 'notes',
    columns: { id: 'integer', author: 'name', text: 'text' },
    schema: 'create table notes (id int primary key, author name not null, text text);',
    policies: { own: { using: 'author = current_user' } },
  },
  {
    name: 'odd names',
    table: 'odd "näme" of 63 bytes, the longest that PostgreSQL keeps, yes',
    columns: { 'the "id"': 'integer', "owner's": 'integer' },
    schema: `create table "odd ""näme"" of 63 bytes, the longest that PostgreSQL keeps, yes" ("the ""id""" int primary key, "owner's" int);`,
    policies: {
      [`it's "mine"; drop`]: {
        to: 'odd "role"',
        using: `"owner's" = nullif(current_setting('app.user_id', true), '')::int`,
      },
    },
  },
  {
    name: 'a trigger that makes rows one’s own',
    table: 'docs',
    columns: docColumns,
    schema: `${docs}${userId}
      create function own() returns trigger language plpgsql as $$ begin new.owner_id := coalesce(current_user_id(), new.owner_id); return new; end $$;
      create trigger own before insert on docs for each row execute function own();`,
    policies: { own: { using: 'owner_id = current_user_id()' } },
  },
  {
    name: 'a trigger that looks where not everybody may',
    table: 'docs',
    columns: docColumns,
    schema: `${docs}${userId}
      create table quotas (owner_id int primary key, most int not null);
      create function few() returns trigger language plpgsql as $$ begin
        if (select count(*) from docs where owner_id = new.owner_id) > (select most from quotas q where q.owner_id = new.owner_id)
          then raise exception 'full' using errcode = '23514'; end if;
        return new; end $$;
      create trigger few before insert on docs for each row execute function few();`,
    policies: { own: { to: 'app', using: 'owner_id = current_user_id()' } },
  },
  {
    name: 'a tree, whose rows never stand alone',
    table: 'nodes',
    columns: { id: 'integer', parent_id: 'integer', owner: 'integer' },
    schema: `create table nodes (id int primary key, parent_id int not null references nodes, owner int not null);${userId}`,
    policies: { own: { using: 'owner = current_user_id()' } },
  },
  {
    name: 'two settings and a role in a third',
    table: 'deals',
    columns: { id: 'integer', tenant: 'uuid', owner: 'uuid' },
    schema: 'create table deals (id int primary key, tenant uuid not null, owner uuid not null);',
    policies: {
      both: {
        using: `tenant = nullif(current_setting('app.tenant', true), '')::uuid and owner = nullif(current_setting('app.user', true), '')::uuid`,
      },
      admin: {
        for: 'select',
        using: `current_setting('app.role', true) = 'admin' and tenant = nullif(current_setting('app.tenant', true), '')::uuid`,
      },
    },
  },
  {
    name: 'functions of a platform, one for each command',
    table: 'profiles',
    columns: { id: 'uuid', name: 'text' },
    schema: `create schema auth; create table auth.users (id uuid primary key); grant usage on schema auth to public;
      create function auth.uid() returns uuid language sql stable as $$ select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
      create function auth.role() returns text language sql stable as $$ select coalesce(nullif(current_setting('request.jwt.claim.role', true), ''), (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'))::text $$;
      create table profiles (id uuid primary key references auth.users on delete cascade, name text);`,
    policies: {
      'Public profiles are viewable by everyone.': { for: 'select', using: 'true' },
      'Users can insert their own profile.': { for: 'insert', check: '(select auth.uid()) = id' },
      'Users can update own profile.': { for: 'update', using: 'auth.uid() = id' },
      svc: { using: `auth.role() = 'service_role'` },
    },
    breaksFunctions: true,
  },
  {
    name: 'a function over the whole row, and one that looks at shares',
    table: 'docs',
    columns: docColumns,
    schema: `${docs}${userId}
      create function may_see(d docs) returns boolean language sql stable as $$ select d.owner_id = current_user_id() or d.state = 'public' $$;
      create table shares (doc_id int references docs, user_id int, until date, primary key (doc_id, user_id));
      create function is_shared(d int) returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
      begin return exists (select 1 from shares s where s.doc_id = d and s.user_id = current_user_id()); end $$;`,
    policies: {
      see: { for: 'select', using: 'may_see(docs)' },
      shared: { for: 'select', using: 'is_shared(id)' },
    },
  },
  {
    name: 'a policy that asks its own table, and never ends',
    table: 'docs',
    columns: docColumns,
    schema: docs,
    policies: { own: { using: 'exists (select from docs d where d.id = docs.owner_id)' } },
  },
  {
    name: 'lists in rows and in claims',
    table: 'docs',
    columns: { id: 'integer', owner: 'uuid', shared_with: 'text[]', team: 'integer' },
    schema: `create table docs (id int primary key, owner uuid not null, shared_with text[] not null default '{}', team int);
      create function claims() returns jsonb language sql stable as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;`,
    policies: {
      shared: { for: 'select', using: `shared_with && array[claims() ->> 'email']` },
      teams: {
        for: 'select',
        using: `team = any (array(select jsonb_array_elements_text(claims() -> 'app_metadata' -> 'teams')::int))`,
      },
    },
  },
  {
    name: 'rows of a table that has policies of its own',
    table: 'photos',
    columns: { id: 'integer', album_id: 'integer', hidden: 'boolean' },
    schema: `create table albums (id int primary key, owner int not null); create table photos (id int primary key, album_id int not null references albums, hidden boolean not null);
      ${userId} alter table albums enable row level security; create policy own on albums to app using (owner = current_user_id());`,
    policies: { own: { to: 'app', using: 'album_id in (select id from albums) and not hidden' } },
  },
  {
    name: 'a folder of one’s own in one of the buckets',
    table: 'files',
    columns: { id: 'integer', bucket: 'text', name: 'text' },
    schema: `create table buckets (id text primary key); create table files (id int primary key, bucket text references buckets, name text);
      ${userId} create function folder(name text) returns text language plpgsql immutable as $$ begin return split_part(name, '/', 1); end $$;`,
    policies: {
      open: { for: 'select', using: `bucket = 'avatars'` },
      own: { for: 'insert', to: 'app', check: `bucket = 'files' and folder(name) = current_user_id()::text` },
    },
  },
  {
    name: 'members whom no foreign key ties to what they are members of',
    table: 'tasks',
    columns: { id: 'integer', team_id: 'integer' },
    schema: `create table members (team_id int, user_id int, kind text not null, primary key (team_id, user_id)); create table tasks (id int primary key, team_id int);
      ${userId} create function leads(team int, as_what text[]) returns boolean language sql stable security definer set search_path = public as $$ select exists (select 1 from members m where m.team_id = team and m.user_id = current_user_id() and m.kind = any (as_what)) $$;`,
    policies: {
      of_team: {
        for: 'select',
        to: 'app',
        using:
          'exists (select from members m where m.team_id = tasks.team_id and m.user_id = current_user_id())',
      },
      leads_remove: { for: 'delete', to: 'app', using: `leads(team_id, '{leader,owner}')` },
    },
  },
  {
    name: 'colleagues in the same table, and any of two claims',
    table: 'members',
    columns: { team_id: 'integer', user_id: 'integer' },
    schema: `create type level as enum ('owner', 'guest'); create table members (team_id int, user_id int, level level not null, primary key (team_id, user_id));
      create function claims() returns jsonb language sql stable as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
      create function is_in(team int) returns boolean language sql stable security definer set search_path = public as $$ select exists (select 1 from members m where m.team_id = team and m.user_id = (claims() ->> 'sub')::int) $$;
      create function owns(team int) returns boolean language sql stable security definer set search_path = public as $$ select exists (select 1 from members m where m.team_id = team and m.user_id = (claims() ->> 'sub')::int and m.level = 'owner') $$;`,
    policies: {
      see: { for: 'select', to: 'app', using: 'is_in(team_id)' },
      manage: { to: 'app', using: 'owns(team_id)' },
      support: {
        for: 'select',
        to: 'app',
        using: `(claims() ->> 'role') = 'support' or (claims() -> 'app' ->> 'support')::boolean`,
      },
    },
  },
]
