/** `assay lint` as a person runs it: one file, what a branch adds, without a configuration, and in CI. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { shop, withProject, type ProjectFiles } from '../support/project.ts'

const files: ProjectFiles = {
  ...shop,
  'migrations/0002_price.sql': `-- assay: allow lint.no-lock-timeout because the table is small
alter table products alter column price type numeric(12,4);
-- assay: allow lint.index-not-concurrent because it is small
create index products_price on products (price);
`,
  'migrations/0003_slugs.sql': 'create index concurrently products_slugs on products (slug, id);\n',
}

const codesOf = (findings: readonly { readonly code: string; readonly severity: string }[]) =>
  findings.map(({ code, severity }) => `${code} ${severity}`)

interface Summary {
  readonly allowed: number
  readonly since: string | null
  readonly migrations: readonly {
    readonly file: string
    readonly statements: readonly {
      readonly line: number
      readonly locks: readonly { readonly relation: string; readonly mode: string; readonly blocks: string }[]
      readonly rewrites: readonly { readonly relation: string; readonly reason: string | null }[]
      readonly scans: readonly { readonly relation: string; readonly rows: number }[]
    }[]
  }[]
}

describe('assay lint', () => {
  test('what stands behind a refused migration is told, and not left out', async () => {
    const refused: ProjectFiles = {
      ...shop,
      'migrations/0002_mood.sql': `-- assay: transaction none
set lock_timeout = '1s';
create type mood as enum ('good');
create index concurrently products_mood on products (price, slug);
`,
      'migrations/0003_label.sql':
        "alter type mood add value 'bad';\ncreate table m (feeling mood default 'bad');\ninsert into m values (default);\n",
      'migrations/0004_more.sql': 'create table more (id bigint primary key);\n',
    }
    await withProject(refused, async (directory) => {
      const told = await assayJson(['lint', join(directory, 'migrations'), '--config', directory])
      expect(told.code).toBe(1)
      expect(codesOf(told.findings)).toContain('lint.enum-value-used-in-transaction error')
      const rest = told.findings.filter(({ code }) => code === 'lint.not-reached')
      expect(rest.map(({ where }) => where?.file.split('/').at(-1))).toEqual(['0004_more.sql'])
      // What says that it runs without a transaction is gone on with, and meant so.
      expect(codesOf(told.findings)).not.toContain('lint.mixed-transaction warning')
    })
  })

  test('one file: what it does to rows that are there, what is wrong, and what a comment allows', async () => {
    await withProject(files, async (directory) => {
      const file = join('migrations', '0002_price.sql')
      const sarif = join(directory, 'out', 'lint.sarif')
      const ran = await assayJson(['lint', file, '--sarif', sarif, '--json'], { cwd: directory })
      expect(ran.code).toBe(1)
      expect(codesOf(ran.findings)).toEqual([
        'lint.type-change-rewrites error',
        'lint.no-lock-timeout note',
        'lint.index-not-concurrent note',
        'lint.works-while-holding error',
      ])
      expect(ran.findings[1]!.summary).toMatch(/^allowed \(the table is small\): /u)
      expect(ran.findings[0]!.where).toEqual({ file, line: 2 })
      const summary = ran.summary as unknown as Summary
      expect(summary.allowed).toBe(2)
      const [change] = summary.migrations[0]!.statements
      expect(change!.line).toBe(2)
      expect(change!.rewrites).toEqual([{ relation: 'products', reason: 'the type of a column changes' }])
      expect(change!.scans[0]!.rows).toBeGreaterThan(50)
      expect(change!.locks).toContainEqual({
        relation: 'products',
        of: 'products',
        kind: 'table',
        mode: 'ACCESS EXCLUSIVE',
        blocks: 'reads, writes',
      })
      const log = JSON.parse(readFileSync(sarif, 'utf8')) as {
        readonly runs: readonly {
          readonly results: readonly { readonly ruleId: string; readonly level: string }[]
        }[]
      }
      expect(log.runs[0]!.results.map(({ ruleId, level }) => `${ruleId} ${level}`)).toEqual(
        codesOf(ran.findings),
      )
    })
  })

  test('what a branch adds since a commit, and nothing when nothing is new', async () => {
    await withProject(files, async (directory) => {
      const git = (...args: readonly string[]): unknown =>
        execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
          stdio: 'ignore',
        })
      git('init', '-b', 'main')
      git('add', '.')
      git('commit', '-m', 'base')
      const nothing = await assay(['lint', '--config', directory])
      expect(nothing.stdout).toMatch(/^No migration is new or changed since .*: 3 migrations\sthere\./u)
      expect(nothing.code).toBe(0)
      writeFileSync(
        join(directory, 'migrations', '0004_drop.sql'),
        "set lock_timeout = '1s';\nalter table products drop column price;\n",
      )
      const added = await assayJson(['lint', '--config', directory, '--since', 'HEAD', '--json'])
      expect(added.code).toBe(1)
      // The architecture declares the column, and its rules name it.
      expect(codesOf(added.findings)).toEqual([
        'lint.drops-column warning',
        'lint.drops-column-still-read error',
      ])
      const unknown = await assay(['lint', '--config', directory, '--since', 'nowhere'])
      expect(unknown.code).toBe(2)
      expect(unknown.stderr).toContain('There is no commit "nowhere"')
    })
  })

  test('without a configuration and without git all migrations are looked at, and the text tells what each does', async () => {
    await withProject(files, async (directory) => {
      writeFileSync(
        join(directory, 'migrations', '0004_kind.sql'),
        'alter table products add column kind text not null;\n',
      )
      const ran = await assay(['lint', '--migrations', 'migrations'], {
        cwd: directory,
        // Above the directory there may be a repository.
        env: { GIT_CEILING_DIRECTORIES: join(directory, '..') },
      })
      expect(ran.code).toBe(1)
      expect(ran.stdout).toContain('writes all of products anew: the type of a column changes')
      expect(ran.stdout).toContain('locks products: SHARE UPDATE EXCLUSIVE, blocks maintenance')
      expect(ran.stdout).toMatch(/in 3 steps, each of which waits for those who write/u)
      expect(ran.stdout).toContain(
        'column "kind" of relation "products" contains null values (SQLSTATE 23502)',
      )
      expect(ran.stdout).toMatch(/4 migrations: 3 hazards to mend \(0 warnings, 2 allowed\)\.\n$/u)
      const annotated = await assay(
        ['lint', '--migrations', 'migrations', '--annotations', 'migrations/0004_kind.sql'],
        {
          cwd: directory,
        },
      )
      expect(annotated.stdout).toMatch(
        /^::error file=.*0004_kind\.sql,line=1,title=assay lint\.fails-on-rows/u,
      )
    })
  })

  test('where rows that are allowed today break it, that is told, and what it locks is known all the same', async () => {
    await withProject(files, async (directory) => {
      const file = join(directory, 'migrations', '0004_reference.sql')
      writeFileSync(
        file,
        `set local lock_timeout = '2s';
alter table products add constraint cheap check (price < 0);
`,
      )
      const ran = await assayJson(['lint', '--config', directory, file, '--json'])
      expect(codesOf(ran.findings)).toEqual(['lint.rows-may-break-it warning', 'lint.check-validates error'])
    })
  })

  test('a migration that fails everywhere is told at its place, and a comment that allows nothing is told', async () => {
    await withProject(files, async (directory) => {
      const broken = join(directory, 'migrations', '0004_broken.sql')
      writeFileSync(
        broken,
        '-- assay: allow lint.drops-table because none\nselect 1;\nalter table nowhere add column a text;\n',
      )
      const ran = await assay(['lint', '--config', directory, broken])
      expect(ran.code).toBe(3)
      expect(ran.stderr).toContain('relation "nowhere" does not exist')
      writeFileSync(broken, '-- assay: allow lint.drops-table because none\nselect 1;\n')
      const unused = await assayJson(['lint', '--config', directory, broken, '--json'])
      expect(codesOf(unused.findings)).toEqual(['lint.allows-nothing warning'])
      expect(unused.code).toBe(0)
    })
  })

  test('two branches that took one number are told as migrate up tells them, also where nothing of them is new', async () => {
    const heads: ProjectFiles = {
      ...shop,
      'migrations/0002_more.sql': 'create table more (id bigint primary key);\n',
      'migrations/0002_other/up.sql': 'create table other (id bigint primary key);\n',
      'migrations/0003_gone.down.sql': 'drop table gone;\n',
      'migrations/0004_last.sql': 'create table last (id bigint primary key);\n',
    }
    await withProject(heads, async (directory) => {
      const git = (...args: readonly string[]): unknown =>
        execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
          stdio: 'ignore',
        })
      const told = ['migration.two-heads error', 'migration.stray-down error']
      const where = { file: join('migrations', '0002_other', 'up.sql'), line: 1 }
      git('init', '-b', 'main')
      git('add', '.')
      git('commit', '-m', 'base')
      const old = await assayJson(['lint', '--since', 'HEAD'], { cwd: directory })
      expect(old.code).toBe(1)
      expect(codesOf(old.findings)).toEqual(told)
      expect((await assay(['lint', '--since', 'HEAD'], { cwd: directory })).stdout).toMatch(
        /No migration is new or changed since .*: 4 migrations there, and 2 things to\smend\./u,
      )

      const all = await assayJson(['lint', 'migrations'], { cwd: directory })
      expect(all.code).toBe(1)
      expect(codesOf(all.findings)).toEqual(told)
      expect(all.findings[0]).toMatchObject({
        summary: 'Two migrations have the same number: 0002_more and 0002_other.',
        fix: expect.stringContaining('the next free number') as string,
        where,
      })
      expect(all.next).toEqual([
        "git log --all --oneline --name-status -- ':(top)*0002_more*' ':(top)*0002_other*'",
      ])
      const foreign = await assayJson(['lint', '--migrations', 'migrations'], { cwd: directory })
      expect(codesOf(foreign.findings)).toEqual(told)

      // Of what is named alone, and at the file that is named.
      const one = await assayJson(['lint', 'migrations/0002_more.sql'], { cwd: directory })
      expect(codesOf(one.findings)).toEqual(told.slice(0, 1))
      expect(one.findings[0]!.where).toEqual({ file: join('migrations', '0002_more.sql'), line: 1 })
      const last = await assayJson(['lint', 'migrations/0004_last.sql'], { cwd: directory })
      expect(last.findings).toEqual([])
    })
  })
})
