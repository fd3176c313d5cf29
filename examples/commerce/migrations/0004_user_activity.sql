-- What users did, with free-form metadata; goes with its user. The three indexes each serve one question.

create table user_activity (
  tenant_id   bigint not null,
  id          bigint generated always as identity,
  user_id     bigint not null,
  kind        text not null constraint user_activity_kind check (kind in ('login', 'view', 'search', 'purchase')),
  metadata    jsonb not null default '{}',
  occurred_at timestamptz not null default now(),
  deleted_at  timestamptz constraint user_activity_deleted_after check (deleted_at >= occurred_at),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);

create index user_activity_metadata on user_activity using gin (metadata jsonb_path_ops);
create index user_activity_latest on user_activity (user_id, occurred_at desc);
create index user_activity_living on user_activity (kind, occurred_at) where deleted_at is null;

alter table user_activity enable row level security;
alter table user_activity force row level security;
create policy tenant_isolation on user_activity to app using (tenant_id = current_tenant());
grant select, insert, delete on user_activity to app;
grant update (deleted_at) on user_activity to app;
