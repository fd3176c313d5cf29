/** `--only`: a part is proven as it is in the whole, the rest is not reported, and an unknown id is no success. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assay, withCommerce } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { shop, withProject, type ProjectFiles } from '../support/project.ts'

describe('a part', () => {
  test('a structure alone is mutated under the rules that claim it', async () => {
    await withProject(shop, async (directory) => {
      const id = 'products/check:products_price_not_negative'
      const { code, findings, summary } = await assayJson(['mutate', directory, '--only', id])
      expect({ code, findings }).toEqual({ code: 0, findings: [] })
      expect(summary).toMatchObject({ rules: 0, structures: 1, mutants: { survived: 0, unsolved: 0 } })
      expect(summary.mutants!.killed).toBeGreaterThan(3)
    })
  })

  test('one table of several: its structures come to the same verdicts as in the whole', async () => {
    await withCommerce(async (directory) => {
      const { code, findings, summary } = await assayJson([
        'prove',
        directory,
        '--only',
        'inventory',
        'tenants',
      ])
      expect({ code, findings }).toEqual({ code: 0, findings: [] })
      expect(summary.mutants).toMatchObject({ survived: 0, unsolved: 0 })
      expect(summary.red).toBe(summary.rules)
    })
  })

  test('what else is unproven is not reported, and the ledger is not written', async () => {
    const files: ProjectFiles = {
      ...shop,
      'migrations/0002.sql': 'create index by_price on products (price); create table other ();',
    }
    await withProject(files, async (directory) => {
      const part = await assayJson(['prove', directory, '--only', 'products/unique'])
      expect(part).toMatchObject({ code: 0, findings: [], artifacts: [], summary: { rules: 1, unproven: 0 } })
      expect(existsSync(join(directory, 'ledger'))).toBe(false)
      const table = await assayJson(['green', directory, '--only', 'products'])
      expect(table.findings.map((f) => f.structure)).toEqual(['products/index:price'])
      const whole = await assayJson(['green', directory])
      expect(whole.findings.map((f) => f.structure)).toEqual(['other/table', 'products/index:price'])
      const ran = await assay(['prove', '--only', 'products/unique'], { cwd: directory })
      expect(ran.stdout).toContain('stays as it is: --only looks at a part\n')
      expect(ran.stdout).toContain('\nWhat --only names is proven.\n')
    })
  })
})

describe('an id that nothing has: exit 2', () => {
  test('each, with the nearest ones', async () => {
    await withProject(shop, async (directory) => {
      const ids = ['products/chek:price_not_negative', 'price', 'products/unique:slug']
      const { code, findings } = await assayJson(['prove', directory, '--only', ...ids])
      expect(code).toBe(2)
      expect(findings.map((f) => [f.code, f.summary, f.fix.split('\n')[1]])).toEqual([
        [
          'usage.unknown-id',
          'Nothing has the id products/chek:price_not_negative.',
          'products/check:price_not_negative',
        ],
        ['usage.unknown-id', 'Nothing has the id price.', 'products/type:price'],
      ])
    })
  })

  test('the directory after --only: the right order', async () => {
    await withProject(shop, async (directory) => {
      for (const cwd of [directory, '/']) {
        const { code, findings } = await assayJson(['green', '--only', 'products', directory], { cwd })
        expect({ code, found: findings.map((f) => f.code) }).toEqual({
          code: 2,
          found: ['usage.directory-after-option'],
        })
        expect(findings[0]!.fix).toContain(`npx assay green ${directory} --only products`)
      }
    })
  })
})

const two = `import { architecture, defineConfig, table } from 'assay'

const columns = { id: 'bigint', note: 'text' } as const
const a = table('a', columns, (t) => [t.identity('id'), t.primaryKey('id')])
const b = table('b', columns, (t) => [t.identity('id'), t.primaryKey('id'), t.required('note')])

export default defineConfig({
  architectures: [
    { architecture: architecture('one', { tables: { a } }), schema: { migrations: 'one' } },
    { architecture: architecture('two', { tables: { b } }), schema: { migrations: 'two' } },
  ],
})
`
const tableSql = (name: string): string =>
  `create table ${name} (id bigint generated always as identity primary key, note text);`

describe('several architectures in one configuration', () => {
  const files: ProjectFiles = {
    'assay.config.ts': two,
    'one/0001.sql': tableSql('a'),
    'two/0001.sql': tableSql('b'),
  }

  test('each is proven and told by name; the sums stand on top; only what is true gets a ledger', async () => {
    await withProject(files, async (directory) => {
      const { code, findings, summary, artifacts } = await assayJson(['prove'], { cwd: directory })
      expect(code).toBe(1)
      expect(findings.map((f) => f.summary)).toHaveLength(1)
      expect(findings[0]).toMatchObject({ architecture: 'two', rule: 'b/required:note', code: 'rule.red' })
      expect(findings[0]!.fix).toContain('alter table "public"."b" alter column "note" set not null;')
      expect(summary).toMatchObject({
        tables: 2,
        green: summary.rules - 1,
        architectures: { one: { tables: 1 }, two: { tables: 1 } },
      })
      expect(artifacts).toEqual(['ledger/one/database.txt', 'ledger/one/head.txt', 'ledger/one/tables/a.txt'])
      const ran = await assay(['green'], { cwd: directory })
      expect(ran.stdout).toMatch(/^one on PostgreSQL 18\n[^]*\n\ntwo on PostgreSQL 18\n/u)
    })
  })

  test('a part of one is looked for in that one alone', async () => {
    await withProject(files, async (directory) => {
      const { code, summary } = await assayJson(['green', '--only', 'a'], { cwd: directory })
      expect({ code, tables: summary.tables, several: summary.architectures }).toEqual({
        code: 0,
        tables: 1,
        several: undefined,
      })
    })
  })

  test('a migration that fails in the second is told before the first is proven', async () => {
    await withProject({ ...files, 'two/0002.sql': 'create table b ();' }, async (directory) => {
      const { code, findings } = await assayJson(['prove'], { cwd: directory })
      expect({ code, found: findings.map((f) => f.code) }).toEqual({ code: 3, found: ['schema.statement'] })
      expect(existsSync(join(directory, 'ledger'))).toBe(false)
    })
  })

  test('an architecture without tables: no success, because nothing was looked at', async () => {
    const empty = `import { architecture, defineConfig } from 'assay'
export default defineConfig({ architecture: architecture('empty', { tables: {} }), schema: { migrations: 'one' } })
`
    await withProject({ 'assay.config.ts': empty, 'one/.gitkeep': '' }, async (directory) => {
      const { code, findings } = await assayJson(['prove'], { cwd: directory })
      expect({ code, found: findings.map((f) => f.code) }).toEqual({ code: 1, found: ['architecture.empty'] })
      expect(existsSync(join(directory, 'ledger'))).toBe(false)
    })
  })
})
