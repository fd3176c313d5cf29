/**
 * Every kind of change between two databases that plain SQL made: the statements lead from one catalog to the other
 * and back, in both forms, on both versions. All pairs stand side by side, each in a schema with an odd name.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { difference } from '../../catalog/difference.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import { runSqlFile } from '../../project/schema-script.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { bothServers } from '../../../test/support/both-servers.ts'
import { readScript } from '../../postgres/script.ts'
import { writeMigrations, type DesignedMigration } from '../design/write-migrations.ts'

/** What changes, and what is before and after it. */
const pairs: readonly (readonly [what: string, before: string, after: string])[] = [
  [
    'a view whose column gets another type, with a view on it, its rights and its comment',
    `create table t (id int, v numeric(8,2)); create view a as select id, v from t; create view b as select v from a;
     grant select on a to reader; comment on view a is 'kept';`,
    `create table t (id int, v numeric(12,2)); create view a as select id, v from t; create view b as select v from a;
     grant select on a to reader; comment on view a is 'kept';`,
  ],
  [
    'a view with a column more, and one with a column less',
    `create table t (id int, v int); create view a as select id from t; create view b as select id, v from t;
     create view c with (security_barrier) as select id from t;`,
    `create table t (id int, v int); create view a as select id, v from t; create view b as select id from t;
     create view c as select id from t where id > 0; grant select on b to reader;`,
  ],
  [
    'a materialized view with its index',
    `create table t (id int); create materialized view m as select id from t; create index mi on m (id);`,
    `create table t (id int); create materialized view m as select id, 1 as one from t; create unique index mi on m (id);`,
  ],
  [
    'a domain: a check, a default, NOT NULL',
    `create domain d as int check (value > 0); create domain e as varchar(10); create table t (d d, e e);`,
    `create domain d as int constraint more check (value > 1) default 5; create domain e as varchar(20) not null; create table t (d d, e e);`,
  ],
  [
    'texts and bits of another length, and what becomes a text',
    `create domain d as varchar(9) check (value <> ''); create table t (a text, b text[], c int, d varbit, e varchar(9), f d, g text, h int[]);`,
    `create domain d as varchar(5) check (value <> ''); create table t (a varchar(5), b varchar(5)[], c varchar(9), d bit(4), e varchar(20), f d, g d, h varchar(5)[]);`,
  ],
  [
    'an enum: a label before, between, after; one that is gone',
    `create type s as enum ('b', 'd'); create type g as enum ('x', 'y'); comment on type g is 'kept'; create table t (s s, g g default 'x', gs g[]);
     create view v as select g from t; create index i on t (g);`,
    `create type s as enum ('a', 'b', 'c', 'd', 'e'); create type g as enum ('x'); comment on type g is 'kept'; create table t (s s, g g default 'x', gs g[]);
     create view v as select g from t; create index i on t (g);`,
  ],
  [
    'conditions that PostgreSQL reads otherwise than it prints them',
    `create table t (v varchar(9) constraint listed check (v in ('a', 'b')), n int constraint ranged check (n between 1 and 9 and n <> 5), w varchar(9));
     create index i on t (n) where w in ('a', 'b'); create policy p on t using (w in ('a', 'b')); create view o as select v from t where w in ('a', 'b');
     create domain d as varchar(9) check (value in ('a', 'b'));`,
    `create table t (v varchar(9) constraint listed check (v in ('a', 'c')), n int, w varchar(9) constraint wide check (w in ('a', 'c')));
     create index i on t (n) where w in ('a', 'c'); create policy p on t using (w in ('a', 'c')); create view o as select v from t where w in ('a', 'c');
     create domain d as varchar(9) check (value in ('a', 'c'));`,
  ],
  [
    'policies and row-level security',
    `create table t (o text); alter table t enable row level security; create policy p on t using (o = current_user); comment on policy p on t is 'kept'; create policy gone on t for select to reader using (true);`,
    `create table t (o text); alter table t enable row level security; alter table t force row level security; create policy p on t for update to reader using (o <> '') with check (o = 'x'); comment on policy p on t is 'kept';`,
  ],
  [
    'rights on tables, columns and functions',
    `create table t (a int, b int); grant select, insert on t to reader; create function f() returns int language sql return 1;`,
    `create table t (a int, b int); grant select (a), update (b) on t to reader with grant option; create function f() returns int language sql return 2; revoke execute on function f() from public;`,
  ],
  [
    'triggers and their functions',
    `create table t (a int); create function touch() returns trigger language plpgsql as 'begin return new; end';
     create trigger x before update on t for each row execute function touch();
     create trigger gone before insert on t for each row execute function touch();`,
    `create table t (a int); create function touch() returns trigger language plpgsql as 'begin new.a := 1; return new; end';
     create trigger x before insert or update of a on t for each row when (new.a > 0) execute function touch();
     alter table t disable trigger x;`,
  ],
  [
    'a function that returns something else',
    `create function f(a int) returns int language sql as 'select a'; comment on function f(int) is 'kept'; grant execute on function f(int) to reader;`,
    `create function f(a int) returns text language sql as 'select a::text'; comment on function f(int) is 'kept'; grant execute on function f(int) to reader;`,
  ],
  [
    'keys: other columns, NULLS, predicates, deferrable, a constraint for an index',
    `create table t (a int not null, b int not null, c text, primary key (a)); create unique index u on t (b) where c is null;
     alter table t add constraint k unique (c); comment on constraint k on t is 'kept'; create unique index w on t (b, c);`,
    `create table t (a int not null, b int not null, c text, primary key (a, b)); create unique index u on t (b) where c = 'x';
     alter table t add constraint k unique (c) deferrable initially deferred; comment on constraint k on t is 'kept'; alter table t add constraint w unique (b, c);`,
  ],
  [
    'a key that others point to',
    `create table p (a int primary key, b int not null unique); create table t (b int references p (b));`,
    `create table p (a int primary key, b int not null, constraint p_b_key unique (b) include (a)); create table t (b int references p (b) on delete cascade);`,
  ],
  [
    'indexes: methods, directions, expressions, a hostile name',
    `create table t (a int, c text); create index "a ""b" on t (a); create index low on t (lower(c));`,
    `create table t (a int, c text); create index "a ""b" on t (a desc) include (c); create index low on t (upper(c)); create index h on t using hash (c);`,
  ],
  [
    'exclusion constraints',
    `create table t (r int4range, constraint e exclude using gist (r with &&));`,
    `create table t (r int4range, constraint e exclude using gist (r with &&) where (not isempty(r)) deferrable);`,
  ],
  [
    'identity, generated and serial columns',
    `create table t (a int generated always as identity, g int generated always as (7) stored, n int, s int);`,
    `create table t (a int generated by default as identity (increment by 2), g int generated always as (8) stored, n int generated always as identity, s serial);`,
  ],
  [
    'columns: one more with a constant, one with a value for each row, one less',
    `create table t (a int, gone text default 'x' not null);`,
    `create table t (a int, c int default 5 not null, u uuid default gen_random_uuid() not null, s serial, g int generated always as (a * 2) stored);`,
  ],
  [
    'types of columns under keys, checks and foreign keys',
    `create table p (id int primary key); create table t (id int references p check (id > 0), c varchar(10) default 'x'); create index i on t (id);`,
    `create table p (id bigint primary key); create table t (id bigint references p check (id > 0), c text default 'x'); create index i on t (id);`,
  ],
  [
    'sequences and composite types',
    `create sequence q increment by 2; create type c as (a int); create sequence gone;`,
    `create sequence q increment by 3 cache 5; create type c as (a int); create type r as range (subtype = int);`,
  ],
  [
    'tables that need each other, made and gone',
    `create table gone (id int primary key, other int); create table also (id int primary key, g int references gone); alter table gone add foreign key (other) references also;`,
    `create table a (id int primary key, b int); create table b (id int primary key, a int references a); alter table a add foreign key (b) references b; comment on column a.b is 'it''s';`,
  ],
  [
    'partitioned tables: keys, indexes, checks, foreign keys',
    `create table p (id int primary key); create table t (a int, b int not null) partition by range (a);
     create table t1 partition of t for values from (0) to (10); create table t2 partition of t for values from (10) to (20);`,
    `create table p (id int primary key); create table t (a int, b int not null references p, primary key (a, b), check (b > 0)) partition by range (a);
     create table t1 partition of t for values from (0) to (10); create table t2 partition of t for values from (10) to (20); create index on t (b);`,
  ],
  [
    'partitioned tables made whole, in two levels',
    `select 1;`,
    `create table t (a int, b text, primary key (a, b)) partition by list (b); create table t1 partition of t for values in ('x') partition by range (a);
     create table t11 partition of t1 for values from (0) to (10); create table td partition of t default; create index on t (a);`,
  ],
  [
    'partitions: a DEFAULT one, one of another width that is partitioned itself',
    `create table t (a int, b text) partition by range (a); create table t1 partition of t for values from (0) to (10); create table "t 2" partition of t for values from (10) to (20);`,
    `create table t (a int, b text) partition by range (a); create table t1 partition of t for values from (0) to (10); create table "t 2" partition of t for values from (10) to (20);
     create table "rest %s" partition of t default; create table t3 partition of t for values from (20) to (99) partition by list (b); create table t31 partition of t3 for values in ('x');`,
  ],
  [
    'keys of partitioned tables in two levels: made, and of other columns',
    `create table t (a int not null, b text not null, c int, constraint k unique (a, b)) partition by list (b); create table t1 partition of t for values in ('x') partition by range (a);
     create table t11 partition of t1 for values from (0) to (10); create table td partition of t default; create index i on t (c); create index gone on t (b);`,
    `create table t (a int not null, b text not null, c int, constraint k unique (a, b, c), primary key (a, b)) partition by list (b); create table t1 partition of t for values in ('x') partition by range (a);
     create table t11 partition of t1 for values from (0) to (10); create table td partition of t default; create index i on t (c, a);`,
  ],
  [
    'a foreign key of a partitioned table with another action, and one from a partition in two levels',
    `create table p (id int primary key); create table t (a int, b int, constraint f foreign key (b) references p) partition by range (a); create table t1 partition of t for values from (0) to (10) partition by range (b);
     create table t11 partition of t1 for values from (0) to (10);`,
    `create table p (id int primary key); create table t (a int, b int, constraint f foreign key (b) references p on delete cascade, constraint g foreign key (a) references p) partition by range (a); create table t1 partition of t for values from (0) to (10) partition by range (b);
     create table t11 partition of t1 for values from (0) to (10);`,
  ],
  [
    'a key that foreign keys of others and of the table itself point to',
    `create table p (a int primary key, b int references p); create table t (a int references p); create view v as select a, b from p group by a;`,
    `create table p (a int, b int, primary key (a) include (b)); alter table p add foreign key (b) references p; create table t (a int references p); create view v as select a, b from p group by a;`,
  ],
  [
    'composite types, sequences and tables in place, whatever stands on them',
    `create type c as (a int, gone text); create sequence s; create unlogged table t (c c, n int default nextval('s'), d int generated always as identity); create view v as select n from t;
     create type moved as (b int, a int); create table m (m moved);`,
    `create type c as (a int, b numeric(8,2)); create sequence s as smallint increment by 5 maxvalue 9000 cache 3 cycle; create table t (c c, n int default nextval('s'), d int generated by default as identity (start with 100 cache 7)); create view v as select n from t;
     create type moved as (a int, b int); create table m (m moved);`,
  ],
  [
    'types of columns under checks, predicates and expressions',
    `create table t (c varchar(10) check (c <> ''), d varchar(10), e int constraint positive check (e > 0)); create index on t (lower(c)); create index on t (d) where d <> 'x';`,
    `create table t (c varchar(20) check (c <> ''), d text, e bigint constraint positive check (e > 1)); create index on t (lower(c)); create index on t (d) where d <> 'x';`,
  ],
  [
    'comments and statistics',
    `create table t (a int, b int); comment on table t is 'one'; comment on column t.a is 'gone'; create statistics s on a, b from t;`,
    `create table t (a int, b int); comment on table t is 'E''two\\'; comment on column t.b is 'new'; create statistics s (ndistinct) on a, b from t;`,
  ],
]

/** All of them with ASSAY_RUNS set, a few without. */
const everyStop = process.env['ASSAY_RUNS'] === undefined ? 131 : 1

const schemaOf = (i: number): string => `s ${i} "x"`

const sqlOf = (side: 1 | 2): string =>
  [
    `do $$ begin create role reader; exception when duplicate_object then null; end $$;`,
    ...pairs.map(
      (pair, i) =>
        `create schema ${ident(schemaOf(i))}; set local search_path = ${ident(schemaOf(i))};\n${pair[side]}`,
    ),
  ].join('\n')

const runOn = (owner: Session, text: string): Promise<void> =>
  runSqlFile(owner, { file: 'test.sql', text }, { skipExtensionComments: false })

const run = async (server: Server, database: string, text: string): Promise<void> => {
  const owner = await server.connect(database, 'owner')
  try {
    await runOn(owner, text)
  } finally {
    await owner.end()
  }
}

const catalogOf = async (server: Server, database: string): Promise<Catalog> => {
  const db = await server.connect(database, 'prover')
  try {
    return await readCatalog(db)
  } finally {
    await db.end()
  }
}

describe.each(bothServers)('PostgreSQL $major', ({ whyNot, start }) => {
  let server: Server
  let stop: () => Promise<void>
  let template: string
  let before: Catalog
  let after: Catalog

  beforeAll(async () => {
    if (whyNot !== '') return
    ;({ server, stop } = await start())
    template = await server.createDatabase('before')
    await run(server, template, sqlOf(1))
    before = await catalogOf(server, template)
    const other = await server.createDatabase('after')
    await run(server, other, sqlOf(2))
    after = await catalogOf(server, other)
  })

  afterAll(async () => {
    await stop?.()
  })

  const designed = (online: boolean): readonly DesignedMigration[] =>
    writeMigrations({
      context: {
        before,
        after,
        owner: server.owner,
        online,
        isVolatile: (expression: string) => expression.includes('random'),
      },
      claimedBy: new Map(),
      red: [],
      roles: [],
      schemas: [],
      standing: [],
      name: null,
    })

  it.skipIf(whyNot !== '').each([['online'], ['direct']])('%s: there, back and there again', async (form) => {
    const migrations = designed(form === 'online')
    expect(migrations.length).toBeGreaterThan(20)
    const database = await server.clone(template, form)
    const rounds = [
      ['up', migrations, after],
      ['down', migrations.toReversed(), before],
      ['up', migrations, after],
    ] as const
    for (const [direction, order, expected] of rounds) {
      const owner = await server.connect(database, 'owner')
      for (const migration of order)
        await runOn(owner, migration[direction]).catch((cause: unknown) => {
          const { found } = cause as { found?: string }
          throw new Error(
            `${migration.name}/${direction}: ${String(cause)} ${found ?? ''}\n${migration[direction]}`,
          )
        })
      await owner.end()
      expect(difference(expected, await catalogOf(server, database)), direction).toEqual({
        made: [],
        changed: [],
        gone: [],
      })
    }
  })

  it.skipIf(whyNot !== '')('online: back from wherever it stopped', async () => {
    const standing = await server.clone(template, 'standing')
    let found = 0
    for (const { name, up, down } of designed(true)) {
      let state: Catalog | null = null
      const statements = readScript(up).flatMap(({ kind, text }) => (kind === 'statement' ? [text] : []))
      for (let stop = 1; stop < statements.length && up.includes('assay: transaction none'); stop += 1) {
        found += 1
        if (found % everyStop !== 0) continue
        state ??= await catalogOf(server, standing)
        const database = await server.clone(standing, 'stopped')
        const owner = await server.connect(database, 'owner')
        const sent = statements.slice(0, stop)
        for (const sql of sent) await owner.query(sql)
        // What is not committed goes with its session.
        await owner.end()
        await run(server, database, down)
        expect(
          difference(state, await catalogOf(server, database)),
          `${name} after ${sent.join(';\n')}`,
        ).toEqual({ made: [], changed: [], gone: [] })
        await server.dropDatabase(database)
      }
      await run(server, standing, up)
    }
    expect(found).toBeGreaterThan(100)
  })
})
