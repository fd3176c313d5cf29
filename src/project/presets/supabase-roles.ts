/** Supabase's roles with their memberships, its schemas, and what every object of schema public is granted by itself. */

/**
 * As the owner, who is no superuser: attributes that only a superuser gives are left out. A role that is there already
 * stays as it is. The owner of the tables stands for Supabase's postgres.
 */
export const supabaseRoles = `
do $roles$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('postgres', 'nologin'),
      ('anon', 'nologin'),
      ('authenticated', 'nologin'),
      ('service_role', 'nologin'),
      ('authenticator', 'login noinherit'),
      ('dashboard_user', 'nologin'),
      ('pgbouncer', 'login'),
      ('supabase_admin', 'login'),
      ('supabase_auth_admin', 'login noinherit'),
      ('supabase_storage_admin', 'login noinherit'),
      ('supabase_functions_admin', 'login noinherit'),
      ('supabase_realtime_admin', 'nologin noinherit'),
      ('supabase_replication_admin', 'login'),
      ('supabase_etl_admin', 'login'),
      ('supabase_read_only_user', 'login')
    ) as roles (name, options)
  loop
    if not exists (select from pg_catalog.pg_roles r where r.rolname = wanted.name) then
      execute pg_catalog.format('create role %I %s', wanted.name, wanted.options);
    end if;
  end loop;
  for wanted in
    select * from (values
      ('anon', 'authenticator'),
      ('authenticated', 'authenticator'),
      ('service_role', 'authenticator'),
      ('authenticator', 'supabase_storage_admin')
    ) as members (role, member)
  loop
    if not pg_catalog.pg_has_role(wanted.member, wanted.role, 'member') then
      execute pg_catalog.format('grant %I to %I', wanted.role, wanted.member);
    end if;
  end loop;
end
$roles$;

create schema if not exists extensions;
grant usage on schema extensions to postgres, anon, authenticated, service_role;
grant all on schema extensions to dashboard_user;

do $extensions$
declare
  wanted text;
begin
  foreach wanted in array array['pgcrypto', 'uuid-ossp'] loop
    if exists (select from pg_catalog.pg_available_extensions e where e.name = wanted) then
      execute pg_catalog.format('create extension if not exists %I with schema extensions', wanted);
    end if;
  end loop;
end
$extensions$;

grant usage on schema public to postgres, anon, authenticated, service_role;
alter default privileges in schema public grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to postgres, anon, authenticated, service_role;

create publication supabase_realtime;
`
