/** The parts of adoption on a real server: a baseline that is not taken whole, a platform's prelude, names of projects. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withDirectory } from '../../test/support/project.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { configText } from './adopt-config.ts'
import { adoptProject, nameOf } from './adopt-project.ts'
import { applyBaseline } from './apply-baseline.ts'
import { compareCopy, refusedFindings } from './compare-copy.ts'
import { proveProject } from './prove-project.ts'

describe('a baseline', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server.stop())

  const apply = async (
    sql: string,
  ): Promise<{ readonly sql: string; readonly refused: readonly string[] }> => {
    const database = await server.createDatabase('baseline')
    const applied = await applyBaseline(server, database, { file: '/baseline.sql', text: sql })
    await server.dropDatabase(database)
    return { sql: applied.sql, refused: applied.refused.map(({ message }) => message) }
  }

  it('that is taken whole stays as it is', async () => {
    const sql = '-- Tables\n\ncreate table a (id int primary key);\n'
    expect(await apply(sql)).toEqual({ sql, refused: [] })
  })

  it('with a wrong order is put right, and what is refused is taken out with its reason', async () => {
    const { sql, refused } = await apply(`-- Tables

create table b (a int references a (id));

create table a (id int primary key, "odd; name" text default ';');

-- Indexes

create index on nowhere (id);
create index on b (a);
`)
    expect(refused).toEqual(['relation "nowhere" does not exist (SQLSTATE 42P01)'])
    expect(sql).not.toContain('nowhere')
    expect(sql.indexOf('create table b')).toBeGreaterThan(sql.indexOf('create table a'))
    expect(await apply(sql)).toEqual({ sql, refused: [] })
    const [finding] = refusedFindings(
      { sql, refused: [{ text: 'create index x', message: 'no', sqlstate: '42P01' }] },
      new Set(),
    )
    expect(finding).toMatchObject({ code: 'adopt.baseline-refused', severity: 'error' })
  })

  it('is compared with the original structure by structure, name by name', async () => {
    const catalogOf = async (sql: string): Promise<Catalog> => {
      const database = await server.createDatabase('compare')
      const owner = await server.connect(database, 'owner')
      await owner.query(sql)
      const catalog = await readCatalog(owner)
      await owner.end()
      await server.dropDatabase(database)
      return catalog
    }
    const tables = 'create table a (id int constraint one primary key, b int check (b > 1), c int default 1)'
    const source = await catalogOf(tables)
    expect(compareCopy(source, await catalogOf(tables), new Set())).toEqual([])
    const other = await catalogOf(
      'create table a (id int constraint two primary key, b int check (b > 1), c int default 2, d int)',
    )
    const found = compareCopy(source, other, new Set()).map(
      ({ code, structure }) => `${code} ${structure ?? ''}`,
    )
    expect(found).toEqual([
      'adopt.baseline-differs a/column:d',
      'adopt.baseline-differs a/default:c',
      'adopt.baseline-differs a/primaryKey:id',
    ])
    const gone = compareCopy(other, source, new Set(['a/column:d'])).map(({ structure }) => structure)
    expect(gone).not.toContain('a/column:d')
    const elsewhere = compareCopy({ ...source, major: 15 }, other, new Set())
    expect(elsewhere.map(({ code }) => code)).toEqual([
      'adopt.baseline-differs',
      'adopt.baseline-differs',
      'adopt.other-version',
    ])
  })
})

const platform = `
create role anon nologin;
create role authenticated nologin;
create schema auth;
create table auth.users (id uuid primary key, email text not null check (email <> ''));
create function auth.uid() returns uuid language sql stable
  as $$ select nullif(current_setting('request.sub', true), '')::uuid $$;
grant usage on schema auth to anon, authenticated;
create schema "Odd ""One""";
create table "Odd ""One""".t (id int not null check (id > 0));
comment on schema "Odd ""One""" is 'odd';
create table public.spatial_ref (id int primary key);
comment on table public.spatial_ref is 'the platform''s';
`

const app = `
create table public.profiles (
  id uuid primary key,
  name text not null check (length(name) > 2)
);
`

describe('a prelude', () => {
  it('is run first and left alone: not declared, not made again, not asked for', async () => {
    await withDirectory(async (directory) => {
      mkdirSync(path.join(directory, 'sql'))
      const prelude = path.join(directory, 'sql/platform.sql')
      const dump = path.join(directory, 'sql/app.sql')
      writeFileSync(prelude, platform)
      writeFileSync(dump, app)
      const out = path.join(directory, 'out')
      const { files, findings, tables } = await adoptProject({
        source: { kind: 'sql', files: [dump] },
        directory: out,
        before: [prelude],
        dryRun: false,
      })
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(tables).toBe(1)
      const text = (start: string): string => files.find((file) => file.path.startsWith(start))?.text ?? ''
      expect(text('migrations/')).toContain('profiles')
      expect(text('migrations/')).not.toMatch(/auth\.|spatial_ref/u)
      expect(text('assay.config.ts')).toContain("before: ['../sql/platform.sql']")
      expect(text('data/app.ts')).toContain(`leftAlone: ['Odd "One".*', 'auth.*', 'spatial_ref']`)
      const proof = await proveProject({ directory: out, command: 'prove', only: [] })
      expect(proof.proofs.flatMap(({ result }) => result.findings)).toEqual([])
      expect(proof.ok).toBe(true)
    })
  })
})

describe('what is written around it', () => {
  it.each([
    [{ kind: 'sql', files: ['x/chinook.sql'] }, 'chinook'],
    [{ kind: 'sql', files: ['My Shop-2.pg.sql'] }, 'my_shop_2'],
    [{ kind: 'sql', files: ['db/structure.sql'] }, 'my_out'],
    [{ kind: 'sql', files: ['a.sql', 'b.sql'] }, 'my_out'],
    [{ kind: 'migrations', directory: 'db/migrate' }, 'my_out'],
    [{ kind: 'url', url: 'postgres://me:pa%2Fss@host:5432/The%20Shop?sslmode=require' }, 'the_shop'],
    [{ kind: 'url', url: 'postgres://host' }, 'my_out'],
  ] as const)('the name of %j', (source, name) => {
    expect(nameOf(source, '/tmp/My Out')).toBe(name)
  })

  it('the config as Prettier writes it', async () => {
    const { format } = await import('prettier')
    const schemas = [
      { migrations: 'migrations', before: [], extensions: [] },
      { migrations: 'migrations', before: [`it's.sql`], extensions: ['citext'] },
      {
        migrations: 'migrations',
        before: ['../platform/roles.sql', '../platform/schemas-and-functions.sql'],
        extensions: ['citext', 'pgcrypto with schema extensions', 'uuid-ossp'],
      },
      {
        migrations: 'migrations',
        before: [],
        extensions: Array.from({ length: 20 }, (_, i) => `extension_${i}`),
      },
    ]
    for (const schema of schemas) {
      for (const name of ['shop', 'aVeryLongNameOfAnArchitectureThatFillsMostOfTheLine']) {
        const text = configText({ entry: { path: 'data/shop.ts', name }, schema })
        const options = { parser: 'typescript', singleQuote: true, semi: false, printWidth: 110 }
        expect(text).toBe(await format(text, options))
      }
    }
  })
})
