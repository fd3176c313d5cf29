import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AssayError } from '../ground/errors.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { applySchema } from './migrations.ts'
import type { SchemaSource } from './schema-source.ts'

let server: Server
let directory: string
let database: string

beforeAll(async () => {
  server = await startServer({ tcp: true })
})
afterAll(() => server.stop())
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'assay-schema-'))
  database = await server.createDatabase('schema')
})
afterEach(async () => {
  rmSync(directory, { recursive: true })
  await server.dropDatabase(database)
})

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

const apply = (
  source: Omit<SchemaSource, 'directory'> = { migrations: 'm' },
): Promise<{ readonly files: number }> => applySchema(server, database, { directory, ...source })

const failure = async (source?: Omit<SchemaSource, 'directory'>): Promise<AssayError> => {
  const error = await apply(source).then(
    () => new Error('nothing was refused'),
    (cause: unknown) => cause,
  )
  if (!(error instanceof AssayError)) throw error
  return error
}

const ask = async (select: string): Promise<unknown[]> => {
  const db = await server.connect(database, 'owner')
  try {
    return await db.json(select)
  } finally {
    await db.end()
  }
}

const tables = async (): Promise<unknown[]> =>
  (
    await ask(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
    )
  ).map((row) => (row as { name: string }).name)

describe('files', () => {
  it('run in name order, flat ones and directories, and what undoes is left out', async () => {
    write({
      'm/0001_a.sql': 'create table a (id int)',
      'm/0001_a.down.sql': 'drop table a',
      'm/0002_b/up.sql': 'alter table a rename to b',
      'm/0002_b/down.sql': 'alter table b rename to a',
      'm/0010_d.sql': '-- migrate:up\nalter table c rename to d;\n-- migrate:down\ndrop table d;',
      'm/9_c/migration.sql': '\uFEFFalter table b rename to c',
      'm/readme.md': 'no SQL',
      'm/meta/journal.json': '{}',
      'm/.hidden.sql': 'nonsense',
    })
    expect(await apply()).toEqual({ files: 4 })
    expect(await tables()).toEqual(['d'])
  })

  it('run as the owner, who is no superuser', async () => {
    write({
      'm/1.sql':
        'create table a as select session_user::text as who, usesuper from pg_user where usename = session_user',
    })
    await apply()
    expect(await ask('select * from a')).toEqual([{ who: server.owner, usesuper: false }])
  })

  it('start each as in a session of its own', async () => {
    write({
      'm/1.sql': `create schema s; set search_path = s; create role "assay r"; set role "assay r"`,
      'm/2.sql': 'create table a (id int)',
    })
    await apply()
    expect(await tables()).toEqual(['a'])
    await ask('select 1')
    const db = await server.connect(database, 'owner')
    await db.query('drop role "assay r"')
    await db.end()
  })

  it('of `before` come first, with extensions before them', async () => {
    write({
      'prelude.sql': 'create schema auth; create table auth.users (id uuid, mail citext, x cube)',
      'm/1.sql': 'create table a (id uuid, y hstore, m ext.seg default null)',
      'zero.sql': 'create function auth.uid() returns uuid return null::uuid',
    })
    expect(
      await apply({
        migrations: 'm',
        before: ['prelude.sql', './zero.sql'],
        extensions: ['citext', 'cube', 'dblink', 'hstore', 'seg with schema ext'],
      }),
    ).toEqual({
      files: 3,
    })
    expect(
      await ask(
        `select extname, r.rolname from pg_extension e join pg_roles r on r.oid = extowner order by 1`,
      ),
    ).toEqual([
      { extname: 'citext', rolname: server.owner },
      { extname: 'cube', rolname: server.owner },
      { extname: 'dblink', rolname: 'assay_admin' },
      { extname: 'hstore', rolname: server.owner },
      { extname: 'plpgsql', rolname: 'assay_admin' },
      { extname: 'seg', rolname: server.owner },
    ])
  })

  it('that are missing are told', async () => {
    expect(await failure()).toMatchObject({ exit: 3, code: 'schema.migrations' })
    write({ 'm/x.txt': '' })
    expect(await failure()).toMatchObject({ exit: 3, code: 'schema.migrations' })
    write({ 'm/1/one.sql': '', 'm/1/two.sql': '' })
    expect(await failure()).toMatchObject({ exit: 3, found: 'one.sql, two.sql' })
    expect(await failure({ before: ['none.sql'] })).toMatchObject({
      exit: 3,
      code: 'schema.file',
      found: 'ENOENT',
    })
  })

  it('that are not UTF-8 are told', async () => {
    mkdirSync(path.join(directory, 'm'))
    writeFileSync(path.join(directory, 'm/1.sql'), Buffer.from([0x2d, 0x2d, 0xe4, 0x0a]))
    expect(await failure()).toMatchObject({
      exit: 3,
      message: expect.stringContaining('1.sql'),
    })
  })
})

describe('a refused statement', () => {
  it('is shown in its file with line, column and caret', async () => {
    write({
      'm/1_ok.sql': 'create table a (id int);',
      'm/2_bad.sql': `-- 😀 ä\ncreate table b (id int);\n\n  create table c (\n\t  "ü😀" int chekc ("ü😀" > 0)\n);\n`,
    })
    const error = await failure()
    expect(error).toMatchObject({
      exit: 3,
      code: 'schema.statement',
      message: expect.stringContaining('statement 2 of 2'),
      found: expect.stringContaining('syntax error at or near "chekc"'),
      where: {
        file: path.join(directory, 'm/2_bad.sql'),
        line: 5,
        excerpt: '   "ü😀" int chekc ("ü😀" > 0)\n             ^',
      },
    })
    expect(await tables()).toEqual(['a'])
  })

  it('without a position is shown at its first word', async () => {
    write({ 'm/1.sql': 'create table a (id int check (id > 0));\n/* x */\n  insert into a\nvalues (0);' })
    const error = await failure()
    expect(error.where).toMatchObject({ line: 3, column: 3, excerpt: '  insert into a\n  ^' })
    expect(error.message).toContain('statement 2 of 2')
    expect(JSON.stringify(error)).not.toContain('Failing row')
    expect(await tables()).toEqual([])
  })

  it('inside a function is told with its context', async () => {
    write({ 'm/1.sql': `do $$ begin\n execute 'selec 1'; end $$;` })
    expect((await failure()).found).toMatch(/syntax error.*\n.*PL\/pgSQL function/u)
  })

  it('of a deferred constraint is told at the commit', async () => {
    write({
      'm/1.sql':
        'create table a (id int primary key, a int references a deferrable initially deferred); insert into a values (1, 2)',
    })
    expect((await failure()).found).toContain('23503')
    expect(await tables()).toEqual([])
  })

  it.each([
    ['create extension file_fdw', /extensions: \['file_fdw'\]/u],
    ['create extension postgis', /--url/u],
    ['create table a (id int); grant select on a to webapp', /create role webapp/u],
    ['create table a (id int); create table a (id int)', /earlier statement/u],
    ['create table a (id nosuchtype)', /earlier file/u],
    [`copy (select 1) to '/tmp/assay-never'`, /postgres, who is no superuser/u],
    [
      `create type t as enum ('a'); commit; begin; alter type t add value 'b'; select 'b'::t; commit`,
      /later file/u,
    ],
  ])('%s has its mend', async (sql, mend) => {
    write({ 'm/1.sql': sql })
    expect((await failure()).mend).toMatch(mend)
  })
})

describe('transactions', () => {
  it('are left to statements that cannot run in one', async () => {
    write({
      'm/1.sql': `create table a (id int);
        create index concurrently a_id on a (id);
        vacuum a; analyze a; reindex table concurrently a; drop index concurrently a_id;
        create index concurrently "a_id2" on a (id)`,
    })
    await apply()
    expect(await ask(`select indexname from pg_indexes where tablename = 'a'`)).toEqual([
      { indexname: 'a_id2' },
    ])
  })

  it('of the file itself are kept', async () => {
    write({
      'm/1.sql':
        'begin; create table a (id int); commit;\nstart transaction; create table b (id int); rollback; create table c (id int);',
    })
    await apply()
    expect(await tables()).toEqual(['a', 'c'])
  })

  it('that are not ended are told', async () => {
    write({ 'm/1.sql': 'select 1;\nbegin;\ncreate table a (id int);' })
    expect(await failure()).toMatchObject({ code: 'schema.open-transaction', where: { line: 2 } })
    expect(await tables()).toEqual([])
  })

  it('are left out where the file says so', async () => {
    write({
      'm/1.sql': `-- no-transaction\ncreate procedure p() language plpgsql as $$ begin create table a (id int); commit; end $$; call p();`,
    })
    await apply()
    expect(await tables()).toEqual(['a'])
    write({ 'm/1.sql': 'drop table a; call p()' })
    expect((await failure()).mend).toMatch(/no-transaction/u)
  })

  it('have savepoints', async () => {
    write({ 'm/1.sql': 'create table a (id int); savepoint s; drop table a; rollback to s; release s' })
    await apply()
    expect(await tables()).toEqual(['a'])
  })
})

describe('files for psql', () => {
  it('of pg_dump load, with their data', async () => {
    write({
      'm/dump.sql': String.raw`\restrict k
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
COMMENT ON EXTENSION pg_trgm IS 'text similarity';
CREATE EXTENSION IF NOT EXISTS dblink WITH SCHEMA public;
COMMENT ON EXTENSION dblink IS 'connect to other databases';
ALTER SCHEMA public OWNER TO postgres;
CREATE TABLE public.a (id integer NOT NULL, t text);
ALTER TABLE public.a OWNER TO postgres;
COPY public.a (id, t) FROM stdin;
1	it's; \N
2	\N
\.
SELECT 1;
\connect shop
\unrestrict k
`,
    })
    await apply({ migrations: 'm', extensions: ['pg_trgm', 'dblink'] })
    expect(await ask('select * from a order by id')).toEqual([
      { id: 1, t: `it's; \\N`.replace('\\N', 'N') },
      { id: 2, t: null },
    ])
  })

  it('have wrong data told at the COPY', async () => {
    write({ 'm/1.sql': 'create table a (id int);\ncopy a from stdin;\nx\n\\.\n' })
    expect(await failure()).toMatchObject({ found: expect.stringContaining('22P02'), where: { line: 2 } })
  })

  it.each([
    ['\\i other.sql', /other|included/u],
    ['\\if :x', /\\set x/u],
    ['select 1 \\gexec', /psql/u],
    ['\\copy a from b', /psql/u],
  ])('with %s are refused', async (sql, mend) => {
    write({ 'm/1.sql': `\n${sql}\n` })
    expect(await failure()).toMatchObject({
      code: 'schema.psql-command',
      mend: expect.stringMatching(mend),
      where: { line: 2 },
    })
  })
})

describe('a command', () => {
  const script = `import pg from '${path.resolve('node_modules/pg/lib/index.js')}'
    const c = new pg.Client(process.argv[2] === 'url' ? process.env[process.argv[3]] : undefined)
    await c.connect(); await c.query('create table made (id int)'); await c.end()`

  it.each(['DATABASE_URL', 'APP_URL', 'OTHER_URL'])('is led to our server by %s', async (name) => {
    write({
      'make.mjs': script,
      '.env': 'APP_URL="postgres://me:secret@production.invalid/shop"\n',
      'prisma/.env': 'OTHER_URL=postgresql://production.invalid/shop',
    })
    await apply({ command: `node make.mjs url ${name}` })
    expect(await tables()).toEqual(['made'])
  })

  it('is led to our server by PG*', async () => {
    write({ 'make.mjs': script })
    await apply({ command: 'node make.mjs' })
    expect(await tables()).toEqual(['made'])
  })

  it('that changes nothing is a fault', async () => {
    expect(await failure({ command: 'echo fine' })).toMatchObject({
      exit: 3,
      code: 'schema.command-idle',
      found: expect.stringContaining('fine'),
    })
  })

  it('that fails shows its last lines, without passwords', async () => {
    const error = await failure({ command: 'echo "$DATABASE_URL"; echo "$PGPASSWORD" >&2; seq 100; exit 7' })
    expect(error).toMatchObject({
      exit: 3,
      code: 'schema.command-failed',
      found: expect.stringContaining('exited with 7'),
    })
    expect(error.found).toContain('\n100')
    expect((error.found ?? '').split('\n').length).toBeLessThan(20)
    const shown = await failure({ command: 'echo "url $DATABASE_URL"; echo "word $PGPASSWORD" >&2; exit 1' })
    expect(shown.found).toMatch(/url postgresql:\/\/postgres:\*\*\*@127/u)
    expect(shown.found).toContain('word ***')
  })

  it.each([
    ['psql postgres://production.invalid/shop -f x.sql', {}],
    ['psql -h production.invalid -f x.sql', {}],
    ['PGHOST=production.invalid psql -f x.sql', {}],
    ['npx dotenv -e .env -o -- migrate', {}],
    [
      'npm run migrate',
      { 'package.json': '{"scripts":{"migrate":"tool --url postgresql://production.invalid/shop"}}' },
    ],
    [
      'npx prisma migrate deploy',
      {
        'prisma/schema.prisma':
          'datasource db {\n  url = "postgresql://me:secret@production.invalid/shop"\n}',
      },
    ],
  ])('that cannot be redirected is refused: %s', async (command, files) => {
    write(files)
    const error = await failure({ command })
    expect(error).toMatchObject({ exit: 4, code: 'schema.command-refused' })
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('secret')
  })

  it('whose configuration names a server only as a fallback is run', async () => {
    write({
      'make.mjs': script,
      'drizzle.config.ts': `export default { url: process.env.DATABASE_URL ?? 'postgres://localhost/dev' }`,
    })
    await apply({ command: 'node make.mjs' })
  })
})
