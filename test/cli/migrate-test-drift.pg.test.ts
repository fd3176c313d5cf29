/** `assay migrate test` and `assay drift` as a user runs them, one after the other on one project. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../../src/postgres/server.ts'
import { startServer } from '../../src/postgres/start.ts'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { shop, withProject, type ProjectFiles } from '../support/project.ts'

const files: ProjectFiles = {
  ...shop,
  'migrations/0001_products.down.sql': 'drop table products;\n',
  'migrations/0002_note/up.sql': 'alter table products add column note text;\n',
  'migrations/0002_note/down.sql': 'alter table products drop column note;\n',
}

let live: Server
beforeAll(async () => {
  live = await startServer({})
})
afterAll(() => live.stop())

const runOn = async (database: string, sql: string): Promise<void> => {
  const owner = await live.connect(database, 'owner')
  await owner.query(sql)
  await owner.end()
}

describe('assay migrate test', () => {
  test('records what passes, asks nothing twice, and tests again what has changed', async () => {
    await withProject(files, async (directory) => {
      const first = await assay(['migrate', 'test', directory])
      expect(first).toMatchObject({ code: 0, stderr: '' })
      expect(first.stdout).toMatch(
        /^shop: 2 of 2 migrations passed\n {2}✓ 0001_products: up, down, up over no rows, 2 stops\n/u,
      )
      expect(first.stdout).toMatch(/✓ 0002_note: up, down, up over 203 rows in 1 table, 2 stops\n/u)
      const record = readFileSync(join(directory, 'ledger/migrations.txt'), 'utf8')

      const again = await assayJson(['migrate', 'test', directory])
      expect(again).toMatchObject({ code: 0, command: 'migrate test', findings: [], artifacts: [] })
      expect(again.summary).toMatchObject([{ tested: [], passedBefore: ['0001_products', '0002_note'] }])

      const one = await assayJson(['migrate', 'test', directory, '0002'])
      expect(one.summary).toMatchObject([
        { tested: [{ name: '0002_note', passed: true, direction: 'both' }] },
      ])
      // The same bytes in another run.
      expect(readFileSync(join(directory, 'ledger/migrations.txt'), 'utf8')).toBe(record)

      writeFileSync(join(directory, 'migrations/0002_note/down.sql'), 'select 1;\n')
      const broken = await assayJson(['migrate', 'test', directory])
      expect(broken.code).toBe(1)
      expect(broken.findings).toMatchObject([
        { code: 'migrate.down-differs', structure: 'products/column:note' },
      ])
      expect(broken.next).toEqual([expect.stringMatching(/^npx assay migrate test /u)])
      // It is as it was before it passed: untested.
      expect(readFileSync(join(directory, 'ledger/migrations.txt'), 'utf8')).not.toContain('0002_note')
    })
  })

  test.each([
    ['an unknown name', ['0002_nota'], 2, 'migrate.unknown-name'],
    ['a refused statement', [], 1, 'migrate.up-fails'],
  ] as const)('says what is wrong: %s', async (_, names, exit, code) => {
    const slip = { ...files, 'migrations/0002_note/up.sql': 'alter table product add column note text;\n' }
    await withProject(slip, async (directory) => {
      const { code: ended, findings } = await assayJson(['migrate', 'test', directory, ...names])
      expect(ended).toBe(exit)
      expect(findings.map((finding) => finding.code)).toEqual([code])
      expect(findings[0]!.fix).toMatch(/\S/u)
    })
  })
})

describe('assay drift', () => {
  test('says that there is none, then what there is, and prints both scripts', async () => {
    await withProject(files, async (directory) => {
      const database = await live.createDatabase('shop')
      const url = live.ownerUrl(database)
      const up = await assay([
        'migrate',
        'up',
        directory,
        '--url',
        url,
        '--steps',
        '1',
        '--allow',
        'untested,uncovered',
      ])
      expect(up).toMatchObject({ code: 0 })
      // What has not run yet is no drift, and neither is the journal.
      const same = await assay(['drift', directory, '--url', url])
      expect(same).toMatchObject({ code: 0, stderr: '' })
      expect(same.stdout).toMatch(
        /^✓ shop at\s[^]* against\s+what\s+1\s+migration\s+makes: no drift in \d+ structures\n/u,
      )
      expect(same.stdout).toContain('1 migration has not run')
      const password = new URL(url).password
      if (password !== '') expect(same.stdout).not.toContain(password)

      await runOn(
        database,
        'alter table products add column extra integer; create index by_price on products (price)',
      )
      const { code, findings, summary } = await assayJson(['drift', directory, '--url', url])
      expect(code).toBe(1)
      expect(findings.map((finding) => [finding.code, finding.structure])).toEqual([
        ['drift.added', 'products/column:extra'],
        ['drift.added', 'products/index:price'],
        ['drift.pending', undefined],
        ['drift.no-log', undefined],
      ])
      expect(summary).toMatchObject({
        takeIn: { tried: true },
        takeOut: { tried: true, loses: ['products.extra'] },
      })
      const sql = await assay(['drift', directory, '--url', url, '--sql'])
      expect(sql.stdout).toBe(`-- up.sql
-- Takes in what was changed by hand. The database that it comes from has it already: say so there, by the name
-- of this migration: assay migrate resolve NAME --as applied --url …

alter table "public"."products" add column "extra" integer;
create index "by_price" on "public"."products" using btree (price);

-- down.sql
-- Takes out what was changed by hand.
-- assay: loses products.extra because it was made by hand

set lock_timeout = '500ms';
drop index "public"."by_price";
alter table "public"."products" drop column "extra";
`)
      // They are the two files of a migration as they stand, and this database has it already.
      const [up2 = '', down2 = ''] = sql.stdout.slice('-- up.sql\n'.length).split('\n-- down.sql\n')
      mkdirSync(join(directory, 'migrations/0003_hand'))
      writeFileSync(join(directory, 'migrations/0003_hand/up.sql'), up2)
      writeFileSync(join(directory, 'migrations/0003_hand/down.sql'), down2)
      expect(await assay(['migrate', 'test', directory, '0003'])).toMatchObject({ code: 0 })
      const taken = ['migrate', 'resolve', '0003_hand', directory, '--as', 'applied', '--url', url]
      expect(await assay(taken)).toMatchObject({ code: 0 })
      const ended = await assayJson(['drift', directory, '--url', url])
      expect(ended.findings.map((finding) => finding.code)).not.toContain('drift.added')
    })
  })

  test('names what is missing', async () => {
    const log = await assay(['drift', '--log-sql'])
    expect(log).toMatchObject({ code: 0, stderr: '' })
    expect(log.stdout).toMatch(/^-- Keeps who changes the schema[^]*create event trigger[^]*commit;\n$/u)
    expect(await assayJson(['drift', '.'])).toMatchObject({ code: 2, findings: [{ code: 'usage.no-url' }] })
  })
})
