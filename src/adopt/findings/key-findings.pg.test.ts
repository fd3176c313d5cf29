/** Indexes, keys and foreign keys: the fault is told, near misses are not, and the mend takes the finding away. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openFindingLab } from '../../../test/support/finding-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

/** Only the structures. */
const ids = (told: readonly string[]): readonly string[] =>
  told.map((one) => one.slice(0, one.indexOf(': '))).toSorted()

it('indexes that are there twice, or are the beginning of another', async () => {
  const lab = await openFindingLab(
    server,
    `create table t (id int primary key, a int not null, b int, c text, d text collate "C");
    create index same_one on t (a, b);
    create index same_two on t (a, b);
    create index "be""ginning" on t (a);
    create index turned on t (a desc, b desc);
    create index of_key on t (id);
    create unique index key_again on t (id);
    create index lowered on t (lower(c));
    create index lowered_again on t (lower(c));
    create index partly on t (b) where a > 0;
    create index partly_again on t (b) where a > 0;
    create index including on t (b, c) include (d);
    create index included on t (b, c);
    create table near (id int primary key, a int not null, b int, c text);
    create index near_ab on near (a, b);
    create index near_mixed on near (a, b desc);
    create index near_ba on near (b, a);
    create index near_hash on near using hash (a);
    create index near_pattern on near (c text_pattern_ops);
    create index near_c on near (c);
    create index near_collated on near (c collate "C");
    create index near_brin on near using brin (a);
    create index near_partial on near (a) where b is null;
    create index near_partial_other on near (a) where b is not null;
    create unique index near_unique on near (a);
    create index near_expression on near (lower(c));
    create index near_upper on near (upper(c));
    create index near_include on near (b, a) include (c);
    create table parted (id int, x int, y int) partition by list (id);
    create table part partition of parted for values in (1);
    create index part_own on part (x);
    create index part_other on part (y, id);
    create index parted_x on parted (x, y);
    create table replicated (id int not null, b int);
    create unique index replicated_id on replicated (id);
    create unique index replicated_identity on replicated (id);
    alter table replicated replica identity using index replicated_identity;
    create table referenced (id int, constraint first unique (id));
    alter table referenced add constraint second unique (id);
    create table referencing (id int references referenced (id));
    create index on referencing (id);`,
  )
  expect((await lab.told('adopt.index-duplicate')).toSorted()).toEqual(
    [
      'near/index:b,a: near: index near_ba (b, a) has the same parts as near_include (b, a)',
      // A foreign key leads to the first, and replication to the other.
      'referenced/unique:id#second: referenced: index second (id) has the same parts as first (id)',
      'replicated/unique:id: replicated: index replicated_id (id) has the same parts as replicated_identity (id)',
      't/unique:id: t: index key_again (id) has the same parts as t_pkey (id)',
      't/index:a,b#same_two: t: index same_two (a, b) has the same parts as same_one (a, b)',
      't/index:"a desc","b desc": t: index turned (a desc, b desc) has the same parts as same_one (a, b)',
      't/index:b,c: t: index included (b, c) has the same parts as including (b, c)',
      't/index:b#partly_again: t: index partly_again (b) has the same parts as partly (b)',
      't/index:id: t: index of_key (id) has the same parts as t_pkey (id)',
      't/index:lower(c)#lowered_again: t: index lowered_again (lower(c)) has the same parts as lowered (lower(c))',
    ].toSorted(),
  )
  expect(await lab.told('adopt.index-redundant')).toEqual([
    'part/index:x: part: index part_own (x) is the beginning of parted_x (x, y)',
    't/index:a: t: index be"ginning (a) is the beginning of same_one (a, b)',
  ])
  expect(await lab.mend(['adopt.index-duplicate', 'adopt.index-redundant'])).toEqual([])
  await lab.close()
})

it('indexes that begin with all of a key', async () => {
  const lab = await openFindingLab(
    server,
    `create table t (id int primary key, code text not null unique, maybe int unique, a int, b int);
    create index past_id on t (id desc, a, b);
    create index past_code on t (code, a);
    create table part_of (id int, x int, y int, primary key (id)) partition by list (id);
    create table part partition of part_of for values in (1);
    create index part_past on part (id, x);
    -- Near: the key is not the beginning, may be shared where there is no value, or is one among others only.
    create index near_second on t (a, id);
    create index near_null on t (maybe, a);
    create unique index near_partly on t (b) where a is null;
    create index near_partly_past on t (b, code);
    create index near_partial on t (id, b) where b > 0;
    create index near_include on t (id) include (a);
    create index near_brin on t using brin (id, a);
    create unique index near_unique on t (id, a);`,
  )
  expect(await lab.told('adopt.index-past-key')).toEqual([
    'part/index:id,x: part: index part_past (id, x) begins with all of part_of_pkey (id), which finds one row',
    't/index:code,a: t: index past_code (code, a) begins with all of t_code_key (code), which finds one row',
    't/index:"id desc",a,b: t: index past_id (id desc, a, b) begins with all of t_pkey (id), which finds one row',
  ])
  expect(await lab.mend(['adopt.index-past-key'])).toEqual([])
  await lab.close()
})

it('keys that are unique already by fewer columns', async () => {
  const lab = await openFindingLab(
    server,
    `create table t (tenant_id int not null, id int primary key, slug text not null, x int,
      constraint wide unique (tenant_id, id), constraint wider unique (id, slug),
      constraint slugs unique (tenant_id, slug), constraint turned unique (slug, tenant_id));
    create unique index partly on t (tenant_id, slug) where x > 0;
    create table near (tenant_id int, id int primary key, code int,
      constraint led_to unique (tenant_id, id), constraint deferred unique (code) deferrable,
      constraint at_once unique (code, tenant_id));
    create unique index where_code on near (code) where tenant_id is null;
    create table items (tenant_id int, near_id int, foreign key (tenant_id, near_id) references near (tenant_id, id));`,
  )
  expect(ids(await lab.told('adopt.unique-implied'))).toEqual([
    't/unique:id,slug',
    't/unique:slug,tenant_id',
    't/unique:tenant_id,id',
    't/unique:tenant_id,slug',
  ])
  expect(await lab.told('adopt.index-duplicate')).toEqual([])
  expect(await lab.mend('adopt.unique-implied')).toEqual([])
  await lab.close()
})

it('foreign keys without an index on their own side', async () => {
  const lab = await openFindingLab(
    server,
    `create table parents (a int, b int, primary key (a, b), x int unique);
    create table t (id int primary key, "p a" int, pb int, x int references parents (x), y int, z int references parents (x),
      constraint "the pair" foreign key ("p a", pb) references parents,
      constraint again foreign key (y, pb) references parents);
    create index half on t ("p a");
    create index partly on t (x) where id > 0;
    create index y_brin on t using brin (y, pb);
    create index z_hidden on t (id, z);
    create table near (id int references parents (x), pa int, pb int, x int references parents (x), y int references parents (x),
      z int primary key references parents (x), foreign key (pa, pb) references parents);
    create index near_turned on near (pb, pa, x);
    create index near_partial on near (x) where x is not null;
    create index near_hash on near using hash (y);
    create index near_unique on near (id desc);
    create table parted (id int, x int) partition by list (id);
    create table part partition of parted for values in (1);
    alter table part add foreign key (x) references parents (x);
    create index on parted (x);
    create table bookings (a int, b int, x int references parents (x), y int references parents (x), during tstzrange,
      foreign key (a, b) references parents, exclude using gist (b with =, a with =, during with &&),
      exclude using gist (x with =, during with &&) where (x > 0), exclude using gist (y with <>, during with &&));`,
    { extensions: ['btree_gist'] },
  )
  expect(ids(await lab.told('adopt.foreign-key-unindexed'))).toEqual(
    [
      'bookings/references:x->parents',
      'bookings/references:y->parents',
      't/references:"p a",pb->parents',
      't/references:x->parents',
      't/references:y,pb->parents',
      't/references:z->parents',
    ].toSorted(),
  )
  expect(await lab.mend('adopt.foreign-key-unindexed')).toEqual([])
  await lab.close()
})

it('foreign keys that are there twice, that are too narrow, or that set null where none may be', async () => {
  const lab = await openFindingLab(
    server,
    `create table people (id bigint primary key, code varchar(20) unique, small smallint unique);
    create table t (id int primary key, person bigint not null, short int, code varchar(10),
      constraint one foreign key (person) references people,
      constraint two foreign key (person) references people on delete cascade,
      constraint narrow foreign key (short) references people,
      constraint cut foreign key (code) references people (code),
      constraint never foreign key (person) references people on delete set null);
    create table near (id int primary key, person bigint, tenant int not null, code text, wide int,
      foreign key (person) references people on delete set null,
      constraint other foreign key (code) references people (code),
      constraint wider foreign key (wide) references people (small),
      unique (tenant, id));
    create table pairs (tenant int not null, near_id int,
      foreign key (tenant, near_id) references near (tenant, id) on delete set null (near_id));
    alter table t add constraint unlooked foreign key (code) references people (code) not valid;`,
  )
  expect(await lab.told('adopt.foreign-key-duplicate')).toEqual([
    't/references:person->people#one: t: foreign key one says what never says: person leads to people',
    't/references:person->people#two: t: foreign key two says what never says: person leads to people',
    't/references:code->people#unlooked: t: foreign key unlooked says what cut says: code leads to people',
  ])
  expect(await lab.told('adopt.foreign-key-type')).toEqual([
    't/references:code->people: t: code is character varying(10) and leads to people.code, which is character varying(20)',
    't/references:short->people: t: short is integer and leads to people.id, which is bigint',
    't/references:code->people#unlooked: t: code is character varying(10) and leads to people.code, which is character varying(20)',
  ])
  expect(ids(await lab.told('adopt.foreign-key-set-null'))).toEqual(['t/references:person->people'])
  expect(await lab.mend('adopt.foreign-key-duplicate')).toEqual([])
  await lab.run(`insert into people values (1); insert into t values (1, 1)`)
  await expect(lab.run('delete from people')).rejects.toThrow(/null value in column "person"/u)
  expect(await lab.mend(['adopt.foreign-key-type', 'adopt.foreign-key-set-null'])).toEqual([])
  await expect(lab.run('delete from people')).rejects.toThrow(/foreign key/u)
  await lab.close()
})

it('rewrite rules between a foreign key and its rows', async () => {
  const lab = await openFindingLab(
    server,
    `create table people (id int primary key);
    create table t (id int primary key, person int references people on delete cascade, note text,
      other int references people on update cascade on delete set null, free int references people);
    create rule keeps as on delete to t where old.note = 'kept' do instead nothing;
    create rule "sti""ll" as on update to t do instead nothing;
    create rule also as on delete to t do also notify gone;
    create table off (id int references people on delete cascade);
    create rule off as on delete to off do instead nothing; alter table off disable rule off;
    insert into people values (1), (2), (3);
    insert into t (id, person, note) values (1, 1, 'kept'), (2, 2, 'free');`,
  )
  expect(await lab.told('adopt.foreign-key-rewritten')).toEqual([
    't/references:other->people: t: foreign key t_other_fkey says on delete set null, and rewrite rule sti"ll does something else instead',
    't/references:other->people: t: foreign key t_other_fkey says on update cascade, and rewrite rule sti"ll does something else instead',
    't/references:person->people: t: foreign key t_person_fkey says on delete cascade, and rewrite rule keeps does something else instead',
  ])
  const [sets, , deletes] = await lab.find('adopt.foreign-key-rewritten')
  expect(deletes!.why).toContain('goes, and rows that the rule keeps go on pointing to it')
  await lab.run('alter table t disable rule "sti""ll"; delete from people where id in (1, 2)')
  // The row that is kept points to nobody, and PostgreSQL does not say so.
  await lab.run(`do $$ begin assert (select count(*) = 1 from t where person = 1); end $$`)
  await lab.run('alter table t enable rule "sti""ll"')
  expect(sets!.why).toContain('a row of people that is referenced cannot be deleted (XX000)')
  await expect(lab.run('delete from people where id = 3')).rejects.toThrow(/unexpected result/u)
  expect(await lab.mend('adopt.foreign-key-rewritten')).toEqual([])
  await lab.close()
})

it('tables without a key', async () => {
  const lab = await openFindingLab(
    server,
    `create table "no key" (a int, b int unique);
    create table numbered (id serial, a text);
    create table keyed (a int primary key);
    create table unique_required (a int not null unique);
    create table heir () inherits (keyed);
    create table parted (a int, at date) partition by range (at);
    create table part_one partition of parted for values from ('2024-01-01') to ('2025-01-01');`,
  )
  expect(ids(await lab.told('adopt.table-without-key'))).toEqual([
    '"no key"/table',
    'heir/table',
    'numbered/table',
  ])
  expect(await lab.mend('adopt.table-without-key')).toEqual([])
  await lab.close()
})

it('indexes that a failed build left invalid', async () => {
  const lab = await openFindingLab(
    server,
    `create table t (id int primary key, a int, b int); insert into t values (1, 1), (2, 1)`,
  )
  await expect(lab.run('create unique index concurrently broken on t (a)')).rejects.toThrow(
    /could not create/u,
  )
  await lab.run('create index fine on t (b)')
  expect(await lab.told('adopt.index-invalid')).toEqual([
    't/unique:a: t: index broken is invalid: no statement is found by it, and whether rows are unique was never settled',
  ])
  await lab.run('delete from t where id = 2')
  expect(await lab.mend('adopt.index-invalid')).toEqual([])
  await lab.close()
})
