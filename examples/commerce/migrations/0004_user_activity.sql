-- What users did, with free-form metadata; goes with its user. One partition a month. The three indexes each serve one
-- question.

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
create policy tenant_isolation on user_activity to app using (tenant_id = current_tenant());
grant select, insert, delete on user_activity to app;
grant update (deleted_at) on user_activity to app;

-- The month of a date and the two after it. Called daily by the scheduler, and here for the first time.
create function maintain_user_activity(as_of timestamptz default null) returns void
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $$
declare
  period timestamp;
  made text;
begin
  lock table only public.user_activity in share update exclusive mode;
  for period in
    select generate_series(date_trunc('month', coalesce(as_of, now())),
      date_trunc('month', coalesce(as_of, now())) + 2 * interval '1 month', interval '1 month')
  loop
    made := format('%I.%I', 'public', 'user_activity' || to_char(period, '_YYYY_MM'));
    if to_regclass(made) is null then
      execute format('create table %s (like public.user_activity including all excluding identity)', made);
      execute format('alter table public.user_activity attach partition %s for values from (%L) to (%L)',
        made, period, period + interval '1 month');
    end if;
  end loop;
end
$$;
revoke execute on function maintain_user_activity(timestamptz) from public;
select maintain_user_activity();
