/** `assay score` as a person runs it: without a configuration and with one, as a gate, interrupted, and since a commit. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ScoreResult } from '../../src/score/score-result.ts'
import { assay, endOf, startAssay, type Ran } from '../support/command-line.ts'
import { readEnvelope, type Answered } from '../support/envelope.ts'
import { eventually, processesIn } from '../support/processes.ts'
import { changed, shop, withProject, type ProjectFiles } from '../support/project.ts'

/** A small suite as people write it: node:test and pg, the connection from the environment. */
const nodeTest = `import { after, before, test } from 'node:test'
import assert from 'node:assert'
import pg from ${JSON.stringify(import.meta.resolve('pg'))}

const db = new pg.Client(process.env.DATABASE_URL)
before(() => db.connect())
after(() => db.end())

test('no price below zero', async () => {
  await assert.rejects(db.query("insert into products (slug, price) values ('a', -0.01)"), { code: '23514' })
  await db.query("insert into products (slug, price) values ('a', 0)")
})
test('a slug is there, and once', async () => {
  await db.query("insert into products (slug, price) values ('b', 1)")
  await assert.rejects(db.query("insert into products (slug, price) values ('b', 2)"), { code: '23505' })
  await assert.rejects(db.query('insert into products (slug, price) values (null, 2)'), { code: '23502' })
})
`
const files: ProjectFiles = {
  'db/0001_products.sql': shop['migrations/0001_products.sql'] ?? '',
  'shop.test.mjs': nodeTest,
  'nothing.sql': '-- Nothing yet.\n',
  'tests/price.sql': `begin;
do $$ begin
  insert into products (slug, price) values ('a', -0.01);
  raise exception 'it was taken' using errcode = 'P0002';
exception when check_violation then null; end $$;
rollback;
`,
}
const command = `${process.execPath} --test shop.test.mjs`

type Summary = Pick<ScoreResult, 'resumed' | 'suite'> & {
  readonly since: unknown
  readonly score: number
  readonly mutants: Readonly<Record<string, number>>
  readonly structures: readonly { readonly id: string; readonly protected: string }[]
}
interface Scored extends Omit<Answered, 'summary'> {
  readonly summary: Summary
}
const read = (ran: Ran): Scored => readEnvelope(ran) as unknown as Scored
const protectionOf = ({ summary }: Scored, id: string): string | undefined =>
  summary.structures.find((s) => s.id === id)?.protected

const score = (
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Ran> => assay(['score', ...args], { cwd, env })

describe('assay score', () => {
  test('judges a node:test suite without a configuration, and leaves nothing behind', async () => {
    await withProject(
      { ...files, '.env': 'DATABASE_URL=postgres://me:secret@db.invalid/live\n' },
      async (directory) => {
        const env = { DATABASE_URL: 'postgres://me@db.invalid/other', PGHOST: 'db.invalid' }
        const answer = read(
          await score(
            directory,
            [
              '--migrations',
              'db',
              '--suite',
              command,
              '--json',
              '--only',
              'products/required',
              'products/check:products_price_not_negative~removed',
            ],
            env,
          ),
        )
        expect(answer).toMatchObject({ code: 0, ok: true, command: 'score' })
        expect(protectionOf(answer, 'products/required:slug')).toBe('whole')
        expect(protectionOf(answer, 'products/required:price')).toBe('none')
        expect(protectionOf(answer, 'products/check:products_price_not_negative')).toBe('whole')
        expect(answer.summary.mutants).toMatchObject({ killed: 2, survived: 1, stillborn: 1 })
        // The first that is open, asked for alone.
        expect(answer.next).toEqual([
          `npx assay score --migrations db --suite '${command}' --only products/required:price`,
        ])
        const bare = answer.findings.find(({ structure }) => structure === 'products/required:price')
        expect(bare).toMatchObject({ code: 'score.unprotected', severity: 'warning' })
        expect(existsSync(join(directory, '.assay'))).toBe(false)
        expect(processesIn(directory)).toEqual([])
      },
    )
  })

  test('prints survivors as differences, writes Markdown, and is a gate when asked', async () => {
    await withProject(files, async (directory) => {
      const args = [
        '--migrations',
        'db',
        '--suite',
        'tests/*.sql',
        '--only',
        'products/check',
        'products/unique',
      ]
      const low = await score(directory, [...args, '--at-least', '90', '--markdown', 'out/score.md'])
      expect(low.code).toBe(1)
      expect(low.stdout).toContain('Not protected at all\n  ✗ products/unique:slug 0 of 6 noticed')
      expect(low.stdout).toContain(
        '- alter table "public"."products" add constraint "products_slug_key" unique ("slug");',
      )
      expect(low.stdout).toContain('the suite notices')
      expect(low.stdout).toContain('  file out/score.md')
      const markdown = readFileSync(join(directory, 'out/score.md'), 'utf8')
      expect(markdown).toContain('## ✗ assay score')
      expect(markdown).toContain(
        '```diff\n- alter table "public"."products" add constraint "products_slug_key"',
      )
      expect((await score(directory, [...args, '--at-least', '10'])).code).toBe(0)
    })
  })

  test.each<readonly [what: string, args: readonly string[], code: number, said: string]>([
    ['no suite', ['--migrations', 'db'], 2, 'which tests'],
    [
      'a host of its own',
      ['--migrations', 'db', '--suite', 'psql -h live -f x.sql'],
      4,
      'names a server itself',
    ],
    ['no such files', ['--migrations', 'db', '--suite', 'spec/*.sql'], 2, 'No file is named'],
    ['half a worker', ['--migrations', 'db', '--suite', 'true', '--workers', '0.5'], 2, 'workers'],
    ['a strange percentage', ['--migrations', 'db', '--suite', 'true', '--at-least', 'all'], 2, 'at-least'],
    ['unknown operators', ['--migrations', 'db', '--suite', 'true', '--operators', 'x'], 2, 'schemaanalyst'],
    [
      'an id that nothing has',
      ['--migrations', 'db', '--suite', 'tests/*.sql', '--only', 'products/check:prize'],
      2,
      'products/required:price',
    ],
    ['both ways', ['--suite', 'true', '--sql-suite', 'a.sql'], 2, 'sql-suite'],
    ['no git', ['--migrations', 'db', '--suite', 'tests/*.sql', '--since', 'main'], 3, 'git repository'],
    [
      'no program',
      ['--migrations', 'db', '--suite', 'no-such-program'],
      1,
      'the shell finds no such program',
    ],
    ['no directory', ['--migrations', 'nowhere', '--suite', 'true'], 3, 'assay score --migrations DIR'],
    ['no configuration', ['--suite', 'true'], 2, 'no configuration is needed'],
    ['a schema without anything', ['--sql', 'nothing.sql', '--suite', 'true'], 3, 'nothing to break'],
    ['another language', ['--sql', 'shop.test.mjs', '--suite', 'true'], 2, 'not SQL for PostgreSQL'],
    ['no seeds', ['--migrations', 'db', '--suite', 'true', '--before', 'no.sql'], 2, '--before no.sql'],
  ])('%s is told with its mend', async (_, args, code, said) => {
    await withProject(files, async (directory) => {
      const ran = await score(directory, args)
      expect(ran.stderr).toContain(said)
      expect(ran.stderr).toContain('mend')
      expect(ran.code).toBe(code)
    })
  })

  describe('interrupted', () => {
    /** Looks once and takes a while, so that there is a middle. */
    const slow = `${process.execPath} look.mjs && sleep 0.3`
    // It leaves its group behind, as a daemon does; Linux alone shows such.
    const daemon = existsSync('/proc/self/environ')
      ? "spawn('sleep', ['77'], { detached: true, stdio: 'ignore' }).unref()"
      : ''
    const look = `import { spawn } from 'node:child_process'
import pg from ${JSON.stringify(import.meta.resolve('pg'))}
const db = new pg.Client(process.env.DATABASE_URL)
await db.connect()
await db.query('select 1')
await db.end()
${daemon}
`
    const args = ['--migrations', 'db', '--suite', slow, '--only', 'products/unique', '--json']
    const journalOf = (directory: string): string => {
      const place = join(directory, '.assay', 'score')
      const name = existsSync(place) ? readdirSync(place).find((file) => file.endsWith('.jsonl')) : undefined
      return name === undefined ? '' : readFileSync(join(place, name), 'utf8')
    }
    const known = (directory: string): readonly string[] =>
      [...journalOf(directory).matchAll(/"mutant":"((?:[^"\\]|\\.)*)"/gu)].map((m) => m[1] ?? '')

    test.each(['SIGINT', 'SIGKILL'] as const)('by %s it goes on where it was', async (signal) => {
      await withProject({ ...files, 'look.mjs': look }, async (directory) => {
        const running = startAssay(['score', ...args], { cwd: directory })
        const ended = endOf(running)
        await eventually(() => known(directory).length >= 2, 'two mutants are judged')
        running.kill(signal)
        const { stderr, ...end } = await ended
        expect(end).toMatchObject({ code: null, signal })
        // Nobody can say a word when it is killed.
        if (signal === 'SIGINT')
          expect(stderr).toMatch(/Interrupted: \d+ of \d+ mutants are judged, and kept/u)
        await eventually(() => processesIn(directory).length === 0, 'nothing of the suite is left')
        const before = known(directory)

        const answer = read(await score(directory, args))
        expect(answer.summary.resumed).toBe(before.length)
        expect(answer.code).toBe(0)
        expect(existsSync(join(directory, '.assay'))).toBe(false)
      })
    })
  })

  test('since a commit only what was touched since then is judged', async () => {
    await withProject(files, async (directory) => {
      const git = (...words: readonly string[]): void => {
        const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org']
        execFileSync('git', ['-C', directory, ...identity, ...words], { stdio: 'ignore' })
      }
      git('init', '-q', '-b', 'main')
      git('add', '.')
      git('commit', '-q', '-m', 'one table')
      const args = ['--migrations', 'db', '--suite', 'tests/*.sql', '--since', 'main', '--json']
      const same = read(await score(directory, [...args, '--at-least', '100']))
      expect(same).toMatchObject({ code: 0, summary: { structures: [] } })

      writeFileSync(
        join(directory, 'db/0002_more.sql'),
        `create role reader; alter table products drop constraint products_price_not_negative,
           add constraint products_price_not_negative check (price > 0); create table notes (body text not null);`,
      )
      const changedOnly = read(await score(directory, args))
      const ids = changedOnly.summary.structures.map(({ id }) => id)
      expect(ids).toContain('products/check:products_price_not_negative')
      expect(ids).toContain('notes/required:body')
      expect(ids.filter((id) => id.startsWith('products/'))).toEqual([
        'products/check:products_price_not_negative',
      ])
      expect(changedOnly.summary.since).toMatchObject({ ref: 'main', gone: [] })

      // What the branch takes away has no mutants left, and the suite is run without it all the same.
      writeFileSync(
        join(directory, 'db/0002_more.sql'),
        'alter table products drop constraint products_price_not_negative, drop constraint products_slug_key;',
      )
      const price = ['--sql-suite', 'tests/slug.sql']
      writeFileSync(join(directory, 'tests/slug.sql'), 'select count(*) from products;')
      const less = read(await score(directory, ['--migrations', 'db', ...price, '--since', 'main', '--json']))
      expect(less.findings.map(({ code, structure }) => [code, structure])).toEqual([
        ['score.gone', 'products/unique:slug'],
        ['score.gone', 'products/check:products_price_not_negative'],
      ])
      expect(less.code).toBe(0)
      git('status')
      expect(existsSync(join(directory, '.git', 'worktrees'))).toBe(false)
      expect(readEnvelope(await score(directory, args.with(5, 'nobody')))).toMatchObject({ code: 2 })
    })
  })

  test('in a project the suite runs beside its configuration, and no rule is needed', async () => {
    const project = changed(
      { ...shop, 'shop.test.mjs': nodeTest },
      { 'assay.config.ts': [["  t.check('price_not_negative', 'price >= 0'),\n", '']] },
    )
    await withProject(project, async (directory) => {
      const ran = await assay(
        ['score', directory, '--suite', command, '--json', '--only', 'products/unique:slug~removed'],
        { cwd: dirname(directory) },
      )
      expect(protectionOf(read(ran), 'products/unique:slug')).toBe('whole')
    })
  })

  test('what a suite needs besides is not mutated', async () => {
    const suite = {
      'helpers/asserts.sql': 'create function asserts() returns text language sql as $$ select 1::text $$;',
    }
    await withProject({ ...files, ...suite, 'tests/a.sql': 'select asserts();' }, async (directory) => {
      mkdirSync(join(directory, 'empty'))
      const args = ['--migrations', 'db', '--sql-suite', 'tests/a.sql', 'tests/price.sql']
      expect((await score(directory, args)).stderr).toContain('asserts() does not exist')
      const answer = read(await score(directory, [...args, '--before', 'helpers/asserts.sql', '--json']))
      expect(answer.summary.structures.filter(({ id }) => id.includes('asserts'))).toEqual([])
      expect(protectionOf(answer, 'products/check:products_price_not_negative')).toBe('part')
    })
  })

  test("another tool's operators alone make a part of a proof, which is not recorded", async () => {
    await withProject(shop, async (directory) => {
      const { code, stdout } = await assay(['prove', directory, '--operators', 'schemaanalyst'])
      expect(stdout.replaceAll(/\s+/gu, ' ')).toContain('--operators looks at a part')
      expect(existsSync(join(directory, 'ledger'))).toBe(false)
      expect(code).toBe(0)
      // Said by silence, as keys are added.
      expect(stdout).toContain('two rows may have the same price')
      expect(stdout).toContain('Nothing that the operators of schemaanalyst change goes unnoticed.')
    })
  })
})
