/** Dumps and hand-written scripts on a real server: what is run, what is left out and said, what ends it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { corpus, isCorpusTested } from '../../test/support/corpus.ts'
import type { AssayError } from '../ground/errors.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { readDumpFile } from './dump-file.ts'
import { dumpSteps } from './dump-steps.ts'
import { loadFindings } from './load-findings.ts'
import { loadScript, type Loaded } from './load-script.ts'

let server: Server
let directory: string

beforeAll(async () => {
  server = await startServer({})
  directory = mkdtempSync(path.join(tmpdir(), 'assay-load-'))
})
afterAll(async () => {
  rmSync(directory, { recursive: true })
  await server.stop()
})

const fileOf = (text: string, name = 'dump.sql'): string => {
  const file = path.join(directory, name)
  writeFileSync(file, text)
  return file
}

interface Made {
  readonly loaded: Loaded
  readonly ask: (select: string) => Promise<readonly (readonly (string | null)[])[]>
}

const load = async (
  texts: readonly string[],
  asMigrations = false,
  variables: ReadonlyMap<string, string> = new Map(),
): Promise<Made> => {
  const files = texts.map((text, i) => fileOf(text, `dump${i + 1}.sql`))
  const database = await server.createDatabase('load')
  const steps = dumpSteps(
    files.map((file) => readDumpFile(file)),
    { variables, keepsRows: asMigrations },
  )
  const loaded = await loadScript(steps, { server, database, asMigrations })
  return {
    loaded,
    ask: async (select) => {
      const db = await server.connect(database, 'owner')
      try {
        return (await db.query(select)).at(-1)?.rows ?? []
      } finally {
        await db.end()
      }
    },
  }
}

const faultOf = async (work: () => Promise<unknown>): Promise<AssayError> =>
  work().then(
    () => expect.unreachable('it was taken'),
    (cause: unknown) => cause as AssayError,
  )

const reasons = ({ leftOut }: Loaded): readonly string[] =>
  leftOut.map(({ because, line, text }) => `${because}:${line}: ${text}`)

/** As pg_dump -C of PostgreSQL 18 writes one, with what belongs to the server. */
const dump = String.raw`--
-- PostgreSQL database dump
--

\restrict xQ3bP

SET statement_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET row_security = off;

CREATE DATABASE "my shop" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C';
ALTER DATABASE "my shop" OWNER TO "Shop Owner";
\unrestrict xQ3bP
\connect -reuse-previous=on "dbname='my shop'"
\restrict xQ3bP

ALTER DATABASE "my shop" SET "TimeZone" TO 'Europe/Berlin';
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';

SET default_tablespace = '';
SET default_table_access_method = heap;

CREATE FUNCTION public.quoted(a text) RETURNS text
    LANGUAGE sql
    AS $_$ select 'a;b' || $1 || '\connect other;' $_$;

ALTER FUNCTION public.quoted(a text) OWNER TO "Shop Owner";

CREATE TABLE public.products (
    id integer NOT NULL,
    name public.citext NOT NULL,
    CONSTRAINT "it's; odd" CHECK ((name OPERATOR(public.<>) ';'::public.citext))
);

ALTER TABLE public.products OWNER TO "Shop Owner";

CREATE SEQUENCE public.products_id_seq AS integer START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.products_id_seq OWNED BY public.products.id;
ALTER TABLE ONLY public.products ALTER COLUMN id SET DEFAULT nextval('public.products_id_seq'::regclass);

COPY public.products (id, name) FROM stdin;
1	drop table public.products;
2	it's "quoted" $$
3	\\.
\.

SELECT pg_catalog.setval('public.products_id_seq', 3, true);

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);

ALTER TABLE public.products ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON public.products FOR SELECT TO "Read Only" USING ((id > 0));
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT SELECT,INSERT(id) ON TABLE public.products TO "Read Only";
ALTER DEFAULT PRIVILEGES FOR ROLE "Shop Owner" IN SCHEMA public GRANT SELECT ON TABLES TO "Read Only";

\unrestrict xQ3bP
`

describe('a dump of pg_dump', () => {
  it('is loaded without its rows: quotes, COPY data, meta-commands, owners and roles that nobody has', async () => {
    const { loaded, ask } = await load([dump])
    expect(loaded.missing).toEqual([])
    expect(reasons(loaded)).toEqual([
      'owner:16: ALTER DATABASE "my shop" OWNER TO "Shop Owner"',
      'server:21: ALTER DATABASE "my shop" SET "TimeZone" TO \'Europe/Berlin\'',
      'owner:32: ALTER FUNCTION public.quoted(a text) OWNER TO "Shop Owner"',
      'owner:40: ALTER TABLE public.products OWNER TO "Shop Owner"',
      'rows:46: COPY public.products (id, name) FROM stdin',
    ])
    expect(
      await ask(`select count(*), max(last_value) from public.products, public.products_id_seq`),
    ).toEqual([['0', null]])
    expect(await ask(`select last_value from public.products_id_seq`)).toEqual([['3']])
    expect(await ask(`select conname from pg_constraint where contype = 'c' and conrelid <> 0`)).toEqual([
      ["it's; odd"],
    ])
    expect(
      await ask(`select polroles::regrole[]::text, rolcanlogin from pg_policy
                   join pg_roles r on r.oid = any (polroles)`),
    ).toEqual([['{"\\"Read Only\\""}', 'f']])
    const findings = loadFindings(loaded)
    expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'note adopt.owners',
      'note adopt.server-part',
      'note adopt.rows',
    ])
    expect(findings[0]!.summary).toBe(
      '3 objects belong to Shop Owner; here to the role that runs the migrations',
    )
  })

  it('with clean-up, roles and rights over the server as pg_dumpall writes them', async () => {
    const { loaded, ask } = await load([
      `drop table if exists a cascade;
       alter table only public.a drop constraint a_pkey;
       drop table public.a;
       create role app_owner with superuser login password 'x' bypassrls;
       create role worker in role app_owner;
       alter role worker set search_path to app;
       grant app_owner to clerk;
       create schema public;
       create or replace procedural language plpgsql;
       set role app_owner;
       create table a (x int);
       insert into a (x) values (1), (2);
       select x from a;
       grant connect on database shop to worker;`,
    ])
    expect(reasons(loaded)).toEqual([
      'server:6: alter role worker set search_path to app',
      'rows:12: insert into a (x) values (1), (2)',
      'server:14: grant connect on database shop to worker',
    ])
    expect(loaded.bypassing).toEqual(['app_owner'])
    expect(
      await ask(`select m.roleid::regrole::text, m.member::regrole::text from pg_auth_members m
                  where m.roleid = 'app_owner'::regrole and m.member::regrole::text in ('worker', 'clerk') order by 2`),
    ).toEqual([
      ['app_owner', 'clerk'],
      ['app_owner', 'worker'],
    ])
    expect(await ask(`select relowner::regrole::text from pg_class where relname = 'a'`)).toEqual([
      ['postgres'],
    ])
  })
})

describe('what the server cannot do', () => {
  it('an extension that it does not have: named, with each statement that hangs on it; the rest stands', async () => {
    const { loaded, ask } = await load([
      `create extension if not exists postgis with schema public;
       create table places (id int primary key);
       create table shapes (id int, at geometry(Point, 4326));
       create index on shapes using gist (at);
       create view near as select st_distance(null, null) as d;
       create table after (id int);`,
    ])
    expect(loaded.missing.map(({ name, line }) => [name, line])).toEqual([['postgis', 1]])
    expect(reasons(loaded)).toEqual([
      'hangs:3: create table shapes (id int, at geometry(Point, 4326))',
      'hangs:4: create index on shapes using gist (at)',
      'hangs:5: create view near as select st_distance(null, null) as d',
    ])
    expect(await ask(`select count(*) from pg_tables where schemaname = 'public'`)).toEqual([['2']])
    const findings = loadFindings(loaded)
    expect(findings.map(({ code }) => code)).toEqual([
      'adopt.extension-missing',
      'adopt.left-out',
      'adopt.left-out',
      'adopt.left-out',
    ])
    expect(findings[1]!.summary).toContain('needs the extension postgis: create table shapes')
  })

  it('what needs a superuser, also inside a transaction of the file', async () => {
    const { loaded, ask } = await load([
      `begin;
       create table a (x int);
       create function t() returns event_trigger language plpgsql as $$ begin end $$;
       create event trigger e on ddl_command_end execute function t();
       comment on event trigger e is 'gone with it';
       create table b (x int);
       commit;`,
    ])
    expect(reasons(loaded)).toEqual([
      'refused:4: create event trigger e on ddl_command_end execute function t()',
      "hangs:5: comment on event trigger e is 'gone with it'",
    ])
    expect(await ask(`select count(*) from pg_tables where schemaname = 'public'`)).toEqual([['2']])
  })
})

describe('several files', () => {
  it('each begins with the usual search_path; included files stand in their place', async () => {
    fileOf('create table included (id int);', 'part.sql')
    const { ask } = await load([
      `create schema app; set search_path to app; create table one (id int);\n\\ir part.sql\ncreate table two (id int);`,
      'create table three (id int);',
    ])
    expect(
      await ask(
        `select schemaname || '.' || tablename from pg_tables where schemaname in ('app', 'public') order by 1`,
      ),
    ).toEqual([['app.included'], ['app.one'], ['app.two'], ['public.three']])
  })

  it("rows below psql's own \\copy are no statements", async () => {
    const { loaded, ask } = await load([
      'create table a (x text);\n\\copy a from stdin\ndrop table a;\n\\.\ncreate table b ();\n',
    ])
    expect(reasons(loaded)).toEqual(['rows:2: copy a from stdin'])
    expect(await ask(`select count(*) from pg_tables where schemaname = 'public'`)).toEqual([['2']])
  })
})

describe('migrations', () => {
  it('are run with their rows, each in a transaction; roles that they name are made', async () => {
    const { loaded, ask } = await load(
      [
        `create table a (x int); insert into a values (1); set local search_path to pg_catalog;
         grant select on public.a to reporter;`,
        'create index concurrently on a (x);',
      ],
      true,
    )
    expect(loaded).toEqual({ leftOut: [], missing: [], numbers: 0, bypassing: [] })
    expect(await ask('select count(*) from a')).toEqual([['1']])
  })

  it('a deferred constraint that fails at the end of its file is told there', async () => {
    const fault = await faultOf(() =>
      load(
        [
          `create table a (x int primary key, y int references a deferrable initially deferred);
           insert into a values (1, 2);`,
        ],
        true,
      ),
    )
    expect(fault).toMatchObject({ code: 'schema.statement', exit: 3 })
    expect(fault.found).toContain('violates foreign key constraint')
  })
})

describe("psql's own commands", () => {
  const script = String.raw`
\set schema_name 'Odd "Schema'
\set sizes '1, ' 2
\if :{?owner} \else \set owner 'no''body' \endif
create schema :"schema_name";
create table :"schema_name".t (id int check (id in (:sizes)), label text default :'owner', at text default '12:30');
\if false
  create table nowhere.never ();
  \if :undefined
  \endif
\elif on
  create table b (x int);
\else
  create table c (x int);
\endif
\unset sizes
select format('create table %I (id int)', name) from (values ('made 1'), ('made 2')) v (name) \gexec
\copy b (x) from 'rows.csv' with (format csv, header)
\ir included.sql
select 1 \g
`
  const table = `'"Odd ""Schema".t'::regclass`

  it('set, put in and ask for variables; run one branch; run what a statement answers; include', async () => {
    fileOf('create table included (x int default :{?owner}::int);', 'included.sql')
    fileOf('x\n1\n2\n', 'rows.csv')
    const { ask, loaded } = await load([script], true)
    expect(loaded.leftOut).toEqual([])
    const tables = await ask(`select table_schema, table_name from information_schema.tables
      where table_schema !~ '^(pg_|information_schema)' order by 2`)
    expect(tables.map((row) => row.join('.'))).toEqual([
      'public.b',
      'public.included',
      'public.made 1',
      'public.made 2',
      'Odd "Schema.t',
    ])
    expect(await ask('select * from b')).toEqual([['1'], ['2']])
    const check = `select pg_get_constraintdef(oid) from pg_constraint where conrelid = ${table}`
    expect(await ask(check)).toEqual([['CHECK ((id = ANY (ARRAY[1, 2])))']])
    expect(await ask(`insert into "Odd ""Schema".t values (1) returning label, at`)).toEqual([
      ["no'body", '12:30'],
    ])
  })

  it('take what psql -v would say, and leave the rows of a dump out', async () => {
    fileOf('create table included ();', 'included.sql')
    const { ask, loaded } = await load([script], false, new Map([['owner', 'me']]))
    expect(reasons(loaded)).toEqual(['rows:18: copy b (x) from stdin with (format csv, header)'])
    const defaults = `select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = ${table} order by adnum`
    expect(await ask(defaults)).toEqual([["'me'::text"], ["'12:30'::text"]])
  })

  it('name the variable that is missing', async () => {
    const fault = await faultOf(() =>
      load(['create table a (x int);\ncreate table b (x int default :size);']),
    )
    expect(fault).toMatchObject({
      code: 'schema.psql-variable',
      message: 'The file names the psql variable size, which nobody sets.',
      mend: expect.stringContaining('--variable size=VALUE'),
      where: { line: 2 },
    })
  })
})

describe('what ends it', () => {
  it('a statement that PostgreSQL refuses: file, line, column, caret', async () => {
    const fault = await faultOf(() => load(['create table a (x int);\n\ncreate table b (\n  y integr\n);\n']))
    expect(fault.message).toMatch(/^PostgreSQL refused statement 2 of 2 in .*dump1\.sql\.$/u)
    expect(fault.where).toMatchObject({ line: 4, column: 5, excerpt: '  y integr\n    ^' })
  })

  it.each([
    [
      'several databases',
      '\\connect one\ncreate table a ();\n\\connect two\ncreate table b ();',
      'adopt.several-databases',
    ],
    ['a command that only psql runs', "select 'x' as y \\gset\n", 'adopt.psql-command'],
    ['a condition that nobody can tell', '\\if :is_new\nselect 1;\n\\endif', 'adopt.psql-command'],
    ['a branch that does not end', '\\if true\nselect 1;', 'adopt.psql-command'],
    ['a branch without a beginning', 'select 1;\n\\else', 'adopt.psql-command'],
    ['a value of a program', '\\set x `date`', 'adopt.psql-command'],
    ['a file that includes itself', '\\i dump1.sql\n', 'adopt.psql-command'],
    ['an included file that is not there', '\\ir nowhere.sql\n', 'adopt.psql-command'],
  ])('%s', async (_, text, code) => {
    expect(await faultOf(() => load([text]))).toMatchObject({ code, exit: 2 })
  })

  it.each([
    ['PGDMP\u0001\u000e', 'custom format', 'pg_restore --schema-only --file=schema.sql'],
    ['\u001f\u008b', 'gzip', 'gunzip'],
    ['SQLite format 3\0', 'SQLite', 'pgloader'],
    ['toc.dat\0\0\0', 'tar format', 'pg_restore'],
    [`a.sql${'\0'.repeat(252)}ustar`, 'a tar archive', 'tar -xf'],
    ['\u00fd7zXZ', 'xz', 'unxz'],
    ['\u00fe\u00ff\0c\0r', 'UTF-16', 'iconv -f UTF-16 '],
    ['c\0r\0e\0a\0t\0e\0 \0t\0', 'UTF-16 without its mark', 'iconv -f UTF-16LE'],
    ['\0c\0r\0e\0a\0t\0e\0 \0t', 'UTF-16 without its mark', 'iconv -f UTF-16BE'],
    ['\u0001\0\0\0select', 'zero bytes', 'pg_dump'],
  ])('no SQL text: %j', (start, found, mend) => {
    const file = path.join(directory, 'dump.bin')
    writeFileSync(file, Buffer.from(`${start}rest`, 'latin1'))
    try {
      readDumpFile(file)
      expect.unreachable('it was read')
    } catch (cause) {
      expect(cause).toMatchObject({ code: 'adopt.file', exit: 2 })
      expect((cause as AssayError).found).toContain(found)
      expect((cause as AssayError).mend).toContain(mend)
    }
  })
})

const all = 'chinook northwind pagila adventureworks panoptes temporal graphile-starter'.split(' ')

describe.skipIf(!isCorpusTested)('the corpus (skipped where ../shared/corpus is not there)', () => {
  it.each(all)('%s is loaded whole', async (name) => {
    const database = await server.createDatabase('corpus')
    const steps = dumpSteps([readDumpFile(path.join(corpus, `${name}.sql`))])
    const loaded = await loadScript(steps, { server, database, asMigrations: false })
    expect(loaded.missing).toEqual([])
    expect(loaded.leftOut.filter(({ because }) => because === 'hangs' || because === 'refused')).toEqual([])
    await server.dropDatabase(database)
  })
})
