/**
 * The schemas of Supabase's other services, as far as a project's SQL names them. What an extension makes there is
 * stood in for where the server does not have it: a request or a job is put down, and nothing is sent or run.
 */

const realtime = `
create schema realtime;
grant usage on schema realtime to postgres, anon, authenticated, service_role;
grant all on schema realtime to supabase_realtime_admin;

create function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')::text
$$;

create table realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  primary key (id, inserted_at)
) partition by range (inserted_at);
-- Stands for the partitions of the days.
create table realtime.messages_of_all_days partition of realtime.messages default;
alter table realtime.messages enable row level security;
grant all on realtime.messages to postgres, dashboard_user;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;

create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
language plpgsql as $$
begin
  insert into realtime.messages (payload, event, topic, private, extension)
  values (payload, event, topic, private, 'broadcast');
end
$$;

create function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record,
  level text default 'ROW'
) returns void language plpgsql as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  perform realtime.send(
    jsonb_build_object('old_record', old, 'record', new, 'operation', operation, 'table', table_name, 'schema', table_schema),
    event_name, topic_name);
end
$$;
`

const graphql = `
create schema graphql;
create schema graphql_public;
grant usage on schema graphql, graphql_public to postgres, anon, authenticated, service_role;
create function graphql_public.graphql(
  "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null
) returns jsonb language sql as $$
  select jsonb_build_object('errors', jsonb_build_array(jsonb_build_object('message', 'pg_graphql extension is not enabled.')))
$$;
`

const vault = `
create schema vault;
grant usage on schema vault to postgres, service_role;
create table vault.secrets (
  id uuid not null default gen_random_uuid() primary key,
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea,
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;
create view vault.decrypted_secrets as
  select id, name, description, secret, secret as decrypted_secret, key_id, nonce, created_at, updated_at
  from vault.secrets;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres, service_role;
create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language sql as $$
  insert into vault.secrets (secret, name, description, key_id)
  values (new_secret, new_name, new_description, new_key_id) returning id
$$;
create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
  new_key_id uuid default null
) returns void language sql as $$
  update vault.secrets
     set secret = coalesce(new_secret, secret), name = coalesce(new_name, name),
         description = coalesce(new_description, description), updated_at = now()
   where id = secret_id
$$;
revoke all on function vault.create_secret(text, text, text, uuid) from public;
revoke all on function vault.update_secret(uuid, text, text, text, uuid) from public;
grant execute on function vault.create_secret(text, text, text, uuid) to service_role;
grant execute on function vault.update_secret(uuid, text, text, text, uuid) to service_role;
`

const net = `
do $net$
begin
  if exists (select from pg_catalog.pg_available_extensions where name = 'pg_net') then
    return;
  end if;
  create schema net;
  grant usage on schema net to postgres, anon, authenticated, service_role, supabase_functions_admin;
  create table net.http_request_queue (
    id bigserial primary key,
    method text not null,
    url text not null,
    headers jsonb,
    body bytea,
    timeout_milliseconds integer not null
  );
  create table net._http_response (
    id bigint,
    status_code integer,
    content_type text,
    headers jsonb,
    content text,
    timed_out boolean,
    error_msg text,
    created timestamptz not null default now()
  );
  create function net.http_get(
    url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000
  ) returns bigint language sql security definer set search_path = '' as $$
    insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
    values ('GET', $1, $3, $4) returning id
  $$;
  create function net.http_post(
    url text, body jsonb default '{}', params jsonb default '{}',
    headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000
  ) returns bigint language sql security definer set search_path = '' as $$
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values ('POST', $1, $4, pg_catalog.convert_to($2::text, 'UTF8'), $5) returning id
  $$;
  create function net.http_delete(
    url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000
  ) returns bigint language sql security definer set search_path = '' as $$
    insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
    values ('DELETE', $1, $3, $4) returning id
  $$;
end
$net$;
`

const cron = `
do $cron$
begin
  if exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron') then
    return;
  end if;
  create schema cron;
  grant usage on schema cron to postgres;
  create table cron.job (
    jobid bigserial primary key,
    schedule text not null,
    command text not null,
    nodename text not null default 'localhost',
    nodeport integer not null default 5432,
    database text not null default current_database(),
    username text not null default current_user,
    active boolean not null default true,
    jobname text,
    constraint jobname_username_uniq unique (jobname, username)
  );
  create table cron.job_run_details (
    jobid bigint,
    runid bigserial primary key,
    job_pid integer,
    database text,
    username text,
    command text,
    status text,
    return_message text,
    start_time timestamptz,
    end_time timestamptz
  );
  create function cron.schedule(job_name text, schedule text, command text) returns bigint
  language sql as $$
    insert into cron.job (jobname, schedule, command) values ($1, $2, $3)
    on conflict on constraint jobname_username_uniq do update set schedule = excluded.schedule, command = excluded.command
    returning jobid
  $$;
  create function cron.schedule(schedule text, command text) returns bigint language sql as $$
    insert into cron.job (schedule, command) values ($1, $2) returning jobid
  $$;
  create function cron.unschedule(job_id bigint) returns boolean language sql as $$
    with gone as (delete from cron.job where jobid = $1 returning 1) select exists (select from gone)
  $$;
  create function cron.unschedule(job_name text) returns boolean language sql as $$
    with gone as (delete from cron.job where jobname = $1 returning 1) select exists (select from gone)
  $$;
end
$cron$;
`

const functions = `
create schema supabase_functions;
grant usage on schema supabase_functions to postgres, anon, authenticated, service_role;
create table supabase_functions.migrations (
  version text not null primary key,
  inserted_at timestamptz not null default now()
);
create table supabase_functions.hooks (
  id bigserial primary key,
  hook_table_id integer not null,
  hook_name text not null,
  created_at timestamptz not null default now(),
  request_id bigint
);
create index supabase_functions_hooks_request_id_idx on supabase_functions.hooks (request_id);
create index supabase_functions_hooks_h_table_id_h_name_idx on supabase_functions.hooks (hook_table_id, hook_name);
create function supabase_functions.http_request() returns trigger
language plpgsql security definer set search_path = 'supabase_functions' as $$
begin
  if coalesce(tg_argv[0], 'null') = 'null' then
    raise exception 'url argument is missing';
  end if;
  insert into supabase_functions.hooks (hook_table_id, hook_name) values (tg_relid, tg_name);
  return new;
end
$$;

create schema pgbouncer;
create schema _realtime;
create schema _analytics;

create schema supabase_migrations;
create table supabase_migrations.schema_migrations (
  version text not null primary key,
  statements text[],
  name text
);
`

export const supabaseServices = [realtime, graphql, vault, net, cron, functions].join('')
