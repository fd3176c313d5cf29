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

export default defineConfig({`,
    ],
    [`architecture: architecture('shop', { tables: { products } })`, 'architecture: made'],
  ],
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
