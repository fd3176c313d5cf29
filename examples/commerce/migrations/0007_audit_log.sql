-- Who changed what in users and products.

do $$ begin
  create role auditor;
exception when duplicate_object then null;
end $$;
do $$ begin
  create role privacy;
exception when duplicate_object then null;
end $$;

create table audit_log_statements (
  lane integer, number bigint, at timestamptz not null, clock timestamptz not null, transaction bigint not null,
  role text not null, login text not null, identity jsonb not null, relation text not null, operation text not null,
  key_columns text[] not null, entries bigint not null, personal bigint not null, digest bytea not null, previous bytea not null, hash bytea not null,
  primary key (lane, number)
);
create table audit_log_rows (
  lane integer, number bigint, chunk integer, entries integer not null, old json, new json, digest bytea not null,
  primary key (lane, number, chunk)
);
create table audit_log_personal (
  commitment text primary key, lane integer not null, number bigint not null, relation text not null, column_name text not null,
  person jsonb not null, salt uuid not null, value text not null
);
grant select on audit_log_statements, audit_log_rows to auditor;
grant select on audit_log_personal to privacy;

create or replace function "public"."audit_log_guard"() returns trigger
language plpgsql as $audit$
begin
  raise exception 'audit: % of %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege', hint = 'What an audit log holds is never changed; rows of audited tables go by DELETE.';
end
$audit$;

create or replace function "public"."audit_log_open"(out lane integer, out number bigint, out previous bytea)
language plpgsql as $audit$
begin
  for free in 0 .. 9999 loop
    continue when not pg_try_advisory_xact_lock(hashtext('assay audit audit_log'), free);
    lane := free;
    select s.number + 1, s.hash into number, previous
      from "public"."audit_log_statements" s where s.lane = free order by s.number desc limit 1;
    number := coalesce(number, 1);
    if starts_with(current_setting('transaction_isolation'), 'read') then
      return;
    end if;
    begin
      insert into "public"."audit_log_rows" (lane, number, chunk, entries, digest) values (free, "audit_log_open".number, 0, 0, '');
      raise exception using errcode = 'AS001', message = 'the number is free';
    exception
      when sqlstate 'AS001' then
        return;
      when unique_violation then
        null;
    end;
  end loop;
end
$audit$;

create or replace function "public"."audit_log_seal"(
  lane integer, number bigint, previous bytea, relation text, operation text, key_columns text[],
  entries bigint, personal bigint, digest bytea) returns void
language sql volatile as $audit$
insert into "public"."audit_log_statements" (lane, number, at, clock, transaction, role, login, identity, relation, operation,
  key_columns, entries, personal, digest, previous, hash)
select e.*, sha256(e.previous || convert_to(jsonb_build_array(e."lane", e."number", e."at", e."clock", e."transaction", e."role", e."login", e."identity", e."relation", e."operation", e."key_columns", e."entries", e."personal", encode(e.digest, 'hex'))::text, 'UTF8'))
  from (select $1 as lane, $2 as number, now() as at, clock_timestamp() as clock,
    pg_current_xact_id()::text::bigint as transaction,
    coalesce(nullif(current_setting('role'), 'none'), session_user)::text as role, session_user::text as login,
    jsonb_build_object('app.tenant_id', nullif(current_setting('app.tenant_id', true), '')) as identity,
    $4 as relation, $5 as operation, $6 as key_columns, $7 as entries, $8 as personal, $9 as digest, coalesce($3, '') as previous) e
$audit$;

revoke all on function "public"."audit_log_guard"() from public;

revoke all on function "public"."audit_log_open"() from public;

revoke all on function "public"."audit_log_seal"(integer, bigint, bytea, text, text, text[], bigint, bigint, bytea) from public;

create or replace trigger "audit_log_guard" before update or delete or truncate on "public"."audit_log_statements" for each statement execute function "public"."audit_log_guard"();

alter table "public"."audit_log_statements" enable always trigger "audit_log_guard";

alter table "public"."audit_log_rows" alter column "old" set storage external, alter column "new" set storage external;

create or replace trigger "audit_log_guard" before update or delete or truncate on "public"."audit_log_rows" for each statement execute function "public"."audit_log_guard"();

alter table "public"."audit_log_rows" enable always trigger "audit_log_guard";

create or replace view "public"."audit_log" as
select s.lane, s.number, r.chunk, v.entry, s.at, s.clock, s.transaction, s.role, s.login, s.identity, s.relation, s.operation,
  json_object_agg(v.name, coalesce(v.old_value, v.new_value)) filter (where v.name = any (s.key_columns)) as key,
  json_object_agg(v.name, v.old_value) filter (where r.new is null or v.old_value::text <> v.new_value::text) as old,
  json_object_agg(v.name, v.new_value) filter (where r.old is null or v.old_value::text <> v.new_value::text) as new
from "public"."audit_log_statements" s
join "public"."audit_log_rows" r using (lane, number)
cross join lateral (
  select entry, name, o.value as old_value, n.value as new_value
    from (select v.entry, c.key as name, v.value
        from json_each(r.old) c
        cross join json_array_elements(case json_typeof(c.value) when 'array' then c.value end) with ordinality v(value, entry)) o
    full join (select v.entry, c.key as name, v.value
        from json_each(r.new) c
        cross join json_array_elements(case json_typeof(c.value) when 'array' then c.value end) with ordinality v(value, entry)) n using (entry, name)
) v
group by s.lane, s.number, r.chunk, v.entry;

grant select on "public"."audit_log" to "auditor";

create or replace trigger "audit_log_guard" before update or truncate on "public"."audit_log_personal" for each statement execute function "public"."audit_log_guard"();

alter table "public"."audit_log_personal" enable always trigger "audit_log_guard";

create or replace function "public"."audit_log_erased"() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set bytea_output = 'hex'
set extra_float_digits = 1
set enable_nestloop = off
set work_mem = '64MB' as $audit$
declare
  head record;
  total record;
begin
    if not exists (select from old_rows) then
      return null;
    end if;
    select * into strict head from "public"."audit_log_open"();
    with written as (
      select * from (select row_number() over () - 1 as pos, r."commitment" as o0, r."lane" as o1, r."number" as o2 from old_rows r) a
    ), chunked as (
      select (pos / 128)::integer as chunk, count(*) as entries, json_agg(o0) as oj0, json_agg(o1) as oj1, json_agg(o2) as oj2
        from written group by 1
    ), sided as (
      select c.chunk, c.entries, (select row_to_json(x) from (select c.oj0 as "commitment", c.oj1 as "lane", c.oj2 as "number") x) as old, null::json as new from chunked c
    ), logged as (
      insert into "public"."audit_log_rows" (lane, number, chunk, entries, "old", "new", digest)
      select head.lane, head.number, d.chunk, d.entries, d.old, d.new, sha256(convert_to(concat_ws(E'\n', d.entries::text, coalesce(d.old::text, 'null'), coalesce(d.new::text, 'null')), 'UTF8')) from sided d
      returning chunk, entries, digest
    )
    select sum(l.entries) as entries, sha256(string_agg(l.digest, '\x'::bytea order by l.chunk)) as digest, 0 as personal into strict total from logged l;

  perform "public"."audit_log_seal"(head.lane, head.number, head.previous, 'audit_log_personal', tg_op,
    array['commitment']::text[], total.entries::bigint, total.personal::bigint, total.digest);
  return null;
end
$audit$;

revoke all on function "public"."audit_log_erased"() from public;

create or replace trigger "audit_log_erased" after delete on "public"."audit_log_personal" referencing old table as old_rows for each statement execute function "public"."audit_log_erased"();

alter table "public"."audit_log_personal" enable always trigger "audit_log_erased";

create or replace function "public"."audit_log_erase"(person jsonb) returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp as $audit$
with gone as (delete from "public"."audit_log_personal" p where p.person = $1 returning 1)
select count(*) from gone
$audit$;

revoke all on function "public"."audit_log_erase"(jsonb) from public;

grant execute on function "public"."audit_log_erase"(jsonb) to "privacy";

create or replace function "public"."users_audit_log"() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set bytea_output = 'hex'
set extra_float_digits = 1
set enable_nestloop = off
set work_mem = '64MB'
as $audit$
declare
  head record;
  total record;
begin
  case tg_op
  when 'INSERT' then
    if not exists (select from new_rows) then
      return null;
    end if;
    select * into strict head from "public"."audit_log_open"();
    with written as (
      select *, case when n2 is not null then 'sha256:' || encode(sha256(convert_to(ns2::text || ':' || n2::text, 'UTF8')), 'hex') end as nc2, case when n3 is not null then 'sha256:' || encode(sha256(convert_to(ns3::text || ':' || n3::text, 'UTF8')), 'hex') end as nc3 from (select row_number() over () - 1 as pos, r."tenant_id" as n0, r."id" as n1, r."email" as n2, gen_random_uuid() as ns2, r."name" as n3, gen_random_uuid() as ns3, r."created_at" as n4 from new_rows r) a
    ), chunked as (
      select (pos / 128)::integer as chunk, count(*) as entries, json_agg(n0) as nj0, json_agg(n1) as nj1, json_agg(nc2) as nj2, json_agg(nc3) as nj3, json_agg(n4) as nj4
        from written group by 1
    ), sided as (
      select c.chunk, c.entries, null::json as old, (select row_to_json(x) from (select c.nj0 as "tenant_id", c.nj1 as "id", c.nj2 as "email", c.nj3 as "name", c.nj4 as "created_at") x) as new from chunked c
    ), logged as (
      insert into "public"."audit_log_rows" (lane, number, chunk, entries, "old", "new", digest)
      select head.lane, head.number, d.chunk, d.entries, d.old, d.new, sha256(convert_to(concat_ws(E'\n', d.entries::text, coalesce(d.old::text, 'null'), coalesce(d.new::text, 'null')), 'UTF8')) from sided d
      returning chunk, entries, digest
    ), kept as (
      insert into "public"."audit_log_personal" (commitment, lane, number, relation, column_name, person, salt, value)
      select v.commitment, head.lane, head.number, 'users', v.column_name, v.person, v.salt, v.value
        from written cross join lateral (values (nc2, 'email', jsonb_build_array(n0, n1), ns2, n2::text),
          (nc3, 'name', jsonb_build_array(n0, n1), ns3, n3::text)) v(commitment, column_name, person, salt, value)
       returning 1
    )
    select sum(l.entries) as entries, sha256(string_agg(l.digest, '\x'::bytea order by l.chunk)) as digest, (select count(*) from kept) as personal into strict total from logged l;
  when 'UPDATE' then
    if not exists (select from old_rows) then
      return null;
    end if;
    select * into strict head from "public"."audit_log_open"();
    with written as (
      select *, case when o2 is not null and o2::text is distinct from n2::text then 'sha256:' || encode(sha256(convert_to(os2::text || ':' || o2::text, 'UTF8')), 'hex') end as oc2, case when o3 is not null and o3::text is distinct from n3::text then 'sha256:' || encode(sha256(convert_to(os3::text || ':' || o3::text, 'UTF8')), 'hex') end as oc3, case when n2 is not null and o2::text is distinct from n2::text then 'sha256:' || encode(sha256(convert_to(ns2::text || ':' || n2::text, 'UTF8')), 'hex') end as nc2, case when n3 is not null and o3::text is distinct from n3::text then 'sha256:' || encode(sha256(convert_to(ns3::text || ':' || n3::text, 'UTF8')), 'hex') end as nc3 from (select row_number() over () - 1 as pos, r."tenant_id" as o0, r."id" as o1, r."email" as o2, gen_random_uuid() as os2, r."name" as o3, gen_random_uuid() as os3, r."created_at" as o4 from old_rows r) a join (select row_number() over () - 1 as pos, r."tenant_id" as n0, r."id" as n1, r."email" as n2, gen_random_uuid() as ns2, r."name" as n3, gen_random_uuid() as ns3, r."created_at" as n4 from new_rows r) b using (pos)
    ), chunked as (
      select (pos / 128)::integer as chunk, count(*) as entries, json_agg(o0) as oj0, json_agg(o1) as oj1, json_agg(oc2) as oj2, json_agg(oc3) as oj3, json_agg(o4) as oj4, json_agg(n0) as nj0, json_agg(n1) as nj1, json_agg(nc2) as nj2, json_agg(nc3) as nj3, json_agg(n4) as nj4
        from written group by 1
    ), sided as (
      select c.chunk, c.entries, (select row_to_json(x) from (select c.oj0 as "tenant_id", c.oj1 as "id", case when c.oj2::text <> c.nj2::text then c.oj2 end as "email", case when c.oj3::text <> c.nj3::text then c.oj3 end as "name", case when c.oj4::text <> c.nj4::text then c.oj4 end as "created_at") x) as old, (select row_to_json(x) from (select case when c.oj0::text <> c.nj0::text then c.nj0 end as "tenant_id", case when c.oj1::text <> c.nj1::text then c.nj1 end as "id", case when c.oj2::text <> c.nj2::text then c.nj2 end as "email", case when c.oj3::text <> c.nj3::text then c.nj3 end as "name", case when c.oj4::text <> c.nj4::text then c.nj4 end as "created_at") x) as new from chunked c
    ), logged as (
      insert into "public"."audit_log_rows" (lane, number, chunk, entries, "old", "new", digest)
      select head.lane, head.number, d.chunk, d.entries, d.old, d.new, sha256(convert_to(concat_ws(E'\n', d.entries::text, coalesce(d.old::text, 'null'), coalesce(d.new::text, 'null')), 'UTF8')) from sided d
      returning chunk, entries, digest
    ), kept as (
      insert into "public"."audit_log_personal" (commitment, lane, number, relation, column_name, person, salt, value)
      select v.commitment, head.lane, head.number, 'users', v.column_name, v.person, v.salt, v.value
        from written cross join lateral (values (oc2, 'email', jsonb_build_array(o0, o1), os2, o2::text),
          (oc3, 'name', jsonb_build_array(o0, o1), os3, o3::text),
          (nc2, 'email', jsonb_build_array(n0, n1), ns2, n2::text),
          (nc3, 'name', jsonb_build_array(n0, n1), ns3, n3::text)) v(commitment, column_name, person, salt, value)
       where v.commitment is not null returning 1
    )
    select sum(l.entries) as entries, sha256(string_agg(l.digest, '\x'::bytea order by l.chunk)) as digest, (select count(*) from kept) as personal into strict total from logged l;
  when 'DELETE' then
    if not exists (select from old_rows) then
      return null;
    end if;
    select * into strict head from "public"."audit_log_open"();
    with written as (
      select *, case when o2 is not null then 'sha256:' || encode(sha256(convert_to(os2::text || ':' || o2::text, 'UTF8')), 'hex') end as oc2, case when o3 is not null then 'sha256:' || encode(sha256(convert_to(os3::text || ':' || o3::text, 'UTF8')), 'hex') end as oc3 from (select row_number() over () - 1 as pos, r."tenant_id" as o0, r."id" as o1, r."email" as o2, gen_random_uuid() as os2, r."name" as o3, gen_random_uuid() as os3, r."created_at" as o4 from old_rows r) a
    ), chunked as (
      select (pos / 128)::integer as chunk, count(*) as entries, json_agg(o0) as oj0, json_agg(o1) as oj1, json_agg(oc2) as oj2, json_agg(oc3) as oj3, json_agg(o4) as oj4
        from written group by 1
    ), sided as (
      select c.chunk, c.entries, (select row_to_json(x) from (select c.oj0 as "tenant_id", c.oj1 as "id", c.oj2 as "email", c.oj3 as "name", c.oj4 as "created_at") x) as old, null::json as new from chunked c
    ), logged as (
      insert into "public"."audit_log_rows" (lane, number, chunk, entries, "old", "new", digest)
      select head.lane, head.number, d.chunk, d.entries, d.old, d.new, sha256(convert_to(concat_ws(E'\n', d.entries::text, coalesce(d.old::text, 'null'), coalesce(d.new::text, 'null')), 'UTF8')) from sided d
      returning chunk, entries, digest
    ), kept as (
      insert into "public"."audit_log_personal" (commitment, lane, number, relation, column_name, person, salt, value)
      select v.commitment, head.lane, head.number, 'users', v.column_name, v.person, v.salt, v.value
        from written cross join lateral (values (oc2, 'email', jsonb_build_array(o0, o1), os2, o2::text),
          (oc3, 'name', jsonb_build_array(o0, o1), os3, o3::text)) v(commitment, column_name, person, salt, value)
       returning 1
    )
    select sum(l.entries) as entries, sha256(string_agg(l.digest, '\x'::bytea order by l.chunk)) as digest, (select count(*) from kept) as personal into strict total from logged l;
  end case;
  perform "public"."audit_log_seal"(head.lane, head.number, head.previous, 'users', tg_op,
    array['tenant_id', 'id']::text[], total.entries::bigint, total.personal::bigint, total.digest);
  return null;
end
$audit$;

revoke all on function "public"."users_audit_log"() from public;

create or replace trigger "users_audit_log_insert" after insert on "public"."users" referencing new table as new_rows for each statement execute function "public"."users_audit_log"();

alter table "public"."users" enable always trigger "users_audit_log_insert";

create or replace trigger "users_audit_log_update" after update on "public"."users" referencing old table as old_rows new table as new_rows for each statement execute function "public"."users_audit_log"();

alter table "public"."users" enable always trigger "users_audit_log_update";

create or replace trigger "users_audit_log_delete" after delete on "public"."users" referencing old table as old_rows for each statement execute function "public"."users_audit_log"();

alter table "public"."users" enable always trigger "users_audit_log_delete";

create or replace trigger "users_audit_log_truncate" before truncate on "public"."users" for each statement execute function "public"."audit_log_guard"();

alter table "public"."users" enable always trigger "users_audit_log_truncate";

create or replace function "public"."products_audit_log"() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set bytea_output = 'hex'
set extra_float_digits = 1
set enable_nestloop = off
set work_mem = '64MB'
as $audit$
declare
  head record;
  total record;
begin
  case tg_op
  when 'INSERT' then
    if not exists (select from new_rows) then
      return null;
    end if;
    select * into strict head from "public"."audit_log_open"();
    with written as (
      select * from (select row_number() over () - 1 as pos, r."tenant_id" as n0, r."id" as n1, r."category_id" as n2, r."slug" as n3, r."name" as n4, r."price" as n5, r."metadata"::text as n6, r."created_at" as n7, r."deleted_at" as n8 from new_rows r) a
    ), chunked as (
      select (pos / 128)::integer as chunk, count(*) as entries, json_agg(n0) as nj0, json_agg(n1) as nj1, json_agg(n2) as nj2, json_agg(n3) as nj3, json_agg(n4) as nj4, json_agg(n5) as nj5, json_agg(n6) as nj6, json_agg(n7) as nj7, json_agg(n8) as nj8
        from written group by 1
    ), sided as (
      select c.chunk, c.entries, null::json as old, (select row_to_json(x) from (select c.nj0 as "tenant_id", c.nj1 as "id", c.nj2 as "category_id", c.nj3 as "slug", c.nj4 as "name", c.nj5 as "price", c.nj6 as "metadata", c.nj7 as "created_at", c.nj8 as "deleted_at") x) as new from chunked c
    ), logged as (
      insert into "public"."audit_log_rows" (lane, number, chunk, entries, "old", "new", digest)
      select head.lane, head.number, d.chunk, d.entries, d.old, d.new, sha256(convert_to(concat_ws(E'\n', d.entries::text, coalesce(d.old::text, 'null'), coalesce(d.new::text, 'null')), 'UTF8')) from sided d
      returning chunk, entries, digest
    )
    select sum(l.entries) as entries, sha256(string_agg(l.digest, '\x'::bytea order by l.chunk)) as digest, 0 as personal into strict total from logged l;
  when 'UPDATE' then
    if not exists (select from old_rows) then
      return null;
    end if;
    select * into strict head from "public"."audit_log_open"();
    with written as (
      select * from (select row_number() over () - 1 as pos, r."tenant_id" as o0, r."id" as o1, r."category_id" as o2, r."slug" as o3, r."name" as o4, r."price" as o5, r."metadata"::text as o6, r."created_at" as o7, r."deleted_at" as o8 from old_rows r) a join (select row_number() over () - 1 as pos, r."tenant_id" as n0, r."id" as n1, r."category_id" as n2, r."slug" as n3, r."name" as n4, r."price" as n5, r."metadata"::text as n6, r."created_at" as n7, r."deleted_at" as n8 from new_rows r) b using (pos)
    ), chunked as (
      select (pos / 128)::integer as chunk, count(*) as entries, json_agg(o0) as oj0, json_agg(o1) as oj1, json_agg(o2) as oj2, json_agg(o3) as oj3, json_agg(o4) as oj4, json_agg(o5) as oj5, json_agg(o6) as oj6, json_agg(o7) as oj7, json_agg(o8) as oj8, json_agg(n0) as nj0, json_agg(n1) as nj1, json_agg(n2) as nj2, json_agg(n3) as nj3, json_agg(n4) as nj4, json_agg(n5) as nj5, json_agg(n6) as nj6, json_agg(n7) as nj7, json_agg(n8) as nj8
        from written group by 1
    ), sided as (
      select c.chunk, c.entries, (select row_to_json(x) from (select c.oj0 as "tenant_id", c.oj1 as "id", case when c.oj2::text <> c.nj2::text then c.oj2 end as "category_id", case when c.oj3::text <> c.nj3::text then c.oj3 end as "slug", case when c.oj4::text <> c.nj4::text then c.oj4 end as "name", case when c.oj5::text <> c.nj5::text then c.oj5 end as "price", case when c.oj6::text <> c.nj6::text then c.oj6 end as "metadata", case when c.oj7::text <> c.nj7::text then c.oj7 end as "created_at", case when c.oj8::text <> c.nj8::text then c.oj8 end as "deleted_at") x) as old, (select row_to_json(x) from (select case when c.oj0::text <> c.nj0::text then c.nj0 end as "tenant_id", case when c.oj1::text <> c.nj1::text then c.nj1 end as "id", case when c.oj2::text <> c.nj2::text then c.nj2 end as "category_id", case when c.oj3::text <> c.nj3::text then c.nj3 end as "slug", case when c.oj4::text <> c.nj4::text then c.nj4 end as "name", case when c.oj5::text <> c.nj5::text then c.nj5 end as "price", case when c.oj6::text <> c.nj6::text then c.nj6 end as "metadata", case when c.oj7::text <> c.nj7::text then c.nj7 end as "created_at", case when c.oj8::text <> c.nj8::text then c.nj8 end as "deleted_at") x) as new from chunked c
    ), logged as (
      insert into "public"."audit_log_rows" (lane, number, chunk, entries, "old", "new", digest)
      select head.lane, head.number, d.chunk, d.entries, d.old, d.new, sha256(convert_to(concat_ws(E'\n', d.entries::text, coalesce(d.old::text, 'null'), coalesce(d.new::text, 'null')), 'UTF8')) from sided d
      returning chunk, entries, digest
    )
    select sum(l.entries) as entries, sha256(string_agg(l.digest, '\x'::bytea order by l.chunk)) as digest, 0 as personal into strict total from logged l;
  when 'DELETE' then
    if not exists (select from old_rows) then
      return null;
    end if;
    select * into strict head from "public"."audit_log_open"();
    with written as (
      select * from (select row_number() over () - 1 as pos, r."tenant_id" as o0, r."id" as o1, r."category_id" as o2, r."slug" as o3, r."name" as o4, r."price" as o5, r."metadata"::text as o6, r."created_at" as o7, r."deleted_at" as o8 from old_rows r) a
    ), chunked as (
      select (pos / 128)::integer as chunk, count(*) as entries, json_agg(o0) as oj0, json_agg(o1) as oj1, json_agg(o2) as oj2, json_agg(o3) as oj3, json_agg(o4) as oj4, json_agg(o5) as oj5, json_agg(o6) as oj6, json_agg(o7) as oj7, json_agg(o8) as oj8
        from written group by 1
    ), sided as (
      select c.chunk, c.entries, (select row_to_json(x) from (select c.oj0 as "tenant_id", c.oj1 as "id", c.oj2 as "category_id", c.oj3 as "slug", c.oj4 as "name", c.oj5 as "price", c.oj6 as "metadata", c.oj7 as "created_at", c.oj8 as "deleted_at") x) as old, null::json as new from chunked c
    ), logged as (
      insert into "public"."audit_log_rows" (lane, number, chunk, entries, "old", "new", digest)
      select head.lane, head.number, d.chunk, d.entries, d.old, d.new, sha256(convert_to(concat_ws(E'\n', d.entries::text, coalesce(d.old::text, 'null'), coalesce(d.new::text, 'null')), 'UTF8')) from sided d
      returning chunk, entries, digest
    )
    select sum(l.entries) as entries, sha256(string_agg(l.digest, '\x'::bytea order by l.chunk)) as digest, 0 as personal into strict total from logged l;
  end case;
  perform "public"."audit_log_seal"(head.lane, head.number, head.previous, 'products', tg_op,
    array['tenant_id', 'id']::text[], total.entries::bigint, total.personal::bigint, total.digest);
  return null;
end
$audit$;

revoke all on function "public"."products_audit_log"() from public;

create or replace trigger "products_audit_log_insert" after insert on "public"."products" referencing new table as new_rows for each statement execute function "public"."products_audit_log"();

alter table "public"."products" enable always trigger "products_audit_log_insert";

create or replace trigger "products_audit_log_update" after update on "public"."products" referencing old table as old_rows new table as new_rows for each statement execute function "public"."products_audit_log"();

alter table "public"."products" enable always trigger "products_audit_log_update";

create or replace trigger "products_audit_log_delete" after delete on "public"."products" referencing old table as old_rows for each statement execute function "public"."products_audit_log"();

alter table "public"."products" enable always trigger "products_audit_log_delete";

create or replace trigger "products_audit_log_truncate" before truncate on "public"."products" for each statement execute function "public"."audit_log_guard"();

alter table "public"."products" enable always trigger "products_audit_log_truncate";
