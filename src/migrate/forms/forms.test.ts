import path from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { withProject, writeProject, type ProjectFiles } from '../../../test/support/project.ts'
import { loadParser } from '../../postgres/parse.ts'
import { codeHistoryOf } from '../files/tool-history.ts'
import { listMigrations } from '../files/migration-files.ts'
import { readMigrations } from '../files/read-migrations.ts'
import type { HistoryForm, NewFile } from './form.ts'
import { formOfSql, formsBelow } from './kinds.ts'

beforeAll(() => loadParser())

const staged = {
  up: `-- Makes green:\n-- assay: compensates 0001 a\n-- assay: transaction none\n\nset lock_timeout = '3s';\ncreate index concurrently "i ?" on t (a);\n`,
  down: `-- assay: loses t.a because it does\n\ndrop index "i ?";\n`,
}

const next = (form: HistoryForm, standing: readonly string[]): readonly NewFile[] =>
  form.filesOf([0, 1].map((n) => ({ name: `${form.prefix(standing, n)}words`, ...staged })))

const namesOf = (files: readonly NewFile[], directory: string): readonly string[] =>
  files.map(({ file }) => path.relative(directory, file))

interface Case {
  readonly tool: string | null
  readonly files: ProjectFiles
  readonly standing: readonly string[]
  readonly isOne: boolean
  readonly names: RegExp
}

const journal = JSON.stringify({
  entries: [{ idx: 0, version: '7', when: 9e12, tag: '0000_a', breakpoints: true }],
})

const cases: readonly Case[] = [
  {
    tool: null,
    files: { 'm/0007_a.sql': 'select 1' },
    standing: ['0007_a.sql'],
    isOne: false,
    names: /^0008_words\/up\.sql 0008_words\/down\.sql 0009_/u,
  },
  {
    tool: 'Prisma',
    files: { 'm/20240101120000_a/migration.sql': 'select 1', 'm/migration_lock.toml': '' },
    standing: ['99990101120000_a'],
    isOne: true,
    names: /^99990101120001_words\/migration\.sql 99990101120001_words\/down\.sql 99990101120002_/u,
  },
  {
    tool: 'Drizzle',
    files: { 'm/0000_a.sql': 'select 1', 'm/meta/_journal.json': journal },
    standing: ['0000_a.sql', 'meta'],
    isOne: true,
    names:
      /^0001_words\.sql 0001_words\.down\.sql 0002_words\.sql 0002_words\.down\.sql meta\/_journal\.json$/u,
  },
  {
    tool: 'Flyway',
    files: { 'm/V1__a.sql': 'select 1', 'm/V1_10__b.sql': 'select 1' },
    standing: ['V1__a.sql', 'V1_10__b.sql', 'R__v.sql'],
    isOne: false,
    names: /^V2__words\.sql V2__words\.sql\.conf U2__words\.sql V3__words\.sql/u,
  },
  {
    tool: 'Supabase',
    files: { 'supabase/migrations/20240101120000_a.sql': 'select 1' },
    standing: ['20240101120000_a.sql'],
    isOne: true,
    names: /^20\d{12}_words\.sql 20\d{12}_words\.sql$/u,
  },
  {
    tool: 'goose',
    files: { 'm/00001_a.sql': '-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;\n' },
    standing: ['00001_a.sql'],
    isOne: true,
    names: /^00002_words\.sql 00003_words\.sql$/u,
  },
]

it.each(cases)(
  'the next SQL migration of $tool is one that it reads',
  ({ tool, files, standing, isOne, names }) =>
    withProject(files, async (root) => {
      const directory = path.join(root, tool === 'Supabase' ? 'supabase/migrations' : 'm')
      const form = formOfSql(directory)
      expect([form.tool, form.isOneTransaction]).toEqual([tool, isOne])
      const written = next(form, standing)
      expect(namesOf(written, directory).join(' ')).toMatch(names)
      writeProject(
        directory,
        Object.fromEntries(written.map((one) => [path.relative(directory, one.file), one.text])),
      )
      const before = Object.keys(files).filter((file) => file.endsWith('.sql')).length
      expect(listMigrations(directory)).toHaveLength(before + 2)
      const last = readMigrations(directory).at(-1)
      expect(last?.up.isTransactionNone).toBe(true)
      expect(last?.directives.compensates).toBe('0001 a')
      expect(last?.down !== null || last.directives.forward !== null).toBe(true)
    }),
)

it('Drizzle runs what is younger than what ran: its journal grows in number and in time', () =>
  withProject({ 'm/0000_a.sql': 'select 1', 'm/meta/_journal.json': journal }, async (root) => {
    const written = next(formOfSql(path.join(root, 'm')), ['0000_a.sql'])
    const { entries } = JSON.parse(written.at(-1)?.text ?? '') as {
      entries: readonly { idx: number; when: number }[]
    }
    expect(entries.map(({ idx, when }) => [idx, when])).toEqual([
      [0, 9e12],
      [1, 9e12 + 1],
      [2, 9e12 + 2],
    ])
    expect(written[0]?.text).toContain(`set lock_timeout = '3s';\n--> statement-breakpoint\ncreate index`)
  }))

const revision = (name: string, before: string): string => `revision = '${name}'\ndown_revision = ${before}\n`

it('code: behind the one head, statement by statement, with what its comments say', () =>
  withProject(
    {
      'py/db/versions/x_a.py': revision('aa', 'None'),
      'py/db/versions/a_b.py': revision('bb', "'aa'"),
      'dj/shop/migrations/__init__.py': '',
      'dj/shop/migrations/0001_a.py': 'class Migration(migrations.Migration):\n    dependencies = []\n',
      'kn/migrations/20240101_a.ts':
        'import type { Knex } from "knex"\nexport const up = (knex: Knex) => 1\n',
      'to/src/m/1700000000000-A.js': 'module.exports = class A { async up(queryRunner) {} }',
      'se/migrations/20240101-a.js': 'module.exports = { async up(queryInterface) {} }',
      'se/node_modules/x/migrations/20240101-a.js': 'module.exports = { async up(queryInterface) {} }',
    },
    async (root) => {
      const only = (command: string): HistoryForm => {
        const found = formsBelow(root, command)
        expect(found).toHaveLength(1)
        expect(codeHistoryOf(found[0]!.directory)?.tool).toBe(found[0]!.tool)
        return found[0]!
      }
      const [alembic, second] = next(only('alembic upgrade head'), [])
      expect(alembic?.text).toContain('down_revision = "bb"')
      expect(alembic?.text).toContain('# assay: down loses t.a because it does')
      expect(alembic?.text).toContain(`autocommit_block():\n        op.execute("set lock_timeout = '3s'")`)
      const own = /^revision = "(?<id>\w+)"$/mu.exec(alembic?.text ?? '')?.groups?.['id']
      expect(second?.text).toContain(`down_revision = "${own}"`)
      const [django] = next(only('python manage.py migrate'), ['0001_a.py', '__init__.py'])
      expect(django?.file.endsWith('shop/migrations/0002_words.py')).toBe(true)
      expect(django?.text).toContain('atomic = False\n\n    dependencies = [("shop", "0001_a")]')
      expect(django?.text).toContain('reverse_sql=[\n                "begin",')
      const [knex] = next(only('npx knex migrate:latest'), ['20240101_a.ts'])
      expect(knex?.text).toContain('export const up = async (knex: Knex): Promise<void> => {')
      expect(knex?.text).toContain('await connection.query(`create index concurrently "i ?" on t (a)`)')
      expect(only('npx typeorm migration:run').isOneTransaction).toBe(true)
      const [sequelize] = next(only('npx sequelize-cli db:migrate'), ['20240101-a.js'])
      expect(sequelize?.text).toContain('sequelize.transaction(async (transaction) => {')
      // A command that names none of them may run any.
      expect(formsBelow(root, 'make migrate').length).toBe(5)
    },
  ))
