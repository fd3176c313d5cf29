/** Kinds and options that hard-schema.ts does not have, under names that are hard to quote: for the whole way of adoption. */

const name = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** 63 bytes, with all that a careless quotation breaks on. */
const hostile = name(`${'é'.repeat(20)} "q" 'x' $1 -- ; /* \\`)
const long = (end: string): string => name(`${'ü'.repeat(31 - Math.ceil(end.length / 2))}${end}`)

export const hostileExtensions = ['btree_gist'] as const

export const hostileBefore = (owner: string): string => `
  create extension if not exists btree_gist; create extension if not exists postgres_fdw;
  grant usage on foreign data wrapper postgres_fdw to "${owner}";`

const from15 = `
  create table "nulls" (a int, b int, c int, constraint one_null unique nulls not distinct (a, b) include (c));
  create unique index one_null_too on "nulls" (b) nulls not distinct where a > 0;
  create table sets (a int, b int, foreign key (a, b) references keys (x, y) on delete set null (b) on update set default);
  create table defaults (a int, b int default 5, foreign key (a, b) references keys (x, y) match full on delete set default (b) deferrable initially deferred);
  create view "invoker view" with (security_invoker = true, security_barrier = false, check_option = local) as select * from keys where x > 0;
  create publication ${long('pub')} for table only plain (late, ${hostile}, id) where (id > 0 and ${hostile} <> 'x');
  create collation "deutsch ü" (provider = icu, locale = 'de-DE-u-co-phonebk');`

const from18 = `
  create table eighteen (id int generated always as identity, v int generated always as (n * 2) virtual, n int constraint ${hostile} not null,
    s text generated always as (upper(t)) stored, t text, late int, soft int constraint soft_one check (soft > 0) not enforced,
    parent int constraint ${long('fk')} references plain (id) not enforced);
  alter table eighteen add constraint late_one not null late not valid;
  create table temporal (k int, during daterange, constraint tpk primary key (k, during without overlaps));
  create table temporal_too (k int, during daterange, constraint tuq unique (k, during without overlaps), constraint tfk foreign key (k, period during) references temporal (k, period during));
  create table virtual_part (id int, w int generated always as (id + 1) virtual) partition by range (id);
  create table virtual_part_1 partition of virtual_part (w generated always as (id + 2) virtual) for values from (1) to (2);
  create table nn_parent (a int constraint nn_a not null, b int); create table nn_child (b int constraint nn_b not null no inherit, c int not null) inherits (nn_parent);
  create publication with_generated for table eighteen with (publish_generated_columns = stored);
  create collation builtin_one (provider = builtin, locale = 'C.UTF-8');
  create domain nn_domain as text constraint ${hostile} not null;`

/** As the owner, who is no superuser. */
export const hostileSchema = (major: number): string => {
  const h = hostile
  return `
  do $$ declare r text; begin
    foreach r in array array['hs_app', 'hs_chief', 'hs "odd" rôle', 'hs_owner'] loop
      if not exists (select from pg_roles where rolname = r) then execute format('create role %I', r); end if;
    end loop;
    if not pg_has_role(current_user, 'hs_owner', 'member') then grant hs_owner to current_user; end if;
  end $$;
  create schema ${h}; comment on schema ${h} is e'it''s \\\\ "odd" \\n $$ -- '; set search_path = ${h}, public;

  create domain word as varchar(20) collate "C" default null check (value <> '');
  create domain short as word default 'x' constraint ${long('dom')} check (length(value) < 9) check (value ~ '^\\w+$');
  create domain words as text[] check (cardinality(value) < 4);
  create domain nums as int[][] not null default '{}';
  create type ${hostile} as enum ('a''b', 'c"d', e'e\\\\f', ' ', 'ü');
  alter type ${hostile} add value 'first' before 'a''b';
  create type inner_pair as (a int, b short, c ${hostile}[]);
  create type outer_pair as (${hostile} inner_pair, gone int, "b c" numeric(5, 2)[]);
  alter type outer_pair drop attribute gone; alter type outer_pair add attribute last timestamptz(3);
  comment on type outer_pair is 'pair'; comment on column outer_pair."b c" is 'part of a type';
  create function span_less(int, int) returns float8 language sql immutable strict as 'select $1 - $2';
  create type span as range (subtype = int, subtype_diff = span_less, multirange_type_name = "spans é");
  comment on type span is 'a span'; grant usage on type span to hs_app with grant option; revoke all on type word from public;
  create type text_span as range (subtype = text, collation = "C", subtype_opclass = text_pattern_ops);

  create function all_attributes(a int default 1, inout b text default e'x''\\\\', out c int, variadic d int[] default array[1, 2]) returns record
    language plpgsql stable strict security definer parallel restricted cost 12.5
    set search_path = ${h}, 'pg_temp' set statement_timeout = '5s' set application_name = 'it''s "o" \\ x' set datestyle from current
    as $f$ begin c := a; end $f$;
  create function sets(n int) returns setof outer_pair language sql rows 5 as $$ select null::outer_pair from generate_series(1, n) $$;
  create function atomic(a int, b int) returns int language sql immutable begin atomic select a + b; select a - b; end;
  create function returning_table("the id" int) returns table ("x y" int, z text) language sql return (1, 'a');
  create function poly(anycompatible, anycompatiblearray) returns anycompatible language sql immutable as 'select $1';
  create function trig() returns trigger language plpgsql as $_$ begin return coalesce(new, old); end $_$;
  create procedure ${long('proc')}(in a int, out b text, inout c numeric default 3) language plpgsql as $$ begin b := 'x'; end $$;
  create procedure atomic_procedure(a int) language sql begin atomic select a; end;
  comment on function all_attributes(int, text, int[]) is 'all'; comment on procedure ${long('proc')}(int, numeric) is 'p';
  revoke all on function atomic(int, int) from public; grant execute on function atomic(int, int) to hs_app, "hs ""odd"" rôle" with grant option;
  create function step(s int8, v int) returns int8 language sql immutable as 'select s + v';
  create function combine(a int8, b int8) returns int8 language sql immutable as 'select a + b';
  create function unstep(s int8, v int) returns int8 language sql immutable as 'select s - v';
  create aggregate ${long('agg')} (v int) (sfunc = step, stype = int8, sspace = 8, finalfunc_modify = read_only, combinefunc = combine, initcond = '0',
    msfunc = step, minvfunc = unstep, mstype = int8, minitcond = '0', sortop = operator(pg_catalog.<), parallel = restricted);
  comment on aggregate ${long('agg')} (int) is 'an aggregate';

  create function same(inner_pair, inner_pair) returns boolean language sql immutable as 'select ($1).a = ($2).a';
  create function other(inner_pair, inner_pair) returns boolean language sql immutable as 'select ($1).a <> ($2).a';
  create operator === (function = same, leftarg = inner_pair, rightarg = inner_pair, commutator = operator(===), negator = operator(!==), hashes, merges);
  create operator !== (function = other, leftarg = inner_pair, rightarg = inner_pair, commutator = operator(!==), negator = operator(===));
  comment on operator === (inner_pair, inner_pair) is 'same';
  create function to_int(inner_pair) returns int language sql immutable as 'select ($1).a';
  create cast (inner_pair as int) with function to_int(inner_pair); comment on cast (inner_pair as int) is 'a';
  create cast (inner_pair as ${hostile}) with inout as implicit;
  create conversion conv for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1; comment on conversion conv is 'conv';
  create text search dictionary "dict é" (template = snowball, language = 'german', stopwords = 'german');
  create text search configuration "config é" (copy = pg_catalog.english); comment on text search configuration "config é" is 'c';
  alter text search configuration "config é" alter mapping for asciiword with "dict é", simple;
  alter text search configuration "config é" drop mapping for email, url;

  create sequence ${long('s q')} as smallint increment -2 minvalue -30 maxvalue 30 start 4 cache 3 cycle; comment on sequence ${long('s q')} is 's';
  grant usage, select on sequence ${long('s q')} to hs_app; grant update on sequence ${long('s q')} to hs_chief with grant option;
  create table plain (id int primary key, gone int, ${hostile} text default null, "DEFAULT" short default null, nums nums, pair outer_pair,
    spans "spans é", word varchar(9) default null::varchar, body text , at timestamptz(2) default current_timestamp(2), "user" name default current_user,
    constraint ${long('check')} check (${hostile} <> 'a''b' or "DEFAULT" = any (array['x', null]) is true));
  alter table plain drop column gone; alter table plain add column late int default 7 not null;
  alter table plain alter column body set storage main, alter column body set compression pglz, alter column body set statistics 0, alter column at set (n_distinct = 5, n_distinct_inherited = 6);
  alter table plain set (fillfactor = 33, parallel_workers = 2, toast_tuple_target = 200, autovacuum_vacuum_threshold = 7, toast.autovacuum_enabled = off, user_catalog_table = true);
  comment on table plain is 'plain'; comment on column plain.${hostile} is e'tab\\t'; comment on constraint ${long('check')} on plain is 'checks';
  create index ${long('index')} on plain using btree (${hostile} collate "C" text_pattern_ops desc nulls last, (id % 3), lower(${hostile}) nulls first) include ("DEFAULT") with (fillfactor = 44, deduplicate_items = off) where id > 3;
  comment on index ${long('index')} is 'i'; alter index ${long('index')} alter column 2 set statistics 9;
  create index by_hash on plain using hash (id) with (fillfactor = 55); create index by_brin on plain using brin (id int4_minmax_multi_ops (values_per_range = 16)) with (pages_per_range = 8, autosummarize = on);
  create index by_gin on plain using gin (to_tsvector('"config é"', body)) with (fastupdate = off);
  create unique index as_identity on plain (late) include (id); alter table plain replica identity using index as_identity; alter table plain cluster on as_identity;
  create statistics ${hostile} (mcv, dependencies) on late, (id % 5) from plain; comment on statistics ${hostile} is 'st';
  create statistics one_expression on (lower(body)) from plain;
  create table keys (x int, y int, z int generated by default as identity (start with 100 increment by 10 minvalue 50 maxvalue 5000 cache 2 cycle), primary key (x, y) include (z) deferrable initially immediate,
    unique (y, x), unique (z) deferrable initially deferred);
  create unlogged table unlogged (id bigint generated always as identity (sequence name ${long('seq')}), n serial, body text default 'x' || 'y');
  create table typed of inner_pair (a with options not null default 5, primary key (a), check (a > 0)); comment on column typed.b is 'typed';
  create table empty ();
  create table circle_a (id int primary key, b int); create table circle_b (id int primary key, a int references circle_a on delete cascade, self int references circle_b on update cascade on delete set null);
  alter table circle_a add constraint to_b foreign key (b) references circle_b deferrable initially deferred not valid;
  create table bookings (room int, during tsrange, status text, constraint ${long('excl')} exclude using gist (room with =, during with &&) where (status <> 'gone') deferrable initially deferred, exclude using gist (during with -|-));
  create function checked(int) returns boolean language sql immutable as 'select $1 > 0';
  create table uses_function (a int check (checked(a)), b int generated always as (atomic(a, 1)) stored, c int default atomic(1, 2)); create index on uses_function (atomic(a, 2));
  create function row_text(keys) returns text language sql stable as 'select ($1).x::text';

  create table p1 (a int not null default 1, b text, constraint p1_check check (a > 0)); create table p2 (gone int, b text default 'p2', a int default 2, c int, constraint p2_check check (c > 0) no inherit); alter table p2 drop column gone;
  create table two_parents (d int, a int default 3, constraint p1_check check (a > 0)) inherits (p1, p2);
  create table added_parent (c int, b text default 'own', a int not null, own int, constraint p1_check check (a > 0)); alter table added_parent inherit p1; alter table added_parent inherit p2;
  create table grand () inherits (two_parents); alter table grand alter a set default 9, alter b set storage external; alter table grand add column d2 int;

  create table parted (id int, at date, kind text default 'k', n int check (n > 0), unique (id, at), primary key (at, id)) partition by list (at);
  create table other_order (n int constraint parted_n_check check (n > 0), gone int, kind text default 'other', at date not null, id int not null, extra_gone int);
  alter table other_order drop column gone, drop column extra_gone; alter table parted attach partition other_order for values in ('2020-01-01', null, '2020-02-01');
  create table parted_default partition of parted default partition by hash (id);
  create table ${long('p art')} partition of parted_default (kind default 'deep', constraint deep check (n < 10)) for values with (modulus 2, remainder 0) with (fillfactor = 44);
  create table deep_1 partition of parted_default for values with (modulus 2, remainder 1) partition by range (at date_ops, id);
  create table deep_2 partition of deep_1 default;
  create unlogged table unlogged_part_1 (like keys including all);
  create index on parted (lower(kind)); create index ${long('pidx')} on parted (n) where n > 5; alter table deep_2 alter column kind set statistics 12;
  create table by_expression (t text, n int) partition by range (lower(t) collate "C" text_pattern_ops, (n + 1)); create table by_expression_1 partition of by_expression for values from ('a', minvalue) to ('b', 5);
  create table into_parted (id int, at date, foreign key (at, id) references parted on delete cascade); create table from_parted (id int references plain) partition by range (id); create table from_parted_1 partition of from_parted for values from (minvalue) to (maxvalue);
  create table identity_part (id int generated always as identity (start 7), k int) partition by list (k); create table identity_part_1 partition of identity_part for values in (1);

  create trigger ${hostile} before insert or update of id, late or delete on plain for each row when (pg_trigger_depth() < 3) execute function trig('it''s', 'b\\c', '');
  create trigger truncating before truncate on plain for each statement execute function trig(); comment on trigger truncating on plain is 't';
  create trigger transitions after update on plain referencing new table as ${hostile} old table as o for each statement execute function trig();
  create constraint trigger later after insert or delete on keys from plain deferrable initially deferred for each row when (true) execute function trig(); comment on trigger later on keys is 'later';
  create constraint trigger now_ after insert on keys not deferrable for each row execute function trig(); alter table keys disable trigger now_;
  create trigger on_parted after insert on parted for each row execute function trig(); alter table parted enable always trigger on_parted; alter table deep_2 disable trigger on_parted;
  create trigger on_leaf before insert on deep_2 for each row execute function trig(); alter table deep_2 enable replica trigger on_leaf;
  alter table circle_b disable trigger user;

  create view ${name('view "é"')} (${hostile}, n) with (security_barrier) as select ${hostile}, id from plain where id between 2 and 9 with local check option;
  comment on view ${name('view "é"')} is 'v'; comment on column ${name('view "é"')}.n is 'vn'; alter view ${name('view "é"')} alter column n set default 3;
  create trigger instead instead of insert or update or delete on ${name('view "é"')} for each row execute function trig(); comment on trigger instead on ${name('view "é"')} is 'it';
  create view over_all as with recursive w as (select 1 as n union all select n + 1 from w where n < 3) select w.n, p."DEFAULT", row_number() over (partition by p.late order by p.id) from w left join lateral (select * from plain where id = w.n) p on true;
  create materialized view mat with (fillfactor = 77) as select "DEFAULT" as d, ${long('agg')} (id) as agg from plain group by 1 with no data; create unique index mat_d on mat (d); comment on materialized view mat is 'm'; comment on column mat.agg is 'ma';
  alter materialized view mat alter column d set statistics 8; alter materialized view mat cluster on mat_d; create materialized view mat_over as select n from over_all;
  create rule ${hostile} as on update to plain where old.id <> new.id do instead (delete from empty; update keys set x = old.id); comment on rule ${hostile} on plain is 'r'; create rule always_rule as on insert to empty do also nothing; alter table empty enable always rule always_rule;
  create view ruled as select id from plain; create rule into_ruled as on insert to ruled do instead insert into plain (id) values (new.id) returning id; comment on rule into_ruled on ruled is 'ir';

  alter table plain enable row level security; alter table parted force row level security;
  create policy ${hostile} on plain as restrictive for update to hs_app, "hs ""odd"" rôle" using (${hostile} = current_setting('app.x', true)) with check (exists (select from keys k where k.x = plain.id)); comment on policy ${hostile} on plain is 'p';
  create policy to_session on plain for all to session_user, public using (true);

  create server ${long('srv')} type 'x"y' version '1''2' foreign data wrapper postgres_fdw options (host 'it''s', dbname 'b\\c'); comment on server ${long('srv')} is 'srv'; grant usage on foreign server ${long('srv')} to hs_app with grant option;
  create foreign table ${name('foreign "t"')} (id int options (column_name 'I D') not null default 4, b text collate "C", c int generated always as (id + 1) stored, constraint f_check check (id > 0) no inherit) server ${long('srv')} options (schema_name 's"x', table_name 't''y');
  comment on foreign table ${name('foreign "t"')} is 'ft'; comment on column ${name('foreign "t"')}.b is 'ftb'; grant select (id), update on ${name('foreign "t"')} to hs_app; create trigger on_foreign after insert on ${name('foreign "t"')} for each row execute function trig();

  grant select, insert (id, ${hostile}), update (late), references (id) on plain to hs_app; grant select (id) on plain to "hs ""odd"" rôle" with grant option; grant truncate, trigger on plain to hs_chief with grant option; grant all on keys to public; revoke insert on keys from public;
  grant select on mat to hs_app; grant insert, update (n) on ${name('view "é"')} to hs_app; grant usage on schema ${h} to public; grant create, usage on schema ${h} to hs_chief with grant option; grant all on procedure ${long('proc')}(int, numeric) to hs_app; revoke all on procedure ${long('proc')}(int, numeric) from public; revoke all on table empty from current_user;
  grant all on all sequences in schema ${h} to hs_chief;
  alter default privileges in schema ${h} grant select, insert on tables to hs_app with grant option; alter default privileges in schema ${h} grant usage on types to "hs ""odd"" rôle"; alter default privileges in schema ${h} grant execute on functions to hs_app;
  alter default privileges grant usage on schemas to hs_app; alter default privileges revoke usage on types from public; alter default privileges for role hs_owner revoke execute on routines from public; alter default privileges for role hs_owner in schema ${h} grant all on sequences to public;
  ${major >= 15 ? from15 : ''} ${major >= 18 ? from18 : ''}`
}
