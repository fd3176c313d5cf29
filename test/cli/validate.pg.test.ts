/** `assay validate` with a sweep and its pages, as a user runs it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { changed, shop, withProject } from '../support/project.ts'

const files = changed(shop, {
  'assay.config.ts': [
    [`import { architecture, defineConfig, table }`, `import { architecture, defineConfig, sql, table }`],
    [
      'export default defineConfig({',
      `const made = architecture('shop', { tables: { products } })
made.query('all products', ['products'], sql('select id from products order by price'), { budget: { never: [] } })
made.write('a price "rises"', ['products'], sql('update products set price = price + :step where id = :id', { step: 'numeric', id: 'bigint' }), { concurrency: 2, budget: { p95: '60s' } })

export default defineConfig({`,
    ],
    [`architecture: architecture('shop', { tables: { products } })`, 'architecture: made'],
  ],
})

const chart = /"sweeps":\[\{"table":"products","from":1000,"to":10000000000/u

test('measures writes as they are declared, at 80 columns, and says so in its pages', async () => {
  await withProject(files, async (directory) => {
    const pages = join(directory, 'pages')
    const ran = await assay(['validate', directory, '--only', 'writes', '--report', pages])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toContain('Writes\n  a price "rises", on 2,000 rows of products\n    ✓ one call: ')
    expect(ran.stdout).toContain('✓ 2 writers at once, each with a row of its own: median ')
    expect(ran.stdout).toContain('Every write stays within its budget.')
    const data = readFileSync(join(pages, 'data/a0-t0.js'), 'utf8')
    expect(data).toMatch(/"times":\[\{"call":"one call","median":[\d.]+,"p95":[\d.]+,"target":60000,/u)
  })
})

test('an id that is not there is told before a server is started, with those that are', async () => {
  await withProject(files, async (directory) => {
    const ran = await assay(['validate', directory, '--only', 'writes/a price "rises', '--json'])
    expect(ran.code).toBe(2)
    expect(JSON.parse(ran.stdout)).toMatchObject({
      findings: [{ code: 'usage.unknown-id', fix: 'Name one of these, or a table; or leave --only out.' }],
    })
    expect(ran.stdout).toContain('Did you mean')
  })
})

test('a proof whose pages are asked for draws at which size a plan changes', async () => {
  await withProject(files, async (directory) => {
    const pages = join(directory, 'pages')
    await assay(['prove', directory, '--only', 'queries', '--report', pages])
    expect(readFileSync(join(pages, 'data/a0-t0.js'), 'utf8')).toMatch(chart)
  })
})

test('sweeps every query, and writes pages that show its plans', async () => {
  await withProject(files, async (directory) => {
    const pages = join(directory, 'pages')
    const ran = await assayJson(['validate', directory, '--sweep', '--report', pages])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const { queries } = ran.summary as unknown as {
      queries: readonly { sweeps: readonly { table: string; flips: readonly unknown[] }[] }[]
    }
    expect(queries.map(({ sweeps }) => sweeps.map(({ table }) => table))).toEqual([['products']])
    expect(queries[0]!.sweeps[0]!.flips.length).toBeGreaterThan(0)
    expect(ran.artifacts).toContain(join(pages, 'index.html'))
    for (const file of ['plan.html', 'plan.js', 'plan.css']) expect(existsSync(join(pages, file))).toBe(true)
    expect(readFileSync(join(pages, 'data/a0-p0.js'), 'utf8')).toContain('all products')
    writeFileSync(join(directory, 'pages/mine.txt'), 'kept')
    const refused = await assay(['validate', directory, '--report', pages])
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('mine.txt') as string])
    expect(readFileSync(join(pages, 'mine.txt'), 'utf8')).toBe('kept')
  })
})
