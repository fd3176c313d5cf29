import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AssayError, AssayErrors } from '../../ground/errors.ts'
import { loadParser } from '../../postgres/parse.ts'
import { listMigrations } from './migration-files.ts'
import { readCodeOrder } from './code-order.ts'
import { numberGaps } from './migration-number.ts'
import { readMigrations } from './read-migrations.ts'
import { stagesOf } from './steps.ts'

let directory = ''

beforeAll(loadParser)
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'assay-files-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

const faultsOf = (work: () => unknown): readonly AssayError[] => {
  try {
    work()
  } catch (cause) {
    if (cause instanceof AssayErrors) return cause.errors
    if (cause instanceof AssayError) return [cause]
    throw cause
  }
  return []
}

/** Name, kind, and both parts without the blanks that stand for the other one. */
const read = () =>
  readMigrations(directory).map(({ name, kind, up, down }) => [
    name,
    kind,
    up.text.trim(),
    down?.text.trim() ?? null,
  ])

describe('the histories of other tools', () => {
  const journal = (...tags: readonly string[]): string =>
    JSON.stringify({
      version: '7',
      dialect: 'postgresql',
      entries: tags.map((tag, idx) => ({ idx, tag, when: 1 })),
    })

  test('Drizzle runs what its journal lists, in that order', () => {
    write({
      '0001_b.sql': 'select 1;\n--> statement-breakpoint\nselect 2;',
      '0000_z.sql': 'select 0',
      'meta/_journal.json': journal('0001_b', '0000_z'),
      'meta/0000_snapshot.json': '{}',
    })
    expect(read().map(([name]) => name)).toEqual(['0001_b', '0000_z'])
  })

  test.each([
    ['migration.missing-file', { 'meta/_journal.json': journal('0000_a', '0001_gone') }],
    ['migration.not-listed', { 'meta/_journal.json': journal('0000_a'), '0001_stray.sql': 'select 1' }],
    ['migration.journal', { 'meta/_journal.json': '<<<<<<< ours\n{' }],
    ['migration.journal', { 'meta/_journal.json': '[]' }],
    [
      'migration.two-heads',
      {
        'meta/_journal.json': JSON.stringify({
          entries: [
            { idx: 0, tag: '0000_a' },
            { idx: 0, tag: '0000_b' },
          ],
        }),
        '0000_b.sql': '',
      },
    ],
  ])('Drizzle: %s', (code, files) => {
    write({ '0000_a.sql': 'select 1', ...files })
    expect(faultsOf(() => readMigrations(directory)).map((fault) => fault.code)).toEqual([code])
  })

  const alembic = (revision: string, down: string): string =>
    `"""what it does\n\nRevises: ${revision}\ndown_revision = 'old'\n"""\nfrom alembic import op\nrevision: str = '${revision}'\ndown_revision: Union[str, None] = ${down}  # then\ndef upgrade(): pass\n`
  const django = (...after: readonly string[]): string =>
    `from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [\n        ('auth', '0009_alter'),\n${after.map((name) => `        ("shop", "${name}"),\n`).join('')}    ]\n    operations = []\n`

  test('the order of Alembic and Django is read from their files', () => {
    write({
      'versions/z_first.py': alembic('aaa', 'None'),
      'versions/a_third.py': alembic('ccc', "('bbb1', 'bbb2')"),
      'versions/b2.py': alembic('bbb2', "'aaa'"),
      'versions/b1.py': alembic('bbb1', "'aaa'"),
      'shop/migrations/__init__.py': '',
      'shop/migrations/0001_initial.py': django(),
      'shop/migrations/0002_x.py': django('0001_initial'),
    })
    const order = readCodeOrder(directory)
    expect(order?.migrations.map(({ name }) => name)).toEqual(['aaa', 'bbb1', 'bbb2', 'ccc'])
    expect(order?.heads).toEqual(['ccc'])
    const shop = readCodeOrder(path.join(directory, 'shop/migrations'))
    expect(shop?.migrations.map(({ name }) => name)).toEqual(['0001_initial', '0002_x'])
    const [fault] = faultsOf(() => readMigrations(path.join(directory, 'versions')))
    expect(fault).toMatchObject({
      code: 'schema.migrations',
      found: '4 migrations of Alembic, the last one ccc',
    })
  })

  test.each([
    [
      'migration.two-heads',
      { 'a.py': alembic('a', 'None'), 'b.py': alembic('b', "'a'"), 'c.py': alembic('c', "'a'") },
    ],
    ['migration.missing-file', { 'b.py': alembic('b', "'a'") }],
    ['migration.circle', { 'a.py': alembic('a', "'b'"), 'b.py': alembic('b', "'a'") }],
  ])('Alembic: %s', (code, files) => {
    write(files)
    expect(faultsOf(() => readMigrations(directory)).map((fault) => fault.code)).toEqual([code])
  })

  test('Django: two heads of one app', () => {
    write({
      'shop/migrations/0001_initial.py': django(),
      'shop/migrations/0002_a.py': django('0001_initial'),
      'shop/migrations/0002_b.py': django('0001_initial'),
    })
    const faults = faultsOf(() => readMigrations(path.join(directory, 'shop/migrations')))
    expect(faults).toMatchObject([
      { code: 'migration.two-heads', message: 'Django has 2 heads: 0002_a, 0002_b.' },
    ])
  })
})

describe('the migrations of a directory', () => {
  test('directories, flat files with their undo, parts of one file, and repeatable ones last', () => {
    write({
      '0001_a/up.sql': 'select 1',
      '0001_a/down.sql': 'select -1',
      '0002_b.sql': 'select 2',
      '0002_b.down.sql': 'select -2',
      '0010_d.up.sql': 'select 10',
      '0010_d_down.sql': 'select -10',
      '0003_c.sql': '-- migrate:up\nselect 3;\n-- migrate:down\nselect -3;\n',
      'R__views.sql': 'create or replace view v as select 1',
      'repeatable/f.sql': 'create or replace function f() …',
      'README.md': 'no migration',
    })
    expect(read()).toEqual([
      ['0001_a', 'versioned', 'select 1', 'select -1'],
      ['0002_b', 'versioned', 'select 2', 'select -2'],
      ['0003_c', 'versioned', '-- migrate:up\nselect 3;', '-- migrate:down\nselect -3;'],
      ['0010_d', 'versioned', 'select 10', 'select -10'],
      ['R__views', 'repeatable', 'create or replace view v as select 1', null],
      ['repeatable/f', 'repeatable', 'create or replace function f() …', null],
    ])
    // What the proofs run stands in the same order.
    expect(listMigrations(directory).map((file) => path.relative(directory, file))).toEqual([
      '0001_a/up.sql',
      '0002_b.sql',
      '0003_c.sql',
      '0010_d.up.sql',
      'R__views.sql',
      'repeatable/f.sql',
    ])
    // Offsets of the second part are those of the file.
    expect(readMigrations(directory)[2]?.down?.text.indexOf('select -3')).toBe(40)
  })

  test('of Flyway: versions count as numbers, undo beside them, a baseline only where it is needed', () => {
    write({
      'V1__a.sql': 'select 1',
      'V1_1__b.sql': 'select 11',
      'V1_10__d.sql': 'select 110',
      'V1_2__c.sql': 'select 12',
      'V10__f.sql': 'select 10',
      'V2__e.sql': 'select 2',
      'U2__e.sql': 'select -2',
      'B2__all.sql': 'everything',
      'R__views.sql': 'views',
    })
    expect(read().map(([name, , , down]) => [name, down])).toEqual([
      ['V1__a', null],
      ['V1_1__b', null],
      ['V1_2__c', null],
      ['V1_10__d', null],
      ['V2__e', 'select -2'],
      ['V10__f', null],
      ['R__views', null],
    ])
    for (const gone of ['V1__a', 'V1_1__b', 'V1_10__d', 'V1_2__c', 'V2__e', 'U2__e'])
      rmSync(path.join(directory, `${gone}.sql`))
    expect(read().map(([name]) => name)).toEqual(['B2__all', 'V10__f', 'R__views'])
  })

  test('of Prisma and Drizzle', () => {
    write({
      '20240101000000_init/migration.sql': 'select 1',
      'migration_lock.toml': 'provider = "postgresql"',
    })
    expect(read()).toEqual([['20240101000000_init', 'versioned', 'select 1', null]])
    rmSync(path.join(directory, '20240101000000_init'), { recursive: true })
    write({
      '0000_quick_hulk.sql': 'create table a (x int);\n--> statement-breakpoint\ncreate table b (y int);',
      'meta/_journal.json': '{"entries":[{"idx":0,"when":1,"tag":"0000_quick_hulk"}]}',
    })
    expect(
      readMigrations(directory).flatMap(({ up }) => stagesOf(up).map(({ steps }) => steps.length)),
    ).toEqual([2])
  })

  test('hashes see every letter, and not the line ends of a checkout', () => {
    write({ '1_a.sql': 'select 1;\nselect 2;\n' })
    const [before] = readMigrations(directory)
    write({ '1_a.sql': 'select 1;\r\nselect 2;\r\n' })
    expect(readMigrations(directory)[0]?.hash).toBe(before?.hash)
    write({ '1_a.sql': 'select 1;\nselect  2;\n' })
    expect(readMigrations(directory)[0]?.hash).not.toBe(before?.hash)
  })

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['two heads', { '0002_a.sql': '', '0002_b/up.sql': '', '0001_c.sql': '' }, ['migration.two-heads']],
    ['two heads with other zeros', { '2_a.sql': '', '002_b.sql': '' }, ['migration.two-heads']],
    ['two on one day', { '20240101_a.sql': '', '20240101_b.sql': '' }, []],
    [
      'two in one second',
      { '20240101000000_a.sql': '', '20240101000000_b.sql': '' },
      ['migration.two-heads'],
    ],
    [
      'a file and a directory',
      { '1_a.sql': '', '1_a/up.sql': '' },
      ['migration.same-name', 'migration.two-heads'],
    ],
    ['an undo of nothing', { '1_a.sql': '', '2_b.down.sql': '' }, ['migration.stray-down']],
    ['a slip in a directive', { '1_a.sql': '-- assay: looses t.x\nselect 1' }, ['migration.directive']],
    [
      'several at once',
      { '1_a.sql': '-- assay: x', '2_b.sql': '-- assay: allow y' },
      ['migration.directive', 'migration.directive'],
    ],
    ['a directory without up.sql', { '1_a/x.sql': '' }, ['schema.migrations']],
    ['code of Alembic', { 'versions/1_a.py': "revision = 'a'\ndown_revision = None" }, ['schema.migrations']],
  ])('%s', (_, files, codes) => {
    write(files)
    expect(faultsOf(() => readMigrations(directory)).map(({ code }) => code)).toEqual(codes)
  })

  test.each([
    ['Rails', '20240101000000_a.rb', 'class A < ActiveRecord::Migration[7.1]\n  def change; end\nend'],
    [
      'TypeORM',
      '1700000000000-A.ts',
      'export class A implements MigrationInterface { async up(queryRunner: QueryRunner) {} }',
    ],
    ['Sequelize', '20240101-a.js', 'module.exports = { up: (queryInterface, Sequelize) => {} }'],
    [
      'Laravel',
      '2024_01_01_000000_a.php',
      '<?php\nuse Illuminate\\Database\\Migrations\\Migration;\nDB::statement();',
    ],
    ['Liquibase', 'changelog.yaml', 'databaseChangeLog:\n  - changeSet:'],
  ])('%s is known by its files', (tool, name, text) => {
    write({ [name]: text })
    expect(faultsOf(() => readMigrations(directory))[0]?.message).toContain(`are code of ${tool},`)
  })

  test('code of nobody who is known: no first SQL file is asked for', () => {
    write({ 'migrate.go': 'package main' })
    expect(faultsOf(() => readMigrations(directory))[0]).toMatchObject({
      found: expect.stringContaining('but migrate.go'),
      mend: expect.stringContaining("schema: { command: '…'"),
    })
  })

  test('code is told with who applies it', () => {
    write({ '0001_initial.py': 'class Migration(migrations.Migration):', '__init__.py': '' })
    expect(faultsOf(() => readMigrations(directory))[0]).toMatchObject({
      message: `The migrations in ${directory} are code of Django, and no SQL files.`,
      mend: "Let it make the schema, in assay.config.ts:\nschema: { command: 'python manage.py migrate', down: 'python manage.py migrate APP zero' }",
    })
  })
})

test.each<[readonly string[], readonly (readonly [string, string])[]]>([
  [['0001_a', '0002_b', '0003_c'], []],
  [['0001_a', '0002_b', '0005_c'], [['0003', '0004']]],
  [['0002_b', '0003_c'], [['0001', '0001']]],
  [['0000_a', '0001_b'], []],
  [['0010_a', '0020_b', '0040_c'], []],
  [['20240101000000_a', '20240301000000_b'], []],
  [['1_a', '3_b'], []],
])('numbers that are left out of %j', (names, missing) => {
  expect(numberGaps(names).map((gap) => gap.missing)).toEqual(missing)
})

test('what is expected of rows belongs to what was tested, and not to what ran', () => {
  write({ '0001_fill/up.sql': '-- assay: data\nupdate t set a = 1;', '0001_fill/down.sql': 'select 1;' })
  const read = () => readMigrations(directory)[0]!
  const without = read()
  expect(without.expectations).toBeUndefined()
  write({ '0001_fill/after.sql': 'select from t where a is null;\n' })
  const first = read()
  write({ '0001_fill/after.sql': 'select from t where a is null;\r\n' })
  expect(read()).toEqual(first)
  write({ '0001_fill/after.sql': 'select from t where a <> 1;\n' })
  const second = read()
  write({ '0001_fill/before.sql': 'select from t where a <> 1;\n' })
  expect(new Set([first, second, read()].map(({ expectations }) => expectations)).size).toBe(3)
  expect(second.hash).toBe(without.hash)
})
