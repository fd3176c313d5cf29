/** The command line of export: forms, files, what is left out, several databases. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { readEnvelope } from '../support/envelope.ts'
import { changed, shop, withProject } from '../support/project.ts'

interface Summary {
  readonly architectures: readonly {
    readonly architecture: string
    readonly postgres: number
    readonly experiments: number
    readonly skipped: readonly { readonly title: string; readonly reason: string }[]
    readonly script?: string
  }[]
}

const exportJson = async (
  args: readonly string[],
  cwd: string,
): Promise<{ readonly summary: Summary; readonly artifacts: readonly string[] }> => {
  const { summary, artifacts, ok } = readEnvelope(await assay(['export', ...args, '--json'], { cwd }))
  expect(ok).toBe(true)
  return { summary: summary as unknown as Summary, artifacts }
}

const lines = (text: string, start: string): number =>
  text.split('\n').filter((line) => line.startsWith(start)).length

describe('export', () => {
  test('writes a script on stdout, a part of it with --only, and the same bytes each time', async () => {
    await withProject(shop, async (directory) => {
      const whole = await assay(['export', '--sql'], { cwd: directory })
      expect(whole).toMatchObject({ code: 0, stderr: '' })
      expect(whole.stdout).toContain(
        '-- products/check:price_not_negative#2: price -0.01 is refused'.slice(3),
      )
      const again = await assay(['export', '--sql'], { cwd: directory })
      expect(again.stdout).toBe(whole.stdout)
      const part = await assay(['export', '.', '--pgtap', '--only', 'products/check'], { cwd: directory })
      const planned = Number(/^select plan\((\d+)\);$/mu.exec(part.stdout)?.[1])
      expect(planned).toBeGreaterThan(2)
      expect(lines(part.stdout, 'select is(')).toBe(planned)
      expect(part.stdout).not.toContain('products/unique')
    })
  })

  test('writes a file in a new directory, and tells agents what was left out and why', async () => {
    const special = {
      ...changed(shop, {
        'assay.config.ts': [
          [
            "t.unique('slug'),",
            `t.unique('slug'),
  t.proves('anything at all', async () => {}),
  t.holds('at most two products', 'select 1 from products having count(*) > 2'),
  t.indexed('price'),
  t.required('gone'),`,
          ],
          ["price: 'numeric(10,2)' }", "price: 'numeric(10,2)', gone: 'text' }"],
        ],
      }),
      'migrations/0002_index.sql': 'create index on products (price);\n',
    }
    await withProject(special, async (directory) => {
      const { summary, artifacts } = await exportJson(['--pgtap', '--out', 'a/b/tests.sql'], directory)
      expect(artifacts).toEqual(['a/b/tests.sql'])
      const [told] = summary.architectures
      expect(told).toMatchObject({ architecture: 'shop', postgres: 18 })
      expect(told).not.toHaveProperty('script')
      const reasons = new Set(told?.skipped.map(({ reason }) => reason))
      expect([...reasons].toSorted()).toEqual([
        'it asks for a plan, on thousands of rows that Assay loads',
        'it takes two sessions at once',
        'its rule is a function of TypeScript, which Assay runs',
        'there is no column gone',
      ])
      const text = readFileSync(join(directory, 'a/b/tests.sql'), 'utf8')
      expect(lines(text, 'select skip(')).toBe(told?.skipped.length)
      expect(text).toContain(`select plan(${(told?.experiments ?? 0) + (told?.skipped.length ?? 0)});`)
      for (const { reason } of told?.skipped ?? []) expect(text).toContain(reason)
    })
  })

  test('writes a file per database when there are several', async () => {
    const several = changed(shop, {
      'assay.config.ts': [
        [
          `  architecture: architecture('shop', { tables: { products } }),
  schema: { migrations: 'migrations' },`,
          `  architectures: ['shop', 'a/b'].map((name) => ({
    architecture: architecture(name, { tables: { products } }),
    schema: { migrations: 'migrations' },
    ledger: \`ledger-\${name.length}\`,
  })),`,
        ],
      ],
    })
    await withProject(several, async (directory) => {
      const without = await assay(['export', '--sql'], { cwd: directory })
      expect(without).toMatchObject({ code: 2, stdout: '' })
      expect(without.stderr).toContain('npx assay export . --sql --out experiments.sql')
      const { artifacts } = await exportJson(['--sql', '--out', 'x/all.sql'], directory)
      expect(artifacts).toEqual(['x/all.shop.sql', 'x/all.a%2Fb.sql'])
      expect(readFileSync(join(directory, 'x/all.a%2Fb.sql'), 'utf8')).toContain('-- a/b: ')
    })
  })
})
