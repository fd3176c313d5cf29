/** assay design: from red to green by the files that it writes, and never over a file that stands. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { changed, shop, withProject } from '../support/project.ts'

const migrationsOf = (directory: string): readonly string[] =>
  readdirSync(join(directory, 'migrations')).toSorted()

test('from an empty directory: designed, green, and then there is nothing more to design', async () => {
  await withProject(shop, async (directory) => {
    rmSync(join(directory, 'migrations'), { recursive: true })
    mkdirSync(join(directory, 'migrations'))
    const dry = await assayJson(['design', '--dry-run'], { cwd: directory })
    expect(migrationsOf(directory)).toEqual([])
    expect(dry).toMatchObject({ code: 0, artifacts: [], next: ['npx assay design'] })

    const ran = await assay(['design'], { cwd: directory })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toContain(
      '1 migration made 9 of 9 red rules green, seen on a copy: up, down and up again.',
    )
    expect(ran.stdout).toContain('  next npx assay prove\n')
    expect(migrationsOf(directory)).toEqual(['0001_products'])
    const up = readFileSync(join(directory, 'migrations/0001_products/up.sql'), 'utf8')
    expect(up).toContain('-- products/check:price_not_negative: ')
    // What --dry-run prints is what is written.
    expect((dry.summary as unknown as { migrations: { up: string }[] }).migrations[0]?.up).toBe(up)

    expect(await assay(['green'], { cwd: directory })).toMatchObject({ code: 0 })
    const again = await assay(['design'], { cwd: directory })
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(again.stdout).toContain('Nothing is red: there is nothing to design.')
    expect(migrationsOf(directory)).toEqual(['0001_products'])
  })
})

test('a broken constraint is replaced, and what no design can mend is told: exit 1', async () => {
  const files = changed(shop, {
    'migrations/0001_products.sql': [['price >= 0', 'price > 0']],
    'assay.config.ts': [
      [
        `  t.check('price_not_negative', 'price >= 0'),`,
        `  t.check('price_not_negative', 'price >= 0'),\n  t.rejects('no slug x', { slug: "'x'" }, '23514'),`,
      ],
    ],
  })
  await withProject(files, async (directory) => {
    const green = await assayJson(['green'], { cwd: directory })
    const fix = green.findings.find(({ rule }) => rule === 'products/check:price_not_negative')?.fix
    expect(fix).toContain('drop constraint "products_price_not_negative";\nalter table')
    const { code, findings, artifacts, summary } = await assayJson(['design', '--name', 'Free things'], {
      cwd: directory,
    })
    expect(code).toBe(1)
    expect(findings.map(({ code: one, rule }) => [one, rule])).toEqual([
      ['rule.red', expect.stringMatching(/^products\/rejects:/u)],
    ])
    expect(artifacts).toEqual(['migrations/0002_free_things/up.sql', 'migrations/0002_free_things/down.sql'])
    expect(summary).toMatchObject({
      green: ['products/check:price_not_negative'],
      migrations: [{ name: '0002_free_things', destroys: [] }],
    })
    const up = readFileSync(join(directory, 'migrations/0002_free_things/up.sql'), 'utf8')
    expect(up).toContain('-- assay: transaction none')
    expect(up).toContain('validate constraint "products_price_not_negative"')
    expect(existsSync(join(directory, 'ledger'))).toBe(false)
  })
})

test('a column with its rules is declared first: red, then designed, then green', async () => {
  const files = changed(shop, {
    'assay.config.ts': [
      [`price: 'numeric(10,2)' }`, `price: 'numeric(10,2)', stock: 'integer' }`],
      [
        `  t.check('price_not_negative', 'price >= 0'),`,
        `  t.check('price_not_negative', 'price >= 0'),\n  t.check('stock_not_negative', 'stock >= 0'),\n  t.unique('price', { where: 'stock > 0' }),\n  t.required('stock'),`,
      ],
    ],
  })
  await withProject(files, async (directory) => {
    const red = await assayJson(['red'], { cwd: directory })
    expect({ code: red.code, found: red.findings.map(({ code }) => code) }).toEqual({ code: 0, found: [] })
    const green = await assayJson(['green'], { cwd: directory })
    expect(green.findings.map(({ code, summary }) => [code, summary])).toEqual([
      ['column.missing', 'products: the table has no column stock, so 4 rules that name it are red'],
    ])
    const designed = await assayJson(['design'], { cwd: directory })
    expect({ code: designed.code, found: designed.findings.map(({ code }) => code) }).toEqual({
      code: 0,
      found: ['design.needs-backfill'],
    })
    expect(await assayJson(['migrate', 'test'], { cwd: directory })).toMatchObject({ summary: {} })
    expect(await assayJson(['prove'], { cwd: directory })).toMatchObject({ code: 0, findings: [] })
  })
})

test('a name in SQL that is declared nowhere is a slip, told at its place', async () => {
  const files = changed(shop, { 'assay.config.ts': [[`'price >= 0'`, `'price >= nought'`]] })
  await withProject(files, async (directory) => {
    const { code, findings } = await assayJson(['red'], { cwd: directory })
    expect({ code, found: findings.map((f) => f.code) }).toEqual({
      code: 2,
      found: ['architecture.missing-column'],
    })
  })
})
