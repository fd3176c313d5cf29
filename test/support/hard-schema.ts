/** What rich-schema.ts leaves out: everything beside tables, odd partitions and inheritance, states and storage. */

/** Run first, by the administrator, in the original and in the copy: what an owner cannot make. */
export const hardBefore = (owner: string): string => `
  create extension if not exists postgres_fdw;
  grant usage on foreign data wrapper postgres_fdw to "${owner}";`

export const hardExtensions = ['citext', 'hstore with schema extensions', 'pg_trgm'] as const

const from15 = `
  create publication shown for table hard.people (id, name) where (id > 0), hard.refers with (publish = 'insert, update', publish_via_partition_root = true);
  create unlogged sequence hard.quick;
  create view hard.invoked with (security_invoker = true) as select id from hard.people;`

const from18 = `
  create table hard.virtual (a int constraint "a is there" not null, b int generated always as (a * 2) virtual,
    c int not null no inherit, constraint lazily check (a > 0) not enforced);
  alter table hard.virtual add constraint late_b not null b not valid;`

export const hardSchema = (major: number): string => `
  create schema hard; create schema empty_one; create schema "Odd ""schema"" é";
  do $$ declare r text; begin
    foreach r in array array['hard_app', 'hard_chief', 'hard_owner', 'Odd "role"'] loop
      if not exists (select from pg_roles where rolname = r) then execute format('create role %I', r); end if;
    end loop;
    if not pg_has_role('hard_chief', 'hard_app', 'member') then grant hard_app to hard_chief; end if;
    if not pg_has_role(current_user, 'hard_owner', 'member') then execute 'grant hard_owner to current_user'; end if;
  end $$;
  create schema theirs authorization hard_owner;
  comment on schema hard is 'it''s "hard"'; comment on schema public is 'ours';
  grant usage on schema hard to hard_app; grant create on schema hard to hard_chief with grant option;
  revoke usage on schema public from public;

  create collation hard.ignoring (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  create collation hard.plain (lc_collate = 'C', lc_ctype = 'POSIX');
  comment on collation hard.ignoring is 'no case';
  create type hard.mood as enum ('ok', 'it''s "odd"', 'ü');
  create type hard.nothing as enum ();
  create type hard.pair as (a int, "b B" text collate "C", m hard.mood);
  create type hard.empty as ();
  create type hard.mood_span as range (subtype = hard.mood, multirange_type_name = hard.mood_spans);
  create type hard.floats as range (subtype = float8, subtype_diff = float8mi);
  create domain hard.positive as integer default 1 not null constraint positive check (value > 0) constraint "not 13" check (value <> 13);
  alter domain hard.positive add constraint later check (value < 1000) not valid;
  create domain hard.even as hard.positive check (value % 2 = 0);
  create domain hard.word as varchar(10) collate "C";
  comment on constraint "not 13" on domain hard.positive is 'unlucky'; comment on domain hard.word is 'short';
  grant usage on type hard.mood to hard_app; revoke usage on type hard.mood from public;

  create sequence hard.counter as integer increment by -3 minvalue -900 maxvalue -1 start with -10 cache 5 cycle;
  select nextval('hard.counter');
  create sequence hard.alone; comment on sequence hard.alone is 'free'; grant usage on sequence hard.alone to hard_app;

  create function hard.add(a int, b int default 2) returns int language sql immutable parallel safe return a + b;
  create function hard.add(a text, variadic b text[]) returns text language sql immutable as $$ select a || array_to_string(b, '$x$') $$;
  create function hard.outs(in a int, out b int, inout c text) language plpgsql as $$ begin b := a; end $$;
  create function hard.rows() returns table (a int, b text) language plpgsql rows 7 cost 3 as $$ begin return; end $$;
  create procedure hard.work(inout n int) language plpgsql security definer set search_path = hard, pg_temp as $$ begin n := n + 1; commit; end $$;
  set check_function_bodies = off;
  create function hard.later() returns bigint language sql stable as $$ select count(*) from hard.people $$;
  reset check_function_bodies;
  create function hard.gather(s int[], v int) returns int[] language sql immutable as $$ select s || v $$;
  create function hard.finish(s int[]) returns int language sql immutable as $$ select cardinality(s) $$;
  create aggregate hard.how_many(int) (sfunc = hard.gather, stype = int[], finalfunc = hard.finish, initcond = '{}', parallel = safe);
  create aggregate hard.tally(*) (sfunc = int8inc, stype = int8, initcond = '0');
  create function hard.push(anyarray, anyelement) returns anyarray language sql immutable as $$ select $1 || $2 $$;
  create function hard.any_last(anyarray, anyelement) returns anyelement language sql immutable as $$ select $1[cardinality($1)] $$;
  create aggregate hard.last_of(order by anyelement) (sfunc = hard.push, stype = anyarray, finalfunc = hard.any_last, finalfunc_extra);
  comment on aggregate hard.how_many(int) is 'many'; comment on aggregate hard.tally(*) is 'all';
  grant execute on function hard.how_many(int) to hard_app; revoke execute on function hard.how_many(int) from public;
  comment on function hard.add(int, int) is 'adds'; comment on procedure hard.work(int) is 'works';
  create function hard.same_mood(hard.mood, text) returns boolean language sql immutable as $$ select $1::text = $2 $$;
  create function hard.mood_same(text, hard.mood) returns boolean language sql immutable as $$ select $1 = $2::text $$;
  create operator hard.=== (function = hard.same_mood, leftarg = hard.mood, rightarg = text, commutator = operator(hard.===), restrict = eqsel, join = eqjoinsel);
  create operator hard.=== (function = hard.mood_same, leftarg = text, rightarg = hard.mood, commutator = operator(hard.===));
  create operator hard.!! (function = hard.finish, rightarg = int[]);
  comment on operator hard.!! (none, int[]) is 'counts';
  create function hard.to_mood(hard.pair) returns hard.mood language sql immutable as $$ select ($1).m $$;
  create cast (hard.pair as hard.mood) with function hard.to_mood(hard.pair) as assignment;
  create cast (hard.mood as hard.pair) with inout;
  comment on cast (hard.pair as hard.mood) is 'the mood';
  create text search dictionary hard.plain_words (template = pg_catalog.simple, stopwords = english, accept = false);
  create text search configuration hard.words (parser = pg_catalog."default");
  alter text search configuration hard.words add mapping for asciiword, word with hard.plain_words, english_stem;
  comment on text search configuration hard.words is 'plain'; comment on text search dictionary hard.plain_words is 'stops';

  create table hard.people (
    id bigserial primary key, small smallserial, name text collate hard.ignoring not null default 'x' unique deferrable initially deferred,
    mood hard.mood default 'ok', pair hard.pair, spans hard.mood_spans, age hard.even, gone text, kind varchar(20)
      check (kind in ('a', 'b''c', 'd,]') or kind = any (array['x', 'y'])), email extensions.hstore, mail citext,
    number int default nextval('hard.alone'), body text compression pglz, search tsvector generated always as (to_tsvector('hard.words', body)) stored,
    at timestamptz default now(), bytes bytea default '\\x00ff', note text default E'a\\\\b''c', boss bigint,
    constraint "a ""check"" é" check (hard.add(age::int, 1) > 0), constraint alone check (id > 0) no inherit,
    constraint nobody exclude using btree (number with =) where (number > 5) deferrable,
    foreign key (boss) references hard.people on delete set null not valid
  ) with (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false);
  alter table hard.people drop column gone;
  alter table hard.people add constraint not_yet check (name <> '') not valid;
  alter table hard.people alter column body set storage external, alter column body set statistics 500, alter column id set (n_distinct = -0.5);
  alter table hard.people replica identity using index people_pkey;
  alter table hard.people cluster on people_pkey;
  create index people_expression on hard.people (lower(name), (age + 1) desc nulls last) include (id) with (fillfactor = 50) where kind in ('a', 'z');
  alter index hard.people_expression alter column 2 set statistics 77;
  create index people_trgm on hard.people using gin (body gin_trgm_ops);
  create statistics hard.people_stats (ndistinct, dependencies) on (id + 1), age, kind from hard.people;
  alter statistics hard.people_stats set statistics 90;
  create unlogged table hard.loose (a int generated by default as identity (sequence name hard."own seq" start 5 increment 2), b hard.people);
  alter table hard.loose replica identity full;
  create table hard.typed of hard.pair (primary key (a));
  create table hard.owned (a int); create sequence hard.owned_by owned by hard.owned.a; alter table hard.owned alter a set default nextval('hard.owned_by');
  create table hard."Weird ""tab"".le" ("select" int primary key, "a,b" text default 'x', "${'é'.repeat(31)}" int);
  comment on table hard."Weird ""tab"".le" is 'odd; -- name'; comment on column hard."Weird ""tab"".le"."a,b" is E'back\\\\slash';
  create table hard.a (id int primary key, b int); create table hard.b (id int primary key, a int references hard.a);
  alter table hard.a add constraint to_b foreign key (b) references hard.b on delete cascade deferrable initially deferred;
  create table hard.circle (id int primary key, n bigint);
  create function hard.of_circle(c hard.circle) returns bigint language sql stable as $$ select c.n $$;
  create function hard.circles() returns bigint language sql stable begin atomic select count(*) from hard.circle; end;
  alter table hard.circle alter column n set default hard.circles();
  alter table hard.circle add constraint by_row check (hard.of_circle(circle) is distinct from 13);

  create table hard.parent (id int primary key, kind text default 'p' check (kind <> ''), more text, constraint only_here check (id < 99) no inherit);
  create table hard.child (own int not null, kind text default 'c') inherits (hard.parent);
  alter table hard.child alter column more set default 'm', alter column more set not null;
  create table hard.grandchild () inherits (hard.child); alter table hard.grandchild alter column kind drop default;
  alter table hard.grandchild alter column id set not null, alter column id add generated by default as identity (sequence name hard."G ""id"" seq" start 5 increment 3);
  alter table hard.child alter column id set not null, alter column id add generated always as identity; alter sequence hard.child_id_seq as bigint maxvalue 99;

  create table hard.events (id bigint not null, at date not null, kind text default 'e', region text,
    constraint events_key primary key (id, at), constraint events_kind check (kind <> 'bad')) partition by range (at);
  create table hard.events_2024 partition of hard.events (kind default 'y' not null, constraint own check (id > 0)) for values from ('2024-01-01') to ('2025-01-01') partition by range (id);
  create table hard.events_2024_eu partition of hard.events_2024 for values from (minvalue) to (100) with (fillfactor = 60);
  create table hard.regions (r text) partition by list (lower(r));
  create table hard.regions_eu partition of hard.regions for values in ('de', 'it''s', null);
  create table hard.events_2024_rest partition of hard.events_2024 default;
  create table hard.events_old (region text, at date not null, id bigint not null, kind text, constraint events_kind check (kind <> 'bad'), constraint old_key primary key (id, at));
  alter table hard.events attach partition hard.events_old for values from (minvalue) to ('2024-01-01');
  create table hard.events_hash (id bigint not null, at date not null, kind text default 'e', region text) partition by hash (id);
  create table hard.events_hash_0 partition of hard.events_hash for values with (modulus 2, remainder 0);
  create table hard.events_hash_1 partition of hard.events_hash for values with (modulus 2, remainder 1);
  create index events_by_kind on hard.events (kind, lower(region));
  create index events_hash_kind on hard.events_hash (kind);
  alter index hard.events_hash_0_kind_idx rename to "my own index";
  create table hard.between_ (a int, b numeric, d date, v varchar,
    check (a between 1 and 5 and b > 0), check (a not between 1 and 5 or b not between -1.5 and 2 or d is null),
    check ((d between '2000-01-01' and current_date + 1 or a = 1) and (b between 0 and 1 and a between 1 and 2 and a in (1, 2))),
    check (((a >= 1 and a <= 5) and b > 0) or not (a between 1 and 2 and v between 'a' and 'b' and v in ('a', 'b'))));
  create index between_some on hard.between_ (a) where a between 1 and 2 and b is not null;
  create view hard.between_view as select case when a between 1 and 2 and b > 1 then v end as x from hard.between_ where a between 3 and 4 and v not in ('x', 'y') and (a, b) > (1, 2);
  create index events_alone on only hard.events_hash (region);
  create table hard.second (id int, extra text default 'two', note text default 'n'); create table hard.both (note text default 'mine') inherits (hard.parent, hard.second);
  alter table hard.both alter column extra drop default, alter column kind set default 'k';
  create index events_own on hard.events_2024_eu (region);
  comment on index hard.events_by_kind is 'kinds'; comment on index hard."my own index" is 'renamed';
  comment on constraint events_key on hard.events is 'the key';
  create function hard.noop() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger each after insert on hard.events for each row when (new.kind in ('a', 'b')) execute function hard.noop('x''y', '1');
  alter table hard.events_2024_eu disable trigger each;
  create trigger always before update on hard.people for each row execute function hard.noop(); alter table hard.people enable always trigger always;
  create trigger replica before update on hard.people for each row execute function hard.noop(); alter table hard.people enable replica trigger replica;
  create trigger off before update of name, kind on hard.people for each row execute function hard.noop(); alter table hard.people disable trigger off;
  create constraint trigger checked after update on hard.people from hard.a deferrable initially deferred for each row execute function hard.noop();
  create trigger tables after update on hard.people referencing old table as o new table as "N n" for each statement execute function hard.noop();
  comment on trigger off on hard.people is 'asleep';
  create table hard.refers (id bigint, at date, foreign key (id, at) references hard.events);

  create view hard.base with (security_barrier) as select id, name, kind from hard.people where kind in ('a', 'b') with cascaded check option;
  create view hard.above (ident, "the Name") as select b.id, b.name from hard.base b where hard.add(b.id::int) > 1;
  create recursive view hard.numbers (n) as select 1 union all select n + 1 from numbers where n < 5;
  alter view hard.above alter column ident set default 7;
  comment on view hard.above is 'over'; comment on column hard.above."the Name" is 'named';
  create view hard.grouped as select p.*, count(*) as c from hard.parent p join hard.b on b.id = p.id group by p.id;
  create function hard.from_view(hard.above) returns text language sql as $$ select $1."the Name" $$;
  create view hard.over_function as select hard.from_view(a) as f, hard.circles() as n from hard.above a;
  create materialized view hard.kept as select kind, hard.how_many(id::int) as n from hard.people group by kind;
  create unique index kept_kind on hard.kept (kind); alter materialized view hard.kept cluster on kept_kind;
  create materialized view hard.unfilled with (fillfactor = 80) as select * from hard.kept with no data;
  comment on materialized view hard.kept is 'kept'; comment on column hard.kept.n is 'n';
  create trigger instead instead of insert on hard.above for each row execute function hard.noop();
  create rule quiet as on delete to hard.above where old.ident > 3 do instead nothing;
  create rule log as on insert to hard.a do also (insert into hard.b values (new.id); notify changed);
  alter table hard.a disable rule log; comment on rule log on hard.a is 'silent';

  alter table hard.people enable row level security; alter table hard.people force row level security;
  alter table hard.a force row level security; alter table hard.events_2024 enable row level security;
  create policy p1 on hard.people; create policy p2 on hard.people as restrictive for update to hard_app, "Odd ""role""" using (kind in ('a', 'b')) with check (id in (select b.id from hard.b));
  create policy p3 on hard.people for insert with check (current_user = 'hard_app'); create policy p4 on hard.people for delete to public using (false);
  create policy p5 on hard.people for select to current_user using (mood = 'ok'); comment on policy p1 on hard.people is 'none';

  create server elsewhere type 'pg' version '9' foreign data wrapper postgres_fdw options (host 'it''s', port '1');
  create foreign table hard.remote (id int options (column_name 'ID') not null, b text default 'r', constraint positive check (id > 0)) server elsewhere options (schema_name 'x', table_name 'y');
  comment on server elsewhere is 'there'; comment on column hard.remote.id is 'remote id';
  grant usage on foreign server elsewhere to hard_app;

  grant select, insert (name, kind), update (kind) on hard.people to hard_app; grant select on hard.people to hard_chief with grant option;
  grant select (id) on hard.base to "Odd ""role"""; revoke insert, delete on hard.loose from current_user;
  grant all on hard.a to public; revoke execute on function hard.add(int, int) from public; grant execute on procedure hard.work(int) to hard_chief;
  create table theirs.things (id serial primary key); alter table theirs.things owner to hard_owner;
  grant create on schema hard to hard_owner; create view hard.owned_view as select 1 as one; alter view hard.owned_view owner to hard_owner;
  create function hard.owned_function() returns int language sql as 'select 1'; alter function hard.owned_function() owner to hard_owner;
  revoke create on schema hard from hard_owner;
  ${major >= 15 ? from15 : ''} ${major >= 18 ? from18 : ''}
  alter default privileges in schema hard grant select on tables to hard_app;
  alter default privileges revoke execute on functions from public;
  alter default privileges for role hard_owner grant usage on sequences to hard_app with grant option;`
