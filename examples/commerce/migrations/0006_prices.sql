-- Prices in other currencies, with every version that ever held. From PostgreSQL 18 on the history could have
-- primary key (tenant_id, product_id, currency, valid without overlaps) instead of its exclusion constraint.

create table prices (
  tenant_id  bigint not null,
  product_id bigint not null,
  currency   char(3) constraint prices_currency_code check (currency ~ '^[A-Z]{3}$'),
  amount     numeric(10,2) not null constraint prices_amount_not_negative check (amount >= 0),
  primary key (tenant_id, product_id, currency),
  foreign key (tenant_id, product_id) references products on delete cascade
);

alter table prices enable row level security;
alter table prices force row level security;
create policy tenant_isolation on prices using (tenant_id = current_tenant());
grant select, insert, update, delete on prices to app;

create table prices_history (
  tenant_id  bigint not null,
  product_id bigint not null,
  currency   char(3) not null,
  amount     numeric(10,2) not null,
  valid      tstzrange not null constraint prices_history_valid_from_until check (lower_inc(valid) and not upper_inc(valid)),
  exclude using gist (tenant_id with =, product_id with =, currency with =, valid with &&)
);

alter table prices_history enable row level security;
alter table prices_history force row level security;
create policy tenant_isolation on prices_history using (tenant_id = current_tenant());
grant select on prices_history to app;

create function "public"."prices_keep_versions"() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $versions$
begin
  case tg_op
    when 'INSERT' then
      insert into "public"."prices_history" ("tenant_id", "product_id", "currency", "amount", "valid")
      select came."tenant_id", came."product_id", came."currency", came."amount", tstzrange(coalesce((
        select max(upper(version.valid)) from "public"."prices_history" as version
        where version."tenant_id" = came."tenant_id" and version."product_id" = came."product_id" and version."currency" = came."currency" and version.valid && tstzrange(now(), null)), now()), null)
      from new_rows as came;
    when 'UPDATE' then
      delete from "public"."prices_history" as version using old_rows as gone
      where version."tenant_id" = gone."tenant_id" and version."product_id" = gone."product_id" and version."currency" = gone."currency" and version.valid = tstzrange(now(), null) and not exists (select from new_rows as came where came *= gone);
      update "public"."prices_history" as version
      set valid = tstzrange(lower(version.valid), greatest(now(), lower(version.valid) + interval '1 microsecond'))
      from old_rows as gone
      where version."tenant_id" = gone."tenant_id" and version."product_id" = gone."product_id" and version."currency" = gone."currency" and version.valid @> timestamptz 'infinity' and not exists (select from new_rows as came where came *= gone);
      insert into "public"."prices_history" ("tenant_id", "product_id", "currency", "amount", "valid")
      select came."tenant_id", came."product_id", came."currency", came."amount", tstzrange(coalesce((
        select max(upper(version.valid)) from "public"."prices_history" as version
        where version."tenant_id" = came."tenant_id" and version."product_id" = came."product_id" and version."currency" = came."currency" and version.valid && tstzrange(now(), null)), now()), null)
      from new_rows as came where not exists (select from old_rows as gone where gone *= came);
    when 'DELETE' then
      delete from "public"."prices_history" as version using old_rows as gone
      where version."tenant_id" = gone."tenant_id" and version."product_id" = gone."product_id" and version."currency" = gone."currency" and version.valid = tstzrange(now(), null);
      update "public"."prices_history" as version
      set valid = tstzrange(lower(version.valid), greatest(now(), lower(version.valid) + interval '1 microsecond'))
      from old_rows as gone
      where version."tenant_id" = gone."tenant_id" and version."product_id" = gone."product_id" and version."currency" = gone."currency" and version.valid @> timestamptz 'infinity';
    when 'TRUNCATE' then
      delete from "public"."prices_history" as version
      where version.valid = tstzrange(now(), null);
      update "public"."prices_history" as version
      set valid = tstzrange(lower(version.valid), greatest(now(), lower(version.valid) + interval '1 microsecond'))
      where version.valid @> timestamptz 'infinity';
  end case;
  return null;
end
$versions$;

revoke all on function "public"."prices_keep_versions"() from public;

create trigger "prices_versions_insert" after insert on "public"."prices"
  referencing new table as new_rows for each statement execute function "public"."prices_keep_versions"();

create trigger "prices_versions_update" after update on "public"."prices"
  referencing old table as old_rows new table as new_rows for each statement execute function "public"."prices_keep_versions"();

create trigger "prices_versions_delete" after delete on "public"."prices"
  referencing old table as old_rows for each statement execute function "public"."prices_keep_versions"();

create trigger "prices_versions_truncate" after truncate on "public"."prices"
  for each statement execute function "public"."prices_keep_versions"();

create policy "prices_history_kept" on "public"."prices_history" to current_user
  using (pg_trigger_depth()::boolean) with check (pg_trigger_depth()::boolean);

insert into "public"."prices_history" ("tenant_id", "product_id", "currency", "amount", "valid")
  select "tenant_id", "product_id", "currency", "amount", tstzrange(now(), null) from "public"."prices";
