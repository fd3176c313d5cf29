/** A project whose direction is 'forward': design, migrate test and migrate compensate as a user runs them. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { shop, withProject, type ProjectFiles } from '../support/project.ts'

const config = shop['assay.config.ts'] ?? ''

const files: ProjectFiles = {
  ...shop,
  'assay.config.ts': config.replace(/schema:/u, "direction: 'forward', schema:"),
  'migrations/0002_note/up.sql': "alter table products add column note text not null default 'none';\n",
}

describe("direction: 'forward'", () => {
  test('what has no down is tested with the migration that takes it back, and this is written when it is asked for', async () => {
    await withProject(files, async (directory) => {
      const tested = await assay(['migrate', 'test', directory, '0002'])
      expect(tested.stdout).toMatch(/✓ 0002_note: up, forward only over 203 rows in 1 table, \d+ stops\n/u)
      expect(tested).toMatchObject({ code: 0, stderr: '' })

      const written = await assay(['migrate', 'compensate', directory])
      expect(written.stdout).toMatch(
        /0003_takes_back_0002_note takes 0002_note back\n {2}✗ loses products\/column:note/u,
      )
      expect(written.code).toBe(0)
      const text = readFileSync(join(directory, 'migrations/0003_takes_back_0002_note/up.sql'), 'utf8')
      expect(text).toMatch(/alter table "public"\."products" drop column "note";\n$/u)
      expect(readdirSync(join(directory, 'migrations/0003_takes_back_0002_note'))).toEqual(['up.sql'])

      const pair = await assayJson(['migrate', 'test', directory, '0003'])
      expect(pair).toMatchObject({ code: 0, findings: [] })
      writeFileSync(
        join(directory, 'migrations/0003_takes_back_0002_note/up.sql'),
        text.replace('drop column "note"', 'alter column note drop default'),
      )
      const broken = await assayJson(['migrate', 'test', directory, '0003'])
      expect(broken.findings.map(({ code }) => code)).toEqual(['migrate.compensation-differs'])
    })
  })

  test('a loss that nobody states is told at the migration that has it, and refuses what would take it back', async () => {
    const loses = { ...files, 'migrations/0002_note/up.sql': 'alter table products drop column slug;\n' }
    await withProject(loses, async (directory) => {
      const tested = await assayJson(['migrate', 'test', directory, '0002'])
      expect(tested.code).toBe(1)
      expect(tested.findings.map(({ code }) => code)).toContain('migrate.not-compensated')
      expect(tested.findings[0]!.where!.file).toMatch(/0002_note\/up\.sql$/u)
      const refused = await assayJson(['migrate', 'compensate', directory])
      expect(refused.code).toBe(1)
      expect(existsSync(join(directory, 'migrations/0003_takes_back_0002_note'))).toBe(false)
    })
  })

  test('design writes no down.sql', async () => {
    await withProject(
      {
        ...files,
        'migrations/0001_products.sql': 'select 1;\n',
        'migrations/0002_note/up.sql': 'select 1;\n',
      },
      async (directory) => {
        const designed = await assay(['design', directory])
        expect(designed.stdout).toMatch(/up \d+ lines, forward only, written/u)
        const [made = ''] = readdirSync(join(directory, 'migrations')).filter((name) =>
          name.startsWith('0003_'),
        )
        expect(readdirSync(join(directory, 'migrations', made))).toEqual(['up.sql'])
      },
    )
  })
})
