/** `assay fill` as a user runs it: a local copy, a database that is named, killed half way, and refused with reasons. */
import { join } from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'
import { startServer } from '../../src/postgres/start.ts'
import { assay, endOf, startAssay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { changed, shop, withDirectory, writeProject } from '../support/project.ts'

let server: Server
let db: Session
let url: string

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('shop')
  url = server.ownerUrl(database)
  db = await server.connect(database, 'owner')
  await db.query(`
    create table users (id bigint generated always as identity primary key, email text not null unique);
    create table orders (id bigint generated always as identity primary key, user_id bigint not null references users,
      total numeric(10,2) not null check (total >= 0), note text);
    create table secrets (id bigint primary key);
    alter table secrets enable row level security; alter table secrets force row level security;
    create table mine (id bigint primary key);
    insert into mine values (1)`)
  const administrator = await server.connect(database, 'administrator')
  const [me] = await db.json<{ readonly name: string }>('select current_user as name')
  await administrator.query(`create table guarded (id bigint primary key);
    alter table guarded enable row level security;
    grant insert, select on guarded to "${me!.name}"`)
  await administrator.end()
})
afterAll(async () => {
  await db?.end()
  await server?.stop()
})

const fill = (...args: readonly string[]): readonly string[] => ['fill', '/', '--url', url, ...args]
const digestSql = `select (select md5(string_agg(o::text, ',' order by id)) from orders o) as orders, (select md5(string_agg(u::text, ',' order by id)) from users u) as users`

describe('a database that is named', () => {
  test('is told what it would get, and gets nothing', async () => {
    const { code, stdout, stderr } = await assay(fill('--rows', 'orders=1k', '--dry-run'))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      / would get 1,100 rows in 2 tables, \d+(?:\.\d)? kB as COPY sends them,\sseed 1\.\n/u,
    )
    expect(stdout).toContain('  1,000  orders')
    expect(stdout).toContain('Nothing was written.')
    expect(
      await db.json(`select count(*)::int as n, to_regnamespace('assay') is null as nothing from orders`),
    ).toEqual([{ n: 0, nothing: true }])
  })

  test('killed at any moment it is filled further on, with the rows of one run', async () => {
    const sizes = ['--rows', 'orders=60000', '--sessions', '2']
    const written = async (): Promise<number> => {
      const [reply] = await db.batch(['select count(*) from assay.fill_chunks'])
      return Number(reply?.commands.at(-1)?.rows[0]?.[0] ?? 0)
    }
    for (const chunks of [1, 2]) {
      const child = startAssay(fill(...sizes))
      const ended = endOf(child)
      while ((await written()) < chunks && child.exitCode === null) await rest(5)
      child.kill('SIGKILL')
      await ended
    }
    const other = await assayJson(fill('--rows', 'orders=10'))
    expect({ code: other.code, codes: other.findings.map((finding) => finding.code) }).toEqual({
      code: 4,
      codes: ['fill.unfinished'],
    })
    const { code, summary } = await assayJson(fill(...sizes))
    expect(code).toBe(0)
    expect(summary).toMatchObject({ dryRun: false, fillings: [{ rows: 66_000, problems: [] }] })
    const [killed] = await db.json(digestSql)
    expect(
      await db.json(`select count(*)::int as n, to_regnamespace('assay') is null as nothing from orders`),
    ).toEqual([{ n: 60_000, nothing: true }])
    const whole = await assayJson(
      fill('--rows', 'orders=60000', 'users=6000', '--truncate', '--sessions', '1'),
    )
    expect(whole.summary).toMatchObject({ fillings: [{ rows: 66_000, before: 0 }] })
    expect(await db.json(digestSql)).toEqual([killed])
    expect(
      await db.json('insert into users (email) values (null) on conflict do nothing').catch(() => 'refused'),
    ).toBe('refused')
  })

  test.each([
    ['a table with rows', ['--rows', 'mine=10'], 4, 'fill.not-empty'],
    ['a table whose policies bind the role', ['--rows', 'guarded=10'], 3, 'fill.row-security'],
    ['no such table', ['--rows', 'order=10'], 2, 'fill.unknown-table'],
    ['no number of rows', ['--rows', 'orders=many'], 2, 'usage.rows'],
    ['no number of sessions', ['--rows', 'orders=1', '--sessions', '0'], 2, 'usage.number'],
    ['no seed', ['--rows', 'orders=1', '--seed', '-1'], 2, 'usage.number'],
  ] as const)('is refused with %s', async (_what, args, code, fault) => {
    const found = await assayJson(fill(...args))
    expect({ code: found.code, codes: found.findings.map((finding) => finding.code) }).toEqual({
      code,
      codes: [fault],
    })
  })

  test('has a table whose policies bind the role that owns it, which it goes on to bind', async () => {
    const { code, summary } = await assayJson(fill('--rows', 'secrets=10'))
    expect({ code, summary }).toMatchObject({ code: 0, summary: { fillings: [{ rows: 10, problems: [] }] } })
    expect(await db.json('select count(*)::int as seen from secrets')).toEqual([{ seen: 0 }])
    const again = await assayJson(fill('--rows', 'secrets=10'))
    expect(again.findings.map((finding) => finding.code)).toEqual(['fill.not-empty'])
  })

  test('goes on beside another filling of it never', async () => {
    await db.query(`select pg_advisory_lock(hashtext('assay fill'))`)
    const { code, findings } = await assayJson(fill('--rows', 'orders=10'))
    await db.query(`select pg_advisory_unlock(hashtext('assay fill'))`)
    expect({ code, codes: findings.map((finding) => finding.code) }).toEqual({
      code: 4,
      codes: ['fill.running'],
    })
  })

  test('that is not there', async () => {
    const { code } = await assayJson([
      'fill',
      '/',
      '--url',
      'postgres://nobody@127.0.0.1:1/none',
      '--rows',
      '10',
    ])
    expect(code).toBe(3)
  })
})

describe('a local copy', () => {
  test('is filled as the architecture declares, and its URL is good until Ctrl-C', async () => {
    await withDirectory(async (directory) => {
      writeProject(
        directory,
        changed(shop, {
          'assay.config.ts': [
            [
              'tables: { products } }',
              'tables: { products }, volumes: { products: { rows: 700, columns: { price: { uniform: [5, 6] } } } } }',
            ],
          ],
        }),
      )
      const child = startAssay(['fill', directory, '--keep'])
      const ended = endOf(child)
      let said = ''
      child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
      while (!said.includes('Ctrl-C') && child.exitCode === null) await rest(20)
      expect(said).toContain('shop has 700 rows in 1 table')
      const kept = /(?<url>postgres\S+)/u.exec(said)?.groups?.['url'] ?? ''
      const again = await assayJson(['fill', '/', '--url', kept, '--rows', 'products=1'])
      expect(again.findings.map((finding) => finding.code)).toEqual(['fill.not-empty'])
      child.kill('SIGINT')
      expect((await ended).code).toBe(0)
    })
  })

  test('with a slip in its volumes says where', async () => {
    await withDirectory(async (directory) => {
      writeProject(
        directory,
        changed(shop, {
          'assay.config.ts': [
            [
              'tables: { products } }',
              'tables: { products }, volumes: { products: { columns: { prise: {} } } } }',
            ],
          ],
        }),
      )
      const { code, findings } = await assayJson(['fill', directory])
      expect(code).toBe(2)
      expect(findings[0]).toMatchObject({
        summary: 'shop: volumes names "products.prise", which is not a column.',
      })
      expect(findings[0]?.where?.file).toBe(join(directory, 'assay.config.ts'))
    })
  })
})
