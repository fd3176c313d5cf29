/** Triggers and rewrite rules of many shapes, as data: what adopted databases have. Names are hostile where they can be. */

export const triggerShapes = `
do $$ begin create role "shop clerk" nologin; exception when duplicate_object then null; end $$;

-- 1: the time of the last change
create table authors (id integer primary key, name text not null, changed_at timestamptz not null default now());
create function touch() returns trigger language plpgsql as $$ begin new.changed_at := now(); return new; end $$;
create trigger touch before update on authors for each row execute function touch();

-- 2: names of every kind; a slug made of a title
create table "odd ""table's" ("the ""title" text not null, "Slug" text, "id 1" integer primary key);
create function "make 'slug""s"() returns trigger language plpgsql as $$
begin
  new."Slug" := lower(replace(new."the ""title", ' ', '-'));
  return new;
end $$;
create trigger "it's ""odd"" ünï" before insert or update of "the ""title" on "odd ""table's"
  for each row execute function "make 'slug""s"();

-- 3: an audit that writes the whole row as JSON, for every kind of write
create table products (id integer primary key, name text not null, price numeric(8,2) not null, updated_at timestamptz default now());
create table audit (id bigserial primary key, at timestamptz not null default clock_timestamp(), tbl text not null,
  op text not null, row_before jsonb, row_after jsonb);
create function audit() returns trigger language plpgsql as $$
begin
  insert into audit (tbl, op, row_before, row_after)
  values (tg_table_name, tg_op, case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end);
  return null;
end $$;
create trigger audit after insert or update or delete on products for each row execute function audit();

-- 4: a counter on the parent
create table threads (id integer primary key, title text not null, posts integer not null default 0);
create table posts (id integer primary key, thread_id integer not null references threads, body text not null);
create function count_posts() returns trigger language plpgsql as $$
begin
  if tg_op in ('INSERT', 'UPDATE') then update threads set posts = posts + 1 where id = new.thread_id; end if;
  if tg_op in ('DELETE', 'UPDATE') then update threads set posts = posts - 1 where id = old.thread_id; end if;
  return null;
end $$;
create trigger count_posts after insert or delete or update of thread_id on posts for each row execute function count_posts();

-- 5: refuses some changes of state
create table orders (id integer primary key, status text not null check (status in ('open', 'paid', 'sent')), total numeric not null check (total >= 0));
create function guard_orders() returns trigger language plpgsql as $$
begin
  if old.status = 'sent' and new.status <> 'sent' then
    raise exception 'a sent order stays sent' using errcode = 'OR001';
  end if;
  if new.total <> old.total and old.status <> 'open' then
    raise exception 'the total of a % order stays', old.status using errcode = 'OR002';
  end if;
  return new;
end $$;
create trigger guard before update on orders for each row execute function guard_orders();

-- 6: a boundary in WHEN
create table payments (id integer primary key, amount integer not null, note text);
create function mark_large() returns trigger language plpgsql as $$ begin new.note := 'large'; return new; end $$;
create trigger large before insert or update on payments for each row when (new.amount >= 1000) execute function mark_large();

-- 7: once per statement, over its transition tables
create table entries (id integer primary key, amount integer not null);
create table totals (id integer primary key, sum bigint not null);
create function sum_entries() returns trigger language plpgsql as $$
begin
  insert into totals values (1, (select sum(amount) from added)) on conflict (id) do update set sum = totals.sum + excluded.sum;
  return null;
end $$;
create trigger sum_entries after insert on entries referencing new table as added for each statement execute function sum_entries();

-- 8: deferred to the end of the transaction
create table transfers (id integer primary key, debit integer not null, credit integer not null);
create function balanced() returns trigger language plpgsql as $$
begin
  if (select debit <> credit from transfers where id = new.id) then raise exception 'it does not balance' using errcode = 'TR001'; end if;
  return null;
end $$;
create constraint trigger balanced after insert or update on transfers deferrable initially deferred
  for each row execute function balanced();

-- 9: a trigger that fires another, and one that writes its own table
create table folders (id integer primary key, name text not null, depth integer not null default 0, parent_id integer references folders);
create function set_depth() returns trigger language plpgsql as $$
begin
  if new.parent_id is not null then select depth + 1 into new.depth from folders where id = new.parent_id;
  else new.depth := 0; end if;
  return new;
end $$;
create trigger depth before insert or update of parent_id on folders for each row execute function set_depth();

-- 10: with the rights of its owner
create table accounts (id integer primary key, email text not null);
create table secrets (account_id integer primary key references accounts on delete cascade, tries integer not null default 0);
create function add_secrets() returns trigger language plpgsql security definer set search_path = '' as $$
begin insert into public.secrets (account_id) values (new.id); return new; end $$;
create trigger add_secrets after insert on accounts for each row execute function add_secrets();
grant insert, select on accounts to "shop clerk";

-- 11: nothing may be deleted or emptied
create table ledger (id integer primary key, line text not null);
create function keep() returns trigger language plpgsql as $$ begin raise exception 'the ledger stays' using errcode = 'LE001'; end $$;
create trigger keep_rows before delete or update on ledger for each row execute function keep();
create trigger keep_all before truncate on ledger for each statement execute function keep();

-- 12: a search document
create table pages (id integer primary key, title text not null, body text, doc tsvector);
create trigger doc before insert or update on pages for each row
  execute function tsvector_update_trigger('doc', 'pg_catalog.simple', 'title', 'body');

-- 13: a delete becomes a mark
create table notes (id integer primary key, body text not null, deleted_at timestamptz);
create function mark_deleted() returns trigger language plpgsql as $$
begin update notes set deleted_at = now() where id = old.id and deleted_at is null; return null; end $$;
create trigger mark_deleted before delete on notes for each row execute function mark_deleted();

-- 14: rewrite rules
create table prices (id integer primary key, price numeric not null);
create table price_log (id integer not null, old_price numeric, new_price numeric);
create rule log_prices as on update to prices where new.price <> old.price
  do also insert into price_log values (old.id, old.price, new.price);
create table archive (id integer primary key, body text);
create rule no_delete as on delete to archive do instead nothing;

-- 15: asks who is there
create table tasks (id integer primary key, title text not null, made_by text);
create function set_maker() returns trigger language plpgsql as $$
begin
  if current_setting('app.user', true) <> '' then new.made_by := current_setting('app.user', true); end if;
  return new;
end $$;
create trigger maker before insert on tasks for each row execute function set_maker();

-- 16: shows only to who listens
create table signals (id integer primary key, body text);
create function notify_signal() returns trigger language plpgsql as $$ begin perform pg_notify('signals', new.id::text); return null; end $$;
create trigger notify_signal after insert on signals for each row execute function notify_signal();

-- 17: keys that are made anew, and a time of day in words
create table tickets (id uuid primary key default gen_random_uuid(), subject text not null, code text, opened text);
create function open_ticket() returns trigger language plpgsql as $$
begin
  new.code := 'T-' || substr(md5(random()::text), 1, 8);
  new.opened := 'on ' || current_date || ' about ' || new.subject;
  return new;
end $$;
create trigger open_ticket before insert on tickets for each row execute function open_ticket();

-- 18: arguments; only in sessions that replicate; asleep
create table copies (id integer primary key, name text not null, "Upper (name)" text, runs integer not null default 0);
create function copy_upper() returns trigger language plpgsql as $$
begin new := jsonb_populate_record(new, jsonb_build_object(tg_argv[0], upper(new.name) || tg_argv[1])); return new; end $$;
create trigger upper before insert on copies for each row execute function copy_upper('Upper (name)', '''!');
create function count_run() returns trigger language plpgsql as $$ begin new.runs := new.runs + 1; return new; end $$;
create trigger replicated before update on copies for each row execute function count_run();
alter table copies enable replica trigger replicated;

-- 19: refuses every change of a typical row, so that another trigger shows only on an open one
create table closings (id integer primary key, closed boolean not null default true check (closed is not null), note text, changes integer not null default 0);
create function guard_closed() returns trigger language plpgsql as $$
begin if old.closed then raise exception 'closed' using errcode = 'CL001'; end if; return new; end $$;
create trigger guard before update on closings for each row execute function guard_closed();
create function count_changes() returns trigger language plpgsql as $$ begin new.changes := old.changes + 1; return new; end $$;
create trigger a_changes before update on closings for each row execute function count_changes();

-- 20: joins; a loop that never ends when it is broken; TRUNCATE beside checks that are still to come
create table crews (id integer primary key, hours integer not null default 0);
create table hands (id integer primary key, crew_id integer not null references crews deferrable initially deferred, active boolean not null default true);
create function crew_hours() returns trigger language plpgsql as $$
declare n integer := 0;
begin
  while n < 2 loop n := n + 1; end loop;
  update crews set hours = (select n * count(*) from crews c join hands h on h.crew_id = c.id and h.active where c.id = new.crew_id)
   where id = new.crew_id;
  return null;
end $$;
create trigger crew_hours after insert on hands for each row execute function crew_hours();
create function keep_hands() returns trigger language plpgsql as $$ begin raise exception 'hands stay' using errcode = 'HA001'; end $$;
create trigger keep_hands before truncate on hands for each statement execute function keep_hands();

-- 21: looks a value up in a row that no foreign key leads to; removes a row by one of its words
create table sources (id integer primary key, project_id integer);
create table links (id integer primary key, project_id integer, source_id integer, seen_at timestamp not null default now());
create function find_project() returns trigger language plpgsql as $$ begin
  if new.project_id is null then select project_id into new.project_id from sources where sources.id = new.source_id; end if;
  new.seen_at := now();
  return new; end $$;
create trigger find_project before insert or update on links for each row execute function find_project();
create table spaces (id integer primary key, kind text not null default 'user');
create table homes (id integer primary key, space_id integer references spaces on delete cascade);
create function leave_space() returns trigger language plpgsql as $$ begin
  delete from spaces where spaces.id = old.space_id and spaces.kind = 'home'; return null; end $$;
create trigger leave_space after delete on homes for each row when (old.space_id is not null) execute function leave_space();
`
