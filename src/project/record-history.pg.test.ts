/** Histories that are code of other tools, run by those tools and recorded from what they sent. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import {
  alembicFiles,
  djangoFiles,
  knexFiles,
  linkModules,
  whyNoAlembic,
  whyNoDjango,
} from '../../test/support/code-histories.ts'
import { changed, withProject, type ProjectFiles } from '../../test/support/project.ts'
import { scriptOf, type Direction } from '../migrate/files/migration.ts'
import { loadProject } from './config.ts'
import { lintProject } from './lint-project.ts'
import { recordHistory, type RecordedHistory, type RecordedMigration } from './record-history.ts'
import { testMigrations } from './test-migrations.ts'

const recordIn = async (directory: string): Promise<RecordedHistory | null> => {
  const [part] = (await loadProject(directory)).architectures
  return part === undefined ? null : recordHistory(part, 'both', {})
}

/** Without the two comments at its head. */
const sqlOf = (migration: RecordedMigration | undefined, direction: Direction): string | undefined =>
  migration &&
  scriptOf(migration, direction)
    ?.text.replaceAll(/^-- (?:Recorded|Its source).*\n/gmu, '')
    .trim()

const codes = (findings: readonly { readonly code: string }[]): readonly string[] =>
  findings.map(({ code }) => code)

const refusedAsTwoHeads = (files: ProjectFiles, message: string, mend: string): Promise<void> =>
  withProject(files, async (directory) => {
    const refused = await lintProject({ directory, files: [], since: null }).catch((cause: unknown) => cause)
    expect(refused).toMatchObject({
      code: 'migration.two-heads',
      message,
      mend: expect.stringContaining(mend) as string,
      next: [expect.stringContaining('git log --all') as string],
    })
  })

it.skipIf(whyNoAlembic !== '')(`Alembic: two heads are told by their names ${whyNoAlembic}`, () =>
  refusedAsTwoHeads(
    {
      ...alembicFiles,
      'db/versions/other.py': "revision = 'other4'\ndown_revision = 'mmm2'\ndef upgrade(): pass\n",
    },
    'Alembic has 2 heads: aaa3, other4.',
    'alembic merge',
  ),
)

it.skipIf(whyNoDjango !== '')(`Django: two last migrations are told by their names ${whyNoDjango}`, () =>
  refusedAsTwoHeads(
    {
      ...djangoFiles,
      'shop/migrations/0002_other.py': `from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [('shop', '0001_initial')]
    operations = []
`,
    },
    'Django has 2 heads: 0002_made, 0002_other.',
    'makemigrations --merge',
  ),
)

it.skipIf(whyNoAlembic !== '')(
  `Alembic: each revision with its transactions, there and back ${whyNoAlembic}`,
  () =>
    withProject(alembicFiles, async (directory) => {
      const recorded = await recordIn(directory)
      const [items, keys, index] = recorded?.migrations ?? []
      expect(
        recorded?.migrations.map(({ name, source }) => [name, source && path.relative(directory, source)]),
      ).toEqual([
        ['zz_items', 'db/versions/zz_items.py'],
        ['mm_keys', 'db/versions/mm_keys.py'],
        ['aa_index', 'db/versions/aa_index.py'],
      ])
      expect(sqlOf(items, 'up')).toMatch(
        /^-- assay: allow lint\.small-key because there are few\n\nCREATE TABLE items \(/u,
      )
      expect(items?.directives.allows).toMatchObject([{ code: 'lint.small-key' }])
      expect(sqlOf(keys, 'up')).toBe(`ALTER TABLE items ALTER COLUMN name SET NOT NULL;
ALTER TABLE "Odd ""n""; é" ADD CONSTRAINT odd_item FOREIGN KEY(item) REFERENCES items (id);`)
      expect(sqlOf(keys, 'down')).toBe(`ALTER TABLE "Odd ""n""; é" DROP CONSTRAINT odd_item;
ALTER TABLE items ALTER COLUMN name DROP NOT NULL;`)
      expect(sqlOf(index, 'up')).toBe(`-- assay: transaction none

begin;
-- assay: rerunnable
revoke select on items from public;
commit;
CREATE INDEX CONCURRENTLY odd_by_item ON "Odd ""n""; é" (item);`)
      expect(sqlOf(index, 'down')).toBe(`-- assay: transaction none

DROP INDEX CONCURRENTLY odd_by_item;`)
      expect(recorded?.findings.map(({ code, summary }) => [code, summary])).toEqual([
        ['history.reads-rows', 'aa_index reads rows of items in its code'],
        [
          'history.runs-again',
          'aa_index does not run in one transaction: broken off half way, Alembic runs it again from its first statement',
        ],
      ])
    }),
)

it.skipIf(whyNoDjango !== '')(
  `Django: with those of its packages, which run and are nobody's here ${whyNoDjango}`,
  () =>
    withProject(djangoFiles, async (directory) => {
      const recorded = await recordIn(directory)
      expect(recorded?.migrations.map(({ name, source }) => [name, source !== null])).toEqual([
        ['contenttypes.0001_initial', false],
        ['contenttypes.0002_remove_content_type_name', false],
        ['shop.0001_initial', true],
        ['shop.0002_made', true],
      ])
      const [, , initial, made] = recorded?.migrations ?? []
      // What Django puts off to the end of the migration is part of it.
      expect(sqlOf(initial, 'up')).toMatch(
        /^CREATE TABLE "items"[^]*DEFERRABLE INITIALLY DEFERRED;\nCREATE INDEX [^\n]*$/u,
      )
      expect(sqlOf(initial, 'down')).toBe('DROP TABLE "Odd n; é" CASCADE;\nDROP TABLE "items" CASCADE;')
      expect(sqlOf(made, 'down')).toBe('ALTER TABLE "items" DROP COLUMN "made" CASCADE;')
      expect(codes(recorded?.findings ?? [])).toEqual(['history.reads-rows', 'history.behind-last'])
      // Its default is the time of the run: what it is known by is its file.
      const before = made?.hash
      expect(sqlOf(made, 'up')).toMatch(/DEFAULT '20\d\d-/u)
      expect(before).not.toBe(made?.up.hash)
    }),
)

const knex: ProjectFiles = changed(knexFiles, {
  'migrations/20240103_index.js': [['exports.config', '// assay: down rerunnable\nexports.config']],
})

it('Knex: linted by the names of its files, and tested up, down and up again', () =>
  withProject(knex, async (directory) => {
    linkModules(directory)
    const file = (name: string): string => path.join(directory, name)
    const linted = await lintProject({
      directory,
      files: [file('migrations/20240101_items.js')],
      since: null,
    })
    expect(linted.migrations.map((one) => path.relative(directory, one.file))).toEqual([
      '.assay/recorded/shop/20240101_items.sql',
    ])
    expect(linted.known).toBe(3)
    expect([...linted.sources.values()].map((source) => path.basename(source))).toContain('20240101_items.js')
    expect(codes(linted.findings)).toContain('lint.unindexed-foreign-key')
    expect(readFileSync(file('.assay/recorded/.gitignore'), 'utf8')).toBe('*\n')
    await expect(lintProject({ directory, files: [file('knexfile.js')], since: null })).rejects.toMatchObject(
      {
        code: 'lint.not-a-migration',
        exit: 2,
      },
    )

    const tested = await testMigrations({ directory, names: ['20240102_rows', '20240103_index'], all: false })
    const [first] = tested.architectures
    expect(
      first?.tests.map(({ name, passed, direction, findings }) => [name, passed, direction, codes(findings)]),
    ).toEqual([
      ['20240102_rows', true, 'both', []],
      ['20240103_index', true, 'both', []],
    ])
    expect(codes(first?.problems ?? [])).toEqual(['history.runs-again'])
    // A transaction inside of one is a savepoint: what it took back was never sent.
    expect(readFileSync(file('.assay/recorded/shop/20240102_rows.sql'), 'utf8')).toMatch(
      /\n\ninsert into "notes" \("id", "name"\) values \('-1', E'it''s; \\\\ \$1'\), \('-2', 'x'\);\n$/u,
    )
    expect(readFileSync(file('ledger/migrations.txt'), 'utf8')).toMatch(
      /^migration 20240103_index\n {2}hash /mu,
    )
  }))
