/** `assay score` on a server of the user's: Debian's PostgreSQL 15, in databases of its own there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assay, endOf, startAssay } from '../support/command-line.ts'
import { readEnvelope } from '../support/envelope.ts'
import { eventually } from '../support/processes.ts'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../support/postgres15.ts'
import { shop, withProject, type ProjectFiles } from '../support/project.ts'
import { openSession } from '../../src/postgres/session.ts'
import { parseConnectionUrl } from '../../src/postgres/connection-url.ts'

/** It fails too when it is not led to a database that Assay made. */
const nodeTest = `import { after, before, test } from 'node:test'
import assert from 'node:assert'
import pg from ${JSON.stringify(import.meta.resolve('pg'))}

const db = new pg.Client(process.env.DATABASE_URL)
before(() => db.connect())
after(() => db.end())

test('a price, on the right server', async () => {
  const { rows } = await db.query("select current_setting('server_version_num')::int / 10000 as major, current_database() as name")
  assert.equal(rows[0].major, 15)
  assert.match(rows[0].name, /^assay_/)
  await assert.rejects(db.query("insert into products (slug, price) values ('a', -0.01)"), { code: '23514' })
  await db.query("insert into products (slug, price) values ('a', 0)")
})
`
const files: ProjectFiles = {
  'db/0001_products.sql': shop['migrations/0001_products.sql'] ?? '',
  'dump.sql': `\\set least 0\n${shop['migrations/0001_products.sql'] ?? ''}create table sizes (size int check (size > :least and size < :most));`,
  'shop.test.mjs': nodeTest,
  'tests/price.sql': `do $$ begin
  insert into products (slug, price) values ('a', -0.01);
  raise exception 'it was taken' using errcode = 'P0002';
exception when check_violation then null; end $$;
`,
}

interface Summary {
  readonly mutants: Readonly<Record<string, number>>
  readonly structures: readonly { readonly id: string; readonly protected: string }[]
}

describe.skipIf(whyNoPostgres15 !== '')('assay score --url', () => {
  let debian: TestServer
  beforeAll(async () => {
    debian = await startPostgres15()
  })
  afterAll(() => debian?.stop())

  const left = async (): Promise<readonly unknown[]> => {
    const db = await openSession(parseConnectionUrl(debian.url))
    try {
      return await db.json(`select datname as name from pg_database where datname ~ '^assay'
        union all select rolname from pg_roles where rolname ~ '^assay'`)
    } finally {
      await db.end()
    }
  }

  test.each([
    ['a command', ['--migrations', 'db', '--suite', `${process.execPath} --test shop.test.mjs`]],
    ['SQL files', ['--sql', 'dump.sql', '--suite', 'tests/*.sql', '--variable', 'most=100', 'other=1']],
  ])('judges %s in databases of its own, and leaves nothing behind', async (_, args) => {
    await withProject(files, async (directory) => {
      const only = ['--only', 'products/check:products_price_not_negative', 'products/required:slug']
      const env = { DATABASE_URL: 'postgres://me@db.invalid/other' }
      const ran = await assay(['score', ...args, '--url', debian.url, '--json', ...only], {
        cwd: directory,
        env,
      })
      const { findings, summary } = readEnvelope(ran)
      const { structures, mutants } = summary as unknown as Summary
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(structures.map((s) => `${s.id} ${s.protected}`)).toEqual([
        expect.stringMatching(/^products\/required:slug none/u),
        expect.stringMatching(/^products\/check:products_price_not_negative (?:all|part)/u),
      ])
      expect(mutants['killed']).toBeGreaterThan(0)
      expect(await left()).toEqual([])
    })
  })

  test('interrupted: databases that are dropped under a suite kill no mutant', async () => {
    // Never fails by itself, and always when its database goes away.
    const psql = '/usr/lib/postgresql/15/bin/psql -qX -d "$DATABASE_URL"'
    const patient = `for n in 1 2 3 4 5 6 7 8; do ${psql} -c 'select pg_sleep(0.1)' || exit 9; done`
    await withProject({ ...files, 'patient.sh': patient }, async (directory) => {
      const suite = ['--migrations', 'db', '--suite', 'sh patient.sh']
      const running = startAssay(['score', ...suite, '--url', debian.url], { cwd: directory })
      const ended = endOf(running)
      const place = join(directory, '.assay', 'score')
      const verdicts = (): readonly string[] =>
        (existsSync(place) ? readdirSync(place) : [])
          .filter((name) => name.endsWith('.jsonl'))
          .flatMap((name) => [...readFileSync(join(place, name), 'utf8').matchAll(/"verdict":"(\w+)"/gu)])
          .map((match) => match[1] ?? '')
      await eventually(() => verdicts().length >= 1, 'a mutant is judged')
      running.kill('SIGINT')
      const { stderr, code, signal } = await ended
      expect({ code, signal }).toEqual({ code: null, signal: 'SIGINT' })
      expect(new Set(verdicts())).toEqual(new Set(['survived']))
      expect(stderr.match(/Interrupted: \d+ of \d+ mutants are judged/gu)).toHaveLength(1)
      expect(stderr).not.toContain('✗')
      expect(await left()).toEqual([])
    })
  })
})
