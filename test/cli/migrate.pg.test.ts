import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConnectionUrl } from '../../src/postgres/connection-url.ts'
import type { Server } from '../../src/postgres/server.ts'
import { openSession } from '../../src/postgres/session.ts'
import { startServer } from '../../src/postgres/start.ts'
import { assay, endOf, startAssay } from '../support/command-line.ts'
import { shop, withDirectory, writeProject, type ProjectFiles } from '../support/project.ts'

const killer = fileURLToPath(new URL('../support/kill-at-write.mjs', import.meta.url))

let server: Server

beforeAll(async () => {
  server = await startServer({ tcp: true })
})
afterAll(() => server.stop())

const project: ProjectFiles = {
  ...shop,
  'migrations/0001_products.down.sql': 'drop table products;\n',
  'migrations/0002_index/up.sql': `insert into products (slug, price) values ('a', 1), ('b', 2);
create index concurrently products_price on products (price);
insert into products (slug, price) values ('c', 3);
`,
  'migrations/0002_index/down.sql': `drop index if exists products_price; delete from products;\n`,
}

const inDatabase = (
  work: (url: string, directory: string, read: (sql: string) => Promise<unknown>) => Promise<void>,
) =>
  withDirectory(async (directory) => {
    writeProject(directory, project)
    const database = await server.createDatabase('cli')
    const db = await server.connect(database, 'owner')
    try {
      await work(server.ownerUrl(database), directory, (sql) => db.json(sql))
    } finally {
      await db.end()
      await server.dropDatabase(database)
    }
  })

const migrate = (name: string, directory: string, url: string, ...more: readonly string[]) =>
  assay(['migrate', name, directory, '--url', url, ...more])

const allowed = ['--allow', 'untested,uncovered'] as const

test('plan, up, status and down; what is not tested is refused by name', () =>
  inDatabase(async (url, directory) => {
    const refused = await migrate('up', directory, url, '--json')
    expect(refused.code).toBe(4)
    expect(JSON.parse(refused.stdout)).toMatchObject({
      ok: false,
      command: 'migrate up',
      findings: [{ code: 'migrate.untested', summary: expect.stringContaining('0001_products, 0002_index') }],
      next: [`npx assay migrate test ${directory} 0001_products 0002_index`],
    })
    expect((await migrate('status', directory, url)).code).toBe(1)
    const dry = await migrate('up', directory, url, '--dry-run')
    expect([dry.code, dry.stderr]).toEqual([0, ''])
    expect(dry.stdout).toContain(
      `-- stage 2 of 3: outside of any transaction\ncreate index concurrently products_price on products (price);\n`,
    )
    const up = await migrate('up', directory, url, ...allowed)
    expect([up.code, up.stdout, up.stderr]).toEqual([
      0,
      `✓ 2 migrations applied.
  ↑ 0001_products 1 stage
  ↑ 0002_index 3 stages, 1 outside of a transaction

Overridden, and written to the journal: untested.
`,
      '',
    ])
    const status = await migrate('status', directory, url, '--json')
    expect(status.code).toBe(0)
    expect(JSON.parse(status.stdout)).toMatchObject({
      ok: true,
      summary: [
        { name: '0001_products', standing: 'applied', allowed: ['untested'] },
        { name: '0002_index', standing: 'applied' },
      ],
    })
    expect((await migrate('down', directory, url, '--to', '0', ...allowed)).stdout).toContain(
      '2 migrations taken back.',
    )
    // A run that is not asked for a database writes to none.
    const unnamed = await assay(['migrate', 'up', directory], { env: { DATABASE_URL: url } })
    expect([unnamed.code, unnamed.stderr.split('\n')[0]]).toEqual([
      2,
      '✗ It is not said which database is meant.',
    ])
  }))

test('killed by SIGKILL, the next run ends where an undisturbed one does', () =>
  inDatabase(async (url, directory, read) => {
    const left = `select (select json_agg(p.slug order by p.slug) from products p) as slugs,
      (select json_agg(indexrelid::regclass::text || indisvalid order by indexrelid::regclass::text) from pg_index where indrelid = 'products'::regclass) as indexes,
      (select json_agg(array[m.name, m.direction, m.state, m.steps_done::text] order by m.name) from assay.migrations m) as journal`
    const first = await migrate('up', directory, url, ...allowed)
    expect([first.code, first.stderr]).toEqual([0, ''])
    const expected = await read(left)
    let kills = 0
    for (const at of [12, 30, 40, 48]) {
      await migrate('down', directory, url, '--to', '0', ...allowed)
      const child = startAssay(['migrate', 'up', directory, '--url', url, ...allowed], {
        node: ['--import', killer],
        env: { KILL_AT: String(at) },
      })
      const { signal } = await endOf(child)
      if (signal === 'SIGKILL') kills += 1
      const next = await migrate('up', directory, url, ...allowed)
      expect([at, next.code, next.stderr]).toEqual([at, 0, ''])
      expect([at, await read(left)]).toEqual([at, expected])
    }
    expect(kills).toBeGreaterThan(2)
  }))

test('its session is ended by an administrator: exit 3, and the same command goes on', () =>
  inDatabase(async (url, directory, read) => {
    writeProject(directory, {
      'migrations/0003_slow.sql': `create table later (x int);
insert into later values (1);
select pg_sleep(600) from products where slug = 'c' and price = 3;`,
      'migrations/0003_slow.down.sql': 'drop table later;',
    })
    expect((await migrate('up', directory, url, '--to', '2', ...allowed)).code).toBe(0)
    const going = migrate('up', directory, url, '--json', ...allowed)
    let isOver = false
    const ended = going.finally(() => (isOver = true))
    const end = async (): Promise<unknown> =>
      read(
        `select pg_terminate_backend(pid) as ended from pg_stat_activity
          where application_name = 'assay migrate up 0003_slow' and wait_event = 'PgSleep'`,
      )
    while (!isOver && JSON.stringify(await end()) === '[]') await rest(20)
    const { code, stdout } = await ended
    expect([code, JSON.parse(stdout)]).toMatchObject([
      3,
      {
        ok: false,
        findings: [{ code: 'migrate.connection-lost', fix: expect.stringContaining('same command') }],
        next: [`npx assay migrate up ${directory} --url … --json ${allowed.join(' ')}`],
      },
    ])
    // Nothing of its transaction stands, and it may run anew.
    expect(await read(`select to_regclass('later') as later`)).toEqual([{ later: null }])
    const db = await openSession(parseConnectionUrl(url))
    await db.query('update products set price = 4')
    await db.end()
    const again = await migrate('up', directory, url, ...allowed)
    expect([again.code, again.stderr]).toEqual([0, ''])
    expect(await read('select x from later')).toEqual([{ x: 1 }])
  }))

test('a file that was edited after it ran, and one that is gone, are told with their mend', () =>
  inDatabase(async (url, directory) => {
    await migrate('up', directory, url, ...allowed)
    writeProject(directory, { 'migrations/0002_index/up.sql': 'select 1' })
    const edited = await migrate('up', directory, url, ...allowed)
    expect(edited.code).toBe(4)
    expect(edited.stderr).toContain('0002_index was edited after it ran.')
    const told = await migrate('status', directory, url, '--json')
    expect(JSON.parse(told.stdout)).toMatchObject({
      findings: [
        { code: 'migrate.edited', fix: expect.stringContaining(`\nnpx assay drift ${directory} --url …\n`) },
      ],
      next: [`npx assay drift ${directory} --url …`, `npx assay migrate plan ${directory} --url …`],
    })
    const resolved = await assay([
      'migrate',
      'resolve',
      '0002_index',
      directory,
      '--as',
      'edited',
      '--url',
      url,
    ])
    expect([resolved.code, resolved.stderr]).toEqual([0, ''])
    rmSync(join(directory, 'migrations/0002_index'), { recursive: true })
    const missing = await migrate('status', directory, url)
    expect(missing.code).toBe(1)
    expect(missing.stdout).toContain('0002_index     applied, file is missing')
  }))
