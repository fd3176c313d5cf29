/** `assay statistics` as a user runs it: exported from a server without a value, planned with here. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../../src/postgres/server.ts'
import { startServer } from '../../src/postgres/start.ts'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { startPostgres15, whyNoPostgres15 } from '../support/postgres15.ts'
import { shop, withProject } from '../support/project.ts'
import { openSession } from '../../src/postgres/session.ts'
import { parseConnectionUrl } from '../../src/postgres/connection-url.ts'

const fill = `
insert into products (slug, price) select 'geheim-' || n, n from generate_series(1, 3000) n;
analyze products;`

let live: Server
let url: string
let exportedText: string
beforeAll(async () => {
  live = await startServer({})
  const database = await live.createDatabase('live')
  const owner = await live.connect(database, 'owner')
  await owner.query(shop['migrations/0001_products.sql']!)
  await owner.query(fill)
  await owner.end()
  const admin = await live.connect(database, 'administrator')
  await admin.query(`create role stranger login password 'x'`)
  await admin.end()
  url = live.ownerUrl(database)
})
afterAll(() => live.stop())

const sql = 'select * from products where slug = $1'

describe('assay statistics export, then plan', () => {
  test('no value leaves, and the plan is that of the server', async () => {
    await withProject(shop, async (directory) => {
      const exported = await assay(['statistics', 'export', '--url', url])
      expect(exported).toMatchObject({ code: 0, stderr: '' })
      expect(exported.stdout).toContain('"products"')
      expect(exported.stdout).not.toContain('geheim')
      const file = join(directory, 'statistics.json')
      writeFileSync(file, exported.stdout)
      exportedText = exported.stdout

      const planned = await assayJson([
        'statistics',
        'plan',
        directory,
        '--sql',
        sql,
        '--value',
        '@products.slug:0.5',
        '--from',
        file,
      ])
      expect(planned).toMatchObject({ code: 0, ok: true, command: 'statistics plan', findings: [] })
      expect(planned.summary).toMatchObject({
        shape: expect.stringMatching(/^Index Scan .*products_slug_key/u),
        rows: { products: 3_000 },
        assumed: {},
        bytes: expect.any(Number) as number,
        sweep: null,
      })

      const chart = join(directory, 'charts/plan.svg')
      const swept = await assay([
        'statistics',
        'plan',
        directory,
        '--sql',
        'select * from products where price > $1',
        '--value',
        '@products.price:0.99',
        '--from',
        file,
        '--rows',
        'products=2_000',
        '--sweep',
        'products',
        '--chart',
        chart,
      ])
      expect(swept).toMatchObject({ code: 0, stderr: '' })
      expect(swept.stdout).toMatch(/^Planned, not run\n {2}products 2,000 rows\n/u)
      expect(swept.stdout).toMatch(/the plan changes once from 1K to 10B rows\n +\d+(?:\.\d+)?K {2}/u)
      expect(readFileSync(chart, 'utf8')).toMatch(/^<\?xml .*\n<svg /u)
    })
  })

  test('made-up rows, where there are no statistics', async () => {
    await withProject(shop, async (directory) => {
      const planned = await assay([
        'statistics',
        'plan',
        directory,
        '--sql',
        sql,
        '--value',
        'x',
        '--rows',
        'products=1e9',
      ])
      expect(planned).toMatchObject({ code: 0, stderr: '' })
      expect(planned.stdout).toMatch(
        /products 1,000,000,000 rows\n\n {2}Index Scan using products_slug_key on products {2}1 rows/u,
      )
    })
  })

  test('of a role without rights all that it may not see is named', async () => {
    const stranger = url.replace(/\/\/[^@]*@/u, '//stranger:x@')
    const exported = await assay(['statistics', 'export', '--url', stranger, '--public', 'products.slug'])
    expect(exported.code).toBe(0)
    expect(exported.stderr).toContain('3 things that the planner there knows are not in it')
    expect(exported.stderr).toContain('products.slug: this role may not select it')
    const { gaps } = JSON.parse(exported.stdout) as { gaps: readonly { code: string }[] }
    expect(gaps.map(({ code }) => code)).toEqual(Array(3).fill('statistics.not-readable'))
  })
})

describe('what is wrong is told', () => {
  test('statistics of another version of the schema', async () => {
    await withProject(shop, async (directory) => {
      writeFileSync(join(directory, 'statistics.json'), exportedText)
      writeFileSync(
        join(directory, 'migrations/0002_note.sql'),
        'alter table products add column note text;\n',
      )
      const args = ['statistics', 'plan', '.', '--sql', 'select 1', '--from', 'statistics.json']
      const planned = await assayJson(args, { cwd: directory })
      expect(planned.code).toBe(2)
      expect(planned.findings).toMatchObject([
        { code: 'statistics.other-schema', found: 'products.note is only here' },
      ])
    })
  })
})

test.skipIf(whyNoPostgres15 !== '')(`exports from PostgreSQL 15 ${whyNoPostgres15}`, async () => {
  const old = await startPostgres15()
  try {
    const db = await openSession(parseConnectionUrl(old.url))
    await db.query(shop['migrations/0001_products.sql']!)
    await db.query(fill)
    await db.end()
    await withProject(shop, async (directory) => {
      const exported = await assay(['statistics', 'export', '--url', old.url])
      expect(exported).toMatchObject({ code: 0, stderr: '' })
      expect(exported.stdout).not.toContain('geheim')
      writeFileSync(join(directory, 'statistics.json'), exported.stdout)
      const args = ['statistics', 'plan', '.', '--sql', sql, '--value', 'x', '--from', 'statistics.json']
      const planned = await assayJson(args, { cwd: directory })
      expect(planned).toMatchObject({ code: 0, findings: [] })
      expect(planned.summary).toMatchObject({ rows: { products: 3_000 } })
    })
  } finally {
    await old.stop()
  }
})
