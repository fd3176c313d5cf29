-- A deleted product is hidden, its slug is free again, and it can be brought back for thirty days.

alter table products add column deleted_at timestamptz;
alter table products drop constraint products_tenant_id_slug_key;
create unique index products_slug on products (tenant_id, slug) where deleted_at is null;

create policy "products_living" on "public"."products" as restrictive for select to "app" using ("deleted_at" is null);

create function "public"."products_soft_delete"("p_tenant_id" bigint, "p_id" bigint) returns boolean language plpgsql set search_path = '' as $$
declare
  living cursor for select from "public"."products" kept where kept."tenant_id" = $1 and kept."id" = $2 for update;
begin
  open living;
  move living;
  if not found then
    return false;
  end if;
  update "public"."products" set "deleted_at" = now() where current of living;
  return true;
end $$;

create function "public"."products_deleted_now"() returns trigger language plpgsql set search_path = '' as $$
begin
  if new."deleted_at" is not null then
    new."deleted_at" := coalesce(old."deleted_at", now());
  end if;
  return new;
end $$;

create trigger "products_deleted_now" before update on "public"."products" for each row execute function "public"."products_deleted_now"();

create function "public"."products_keeps_grace"() returns trigger language plpgsql set search_path = '' as $$
begin
  if old."deleted_at" is null or old."deleted_at" > now() - interval '30 days' then
    raise exception '% keeps deleted rows for a while: this one is living, or deleted too lately', tg_table_name using errcode = '55000';
  end if;
  return old;
end $$;

create trigger "products_keeps_grace" before delete on "public"."products" for each row execute function "public"."products_keeps_grace"();

alter table "public"."products" enable always trigger "products_keeps_grace";

create function "public"."products_purge"() returns bigint language sql
begin atomic
  with gone as (
    delete from "public"."products"
     where "deleted_at" <= now() - interval '30 days'
    returning 1
  )
  select count(*) from gone;
end;

revoke execute on function "public"."products_purge"() from public;
