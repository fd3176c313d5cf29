/** assay adopt: from a dump, from migrations, from a running database; what it writes is proven, and nothing is ever lost. */
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson, expectNoStackTrace } from '../support/envelope.ts'
import { withDirectory, writeProject } from '../support/project.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const filesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()

/** As npm would install it. */
const install = (directory: string): void => {
  mkdirSync(join(directory, 'node_modules'), { recursive: true })
  symlinkSync(root, join(directory, 'node_modules/assay'))
}

const schema = `\\restrict x
SET client_encoding = 'UTF8';
CREATE TABLE public.customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (length(email) >= 3)
);
COPY public.customers (email) FROM stdin;
drop table public.customers;
\\.
CREATE TABLE public.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES public.customers ON DELETE CASCADE,
    total numeric(10,2) DEFAULT 0 NOT NULL CONSTRAINT total_not_negative CHECK (total >= 0)
);
CREATE INDEX orders_customer_id_idx ON public.orders (customer_id);
ALTER TABLE public.orders OWNER TO shop;
\\unrestrict x
`

describe('a dump', () => {
  test('becomes a project that is proven as it stands, twice with the same ledger', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'shop.sql'), schema)
      const adopted = await assayJson(['adopt', '--sql', 'shop.sql', '--out', 'shop'], { cwd: directory })
      expect(adopted.findings.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(adopted.findings.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['adopt.owners', 'adopt.rows']) as string[],
      )
      expect(adopted).toMatchObject({
        code: 0,
        command: 'adopt',
        summary: { architecture: 'shop', directory: 'shop', tables: 2, dryRun: false },
        next: ['npm install --save-dev assay', 'npx assay prove shop'],
      })
      expect(adopted.artifacts.toSorted()).toEqual(
        filesIn(join(directory, 'shop')).map((file) => `shop/${file}`),
      )
      expect(adopted.artifacts).toContain('shop/assay.config.ts')
      const proof = await assayJson(['prove', 'shop'], { cwd: directory })
      expect(proof.findings.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(proof).toMatchObject({ code: 0, summary: { tables: 2, mutants: { survived: 0 } } })
      const ledger = (): string =>
        filesIn(join(directory, 'shop/ledger'))
          .map((file) => readFileSync(join(directory, 'shop/ledger', file), 'utf8'))
          .join('\n')
      const first = ledger()
      expect(await assay(['prove', 'shop'], { cwd: directory })).toMatchObject({ code: 0, stderr: '' })
      expect(ledger()).toBe(first)
    })
  })

  test('for a person: the files, what is to be known, what comes next', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'shop.sql'), schema)
      const ran = await assay(['adopt', '--sql', 'shop.sql', '--out', 'x/y', '--name', 'My Shop'], {
        cwd: directory,
      })
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect(ran.stdout).toMatch(/^My Shop from shop\.sql: 2 tables, \d+ structures$/mu)
      expect(ran.stdout).toMatch(/x\/y\/migrations\/0001_baseline\.sql \d+ lines written/u)
      expect(ran.stdout).toContain('1 object belongs to shop; here to the role that')
      expect(ran.stdout).toContain('next npx assay prove x/y')
      expect(readFileSync(join(directory, 'x/y/assay.config.ts'), 'utf8')).toContain('architecture: myShop')
    })
  })

  test('--dry-run writes nothing, and says the command that would', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'schema.sql'), schema)
      const { artifacts, next, summary } = await assayJson(
        ['adopt', '--sql', 'schema.sql', '--out', 'shop', '--dry-run'],
        { cwd: directory },
      )
      expect(artifacts).toEqual([])
      expect(next).toEqual(['npx assay adopt --sql schema.sql --out shop'])
      // The file's name says nothing: the directory's does.
      expect(summary).toMatchObject({ architecture: 'shop', dryRun: true })
      expect(filesIn(directory)).toEqual(['schema.sql'])
    })
  })

  test('under a tsconfig.json that wants .js, the imports end so', async () => {
    await withDirectory(async (directory) => {
      writeProject(directory, {
        'package.json': '{ "type": "module" }\n',
        'tsconfig.json': '{ "compilerOptions": { "module": "nodenext", "strict": true, "noEmit": true } }\n',
        'shop.sql': schema,
      })
      install(directory)
      expect(await assay(['adopt', '--sql', 'shop.sql'], { cwd: directory })).toMatchObject({ code: 0 })
      expect(readFileSync(join(directory, 'assay.config.ts'), 'utf8')).toContain("from './data/shop.js'")
      expect(
        filesIn(join(directory, 'data'))
          .map((file) => readFileSync(join(directory, 'data', file), 'utf8'))
          .join('\n'),
      ).not.toMatch(/from '\.[^']*\.ts'/u)
      expect(await assay(['green'], { cwd: directory })).toMatchObject({ code: 0 })
    })
  })
})

test('migrations of another tool: applied in order, bookkeeping left alone', async () => {
  await withDirectory(async (directory) => {
    writeProject(directory, {
      'db/0001_a.sql': 'create table a (id int primary key);\ninsert into a values (1);\n',
      'db/0002_b.sql': 'alter table a add name text not null default 1; grant select on a to reader;\n',
    })
    const { code, findings } = await assayJson(['adopt', '--migrations', 'db', '--out', 'out'], {
      cwd: directory,
    })
    expect({ code, errors: findings.filter(({ severity }) => severity === 'error') }).toEqual({
      code: 0,
      errors: [],
    })
    expect(readFileSync(join(directory, 'out/migrations/0001_baseline.sql'), 'utf8')).not.toMatch(/insert/iu)
    expect(await assay(['green', 'out'], { cwd: directory })).toMatchObject({ code: 0 })
  })
})

describe('refused before anything is written', () => {
  test('files in the way are named, and kept: exit 4', async () => {
    await withDirectory(async (directory) => {
      writeProject(directory, {
        'shop.sql': schema,
        'shop/assay.config.ts': '// mine\n',
        'shop/migrations/0009_mine.sql': 'select 1;\n',
      })
      const before = filesIn(directory)
      const { code, findings } = await assayJson(['adopt', '--sql', 'shop.sql', '--out', 'shop'], {
        cwd: directory,
      })
      expect(code).toBe(4)
      expect(findings[0]).toMatchObject({
        code: 'adopt.exists',
        found: 'assay.config.ts, migrations/0009_mine.sql',
      })
      expect(filesIn(directory)).toEqual(before)
    })
  })

  test.each([
    ['no source', [], 'usage.no-source', 2],
    ['two sources', ['--sql', 'x.sql', '--migrations', 'db'], 'usage.conflicting-option', 2],
    ['an empty name', ['--sql', 'x.sql', '--name', ' '], 'usage.no-name', 2],
    ['a file that is not there', ['--sql', 'nowhere.sql'], 'adopt.file', 2],
    ['a directory as a file', ['--sql', '.'], 'adopt.file', 2],
    ['no migrations directory', ['--migrations', 'nowhere'], 'schema.migrations', 3],
    ['no connection string', ['--url', 'shop'], 'server.url', 2],
    ['a server that is not there', ['--url', 'postgres://me@127.0.0.1:1/shop'], 'server.refused', 3],
    ['a prelude that is not there', ['--sql', 'x.sql', '--before', 'nowhere.sql'], 'adopt.file', 2],
  ])('%s', async (_, args, code, exit) => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'x.sql'), schema)
      const answered = await assayJson(['adopt', ...args], { cwd: directory })
      expect({ code: answered.findings[0]?.code, exit: answered.code }).toEqual({ code, exit })
      expect(filesIn(directory)).toEqual(['x.sql'])
    })
  })

  test.each([
    ['SQL that makes nothing', 'select 1;', 'adopt.empty', 3],
    ['nothing at all', '', 'adopt.empty', 3],
    [
      'what hangs on an extension that is not there, all of it',
      'create extension postgis; create table places (id int primary key, at geometry(Point, 4326));',
      'adopt.nothing-left',
      3,
    ],
    [
      'a dump of MySQL',
      'CREATE TABLE `a` (`id` int NOT NULL AUTO_INCREMENT) ENGINE=InnoDB;',
      'adopt.not-postgres',
      2,
    ],
    ['JSON', '{ "tables": [] }', 'adopt.not-postgres', 2],
    ['a slip in SQL', 'create table a (\n  id integr\n);', 'schema.statement', 3],
  ])('%s', async (_, text, code, exit) => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'x.sql'), text)
      const answered = await assayJson(['adopt', '--sql', 'x.sql', '--out', 'out'], { cwd: directory })
      expect({ code: answered.findings[0]?.code, exit: answered.code }).toEqual({ code, exit })
      expect(existsSync(join(directory, 'out'))).toBe(false)
      expectNoStackTrace({ stdout: JSON.stringify(answered), stderr: answered.stderr })
    })
  })

  test('a failing statement is shown in its file with a caret', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'x.sql'), 'create table a (\n  id integr\n);')
      const ran = await assay(['adopt', '--sql', 'x.sql', '--out', 'out'], { cwd: directory })
      expect(ran).toMatchObject({ code: 3, stdout: '' })
      expect(ran.stderr).toContain('where x.sql:2:6\n            id integr\n               ^')
    })
  })
})
