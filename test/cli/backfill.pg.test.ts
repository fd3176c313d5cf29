/** `assay migrate backfill` as a user runs it: looked at first, killed half way, run to its end, and asked about. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'
import { startServer } from '../../src/postgres/start.ts'
import { assay, endOf, startAssay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { withDirectory } from '../support/project.ts'

let server: Server
let db: Session
let url: string

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('shop')
  url = server.ownerUrl(database)
  db = await server.connect(database, 'owner')
  await db.query(`
    create table products (id bigint primary key, name text not null, slug text, n int not null default 0, constraint short check (length(slug) < 12));
    insert into products (id, name) select i, 'Item ' || i from generate_series(1, 60000) i;
    create table plain (a int);
    analyze products`)
})
afterAll(async () => {
  await db?.end()
  await server?.stop()
})

const statement = `-- slugs of products that were made before there were slugs
update products set slug = lower(replace(name, ' ', '-')), n = n + 1 where slug is null;
`

describe('assay migrate backfill', () => {
  test('says what it would do, and writes nothing', async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, 'fill_slug.sql')
      writeFileSync(file, statement)
      const { code, stdout, stderr } = await assay(['migrate', 'backfill', file, '--url', url, '--dry-run'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('fill_slug would walk through products along id, about 60000 rows.')
      expect(stdout).toContain(`("products"."id") <= ('1000'::bigint)`)
      expect(await db.json(`select to_regnamespace('assay') is null as nothing`)).toEqual([{ nothing: true }])
      const status = await assay(['migrate', 'backfill', '--status', '--url', url])
      expect(status.stdout).toBe('No backfill was begun in this database.\n')
    })
  })

  test('killed at any moment it goes on where it stood, and changes every row once', async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, 'fill_slug.sql')
      writeFileSync(file, statement)
      const moved = async (): Promise<number> => {
        const [one] = await db.json<{ n: number }>(`select count(*)::int as n from products where n > 0`)
        return one!.n
      }
      for (const share of [0.2, 0.5]) {
        const child = startAssay(['migrate', 'backfill', file, '--url', url])
        const ended = endOf(child)
        while ((await moved()) < 60_000 * share && child.exitCode === null) await rest(5)
        child.kill('SIGKILL')
        await ended
      }
      expect(await moved()).toBeGreaterThan(0)
      const { code, summary } = await assayJson(['migrate', 'backfill', file, '--url', url])
      expect({ code, summary }).toMatchObject({
        code: 0,
        summary: { name: 'fill_slug', state: 'complete', walked: 60_000, changed: 60_000, dead: 0 },
      })
      expect(await db.json('select n, count(*)::int as rows from products group by n')).toEqual([
        { n: 1, rows: 60_000 },
      ])
      const again = await assay(['migrate', 'backfill', file, '--url', url])
      expect(again.stdout).toMatch(/^fill_slug is complete\.\n {2}table +products, along id\n/u)
      // One that is complete stays so; as the only one it needs no name.
      const paused = await assay(['migrate', 'backfill', '--pause', '--url', url])
      expect(paused.stdout).toBe('fill_slug is complete: there is nothing left to pause.\n')
      const status = await assayJson(['migrate', 'backfill', '--status', '--url', url])
      expect(status.summary).toMatchObject({ backfills: [{ name: 'fill_slug', state: 'complete' }] })
    })
  })

  test('files of phases are told apart by their migrations', async () => {
    await withDirectory(async (directory) => {
      const names: string[] = []
      for (const [phase, file] of [
        ["0002_it's_a_backfill", 'backfill.sql'],
        ['0005_other_backfill', 'backfill-2.sql'],
      ] as const) {
        const place = join(directory, phase)
        mkdirSync(place)
        writeFileSync(join(place, 'phase.json'), '{}')
        writeFileSync(join(place, file), 'update products set n = 1')
        const { code, summary } = await assayJson([
          'migrate',
          'backfill',
          join(place, file),
          '--url',
          url,
          '--dry-run',
        ])
        expect(code).toBe(0)
        names.push((summary as unknown as { readonly name: string }).name)
      }
      expect(names).toEqual(["0002_it's_a_backfill", '0005_other_backfill-2'])
    })
  })

  test('rows that cannot be changed are kept aside, and that is no success', async () => {
    const sql = `update products set slug = 'a-slug-that-is-too-long' where id in (5, 4000)`
    const words = ['migrate', 'backfill', '--sql', sql, '--name', 'long', '--url', url]
    const { code, findings } = await assayJson(words)
    expect({ code, found: findings.map((f) => [f.code, f.summary]) }).toEqual({
      code: 1,
      found: [['backfill.dead-rows', '2 rows of long could not be changed']],
    })
    await db.query(`update assay.backfills set state = 'running' where name = 'long'`)
    const paused = await assayJson(['migrate', 'backfill', '--pause', '--url', url])
    expect(paused.summary).toEqual({ name: 'long', state: 'paused', isRun: false })
    const told = await assay(words)
    expect(told.stdout).toMatch(
      /23514 +\(5\): new row for relation\s+"products" violates\s+check constraint\s+"short"/u,
    )
  })

  test.each([
    [['nothing.sql'], 'usage.no-url', 2],
    [['--url', 'URL'], 'usage.no-statement', 2],
    [['--sql', 'update plain set a = 1', '--url', 'URL'], 'backfill.table', 2],
    [['--sql', 'select 1', '--url', 'URL'], 'backfill.statement', 2],
    [['--sql', 'update products set n = 0', '--url', 'URL', '--max-lag', 'x'], 'usage.number', 2],
    [['--pause', '--name', 'nobody', '--url', 'URL'], 'backfill.unknown', 2],
    [['--sql', 'update products set n = 0', '--url', 'postgres://a:b@127.0.0.1:1/x'], 'server.refused', 3],
  ])('%j: %s', async (words, faultCode, exit) => {
    const { code, findings } = await assayJson([
      'migrate',
      'backfill',
      ...words.map((word) => (word === 'URL' ? url : word)),
    ])
    expect({ code, found: findings.map((f) => f.code) }).toEqual({ code: exit, found: [faultCode] })
  })
})
