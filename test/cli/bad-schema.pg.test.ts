/** Migrations and declarations that do not fit PostgreSQL or each other: each told once, in the user's file, with its mend. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson, expectNoStackTrace } from '../support/envelope.ts'
import { changed, shop, withProject } from '../support/project.ts'

const first = 'migrations/0001_products.sql'

describe('a migration that PostgreSQL refuses: exit 3', () => {
  test('a CHECK with a syntax error: file, line, caret, which statement', async () => {
    const files = changed(shop, { [first]: [['(price >= 0)', '(price >= = and 0)']] })
    await withProject(files, async (directory) => {
      const ran = await assay(['prove'], { cwd: directory })
      expect(ran).toMatchObject({ code: 3, stdout: '' })
      expect(ran.stderr).toBe(
        [
          '✗ PostgreSQL refused statement 1 of 1 in migrations/0001_products.sql.',
          '    where migrations/0001_products.sql:4:87',
          '            price numeric(10,2) not null constraint products_price_not_negative check (price >= = and 0)',
          '                                                                                                ^',
          '    asked create table products (',
          '    found syntax error at or near "=" (SQLSTATE 42601)',
          '    mend  Correct the SQL where the caret stands.',
          '',
        ].join('\n'),
      )
    })
  })

  test('one that fails half way: which statement of how many', async () => {
    const second =
      "create table a ();\ncreate table b (x int);\n\ninsert into b\nvalues ('zwei');\ncreate table c ();\n"
    await withProject({ ...shop, 'migrations/0002_b.sql': second }, async (directory) => {
      const { code, stderr, findings } = await assayJson(['green'], { cwd: directory })
      expect({ code, stderr }).toEqual({ code: 3, stderr: '' })
      expect(findings).toHaveLength(1)
      expect(findings[0]).toMatchObject({
        code: 'schema.statement',
        summary: 'PostgreSQL refused statement 3 of 4 in migrations/0002_b.sql.',
        found: 'invalid input syntax for type integer: "zwei" (SQLSTATE 22P02)',
        where: { file: 'migrations/0002_b.sql', line: 5, column: 9, excerpt: "values ('zwei');\n        ^" },
      })
    })
  })

  test('what only a superuser may do', async () => {
    const files = { ...shop, 'migrations/0002_c.sql': 'create function f() returns int language c as $$x$$;' }
    await withProject(files, async (directory) => {
      const { code, findings } = await assayJson(['green'], { cwd: directory })
      expect({ code, first: findings[0]?.code }).toEqual({ code: 3, first: 'schema.statement' })
      expect(findings[0]!.fix).toContain('no superuser')
    })
  })

  test.each([
    ['create view twice as select price, price from products;', 'Give one of the two columns another name.'],
    ['alter table products add column price int;', 'An earlier statement has made it already'],
  ])('a column that is there twice: %s', async (second, mend) => {
    await withProject({ ...shop, 'migrations/0002_d.sql': second }, async (directory) => {
      const { findings } = await assayJson(['green'], { cwd: directory })
      expect(findings[0]!.fix).toContain(mend)
    })
  })

  test('no directory of migrations: how to begin', async () => {
    await withProject(shop, async (directory) => {
      rmSync(join(directory, 'migrations'), { recursive: true })
      const { code, findings } = await assayJson(['red'], { cwd: directory })
      expect({ code, first: findings[0]?.code }).toEqual({ code: 3, first: 'schema.migrations' })
      expect(findings[0]!.fix).toContain(`mkdir ${join(directory, 'migrations')}`)
    })
  })

  test('a directory in which there is no SQL file, but other things', async () => {
    const config = changed(shop, { 'assay.config.ts': [["migrations: 'migrations'", "migrations: 'other'"]] })
    await withProject({ ...config, 'other/lock.toml': '' }, async (directory) => {
      const { code, findings } = await assayJson(['red'], { cwd: directory })
      expect({ code, first: findings[0]?.code }).toEqual({ code: 3, first: 'schema.migrations' })
    })
  })
})

describe('before the first migration', () => {
  test('red: every rule is red, and that is success; green: one thing to do, with the table to make', async () => {
    await withProject(shop, async (directory) => {
      rmSync(join(directory, 'migrations'), { recursive: true })
      mkdirSync(join(directory, 'migrations'))
      const red = await assay(['red'], { cwd: directory })
      expect(red).toMatchObject({ code: 0, stderr: '' })
      expect(red.stdout).toContain('\nproducts\n  ○ the table does not exist: 9 rules are red\n')
      expect(red.stdout).toContain('  red         9 of 9 fail without their structure, 9 of them now\n')
      expect(red.stdout).toContain('\nEvery rule fails without its structure.\n  next npx assay design\n')

      const green = await assayJson(['green'], { cwd: directory })
      expect(green).toMatchObject({
        code: 1,
        stderr: '',
        summary: { rules: 9, green: 0, red: null, mutants: null },
      })
      expect(green.findings).toHaveLength(1)
      expect(green.findings[0]).toMatchObject({
        code: 'table.missing',
        structure: 'products',
        summary: 'products: the table does not exist, so its 9 rules are red',
        where: { file: 'assay.config.ts', line: 3 },
      })
      expect(green.findings[0]!.fix.split('\n').slice(1).join('\n')).toBe(
        'create table "public"."products" (\n  "id" bigint,\n  "slug" varchar(20),\n  "price" numeric(10,2)\n);',
      )
      const prove = await assay(['prove'], { cwd: directory })
      expect(prove.code).toBe(1)
      expect(prove.stdout).toContain('\nproducts\n  ✗ the table does not exist: 9 rules are red\n')
    })
  })
})

describe('a declaration that does not fit the database', () => {
  test('a table that the migrations do not make, and one that nothing declares: is one meant?', async () => {
    const files = changed(shop, { [first]: [['create table products', 'create table product']] })
    await withProject(files, async (directory) => {
      const { code, findings, summary } = await assayJson(['prove'], { cwd: directory })
      expect({ code, red: summary.red, green: summary.green }).toEqual({ code: 1, red: 9, green: 0 })
      expect(findings.map((f) => [f.code, f.structure])).toEqual([
        ['table.missing', 'products'],
        ['structure.unproven', 'product/table'],
      ])
      expect(findings[0]!.why).toContain('Did you mean "product"?')
      expect(findings[1]!.summary).toMatch(
        /^product: the table and its \d+ structures exist, and nothing declares it$/u,
      )
      expect(findings[1]!.fix).toContain('table("product", { … })')
    })
  })

  test('a column that no migration makes: one finding for all rules that name it', async () => {
    const files = changed(shop, {
      'assay.config.ts': [["id: 'bigint', ", "id: 'bigint', colour: 'text', size: 'smallint', "]],
    })
    await withProject(files, async (directory) => {
      const { code, findings } = await assayJson(['green'], { cwd: directory })
      expect(code).toBe(1)
      expect(findings).toHaveLength(1)
      expect(findings[0]).toMatchObject({
        code: 'column.missing',
        structure: 'products',
        summary: 'products: the table has no column colour, size, so 4 rules that name them are red',
      })
      expect(findings[0]!.fix.split('\n').slice(1)).toEqual([
        'alter table "public"."products" add column "colour" text;',
        'alter table "public"."products" add column "size" smallint;',
      ])
    })
  })

  test('a CHECK that only PostgreSQL can refuse: exit 2, file, line, caret', async () => {
    const files = changed(shop, { 'assay.config.ts': [["'price >= 0'", "'length(price) > 0'"]] })
    await withProject(files, async (directory) => {
      const ran = await assay(['prove'], { cwd: directory })
      expect(ran).toMatchObject({ code: 2, stdout: '' })
      expect(ran.stderr).toContain('length(numeric) does not exist')
      expect(ran.stderr).toContain(
        [
          '    where assay.config.ts:8:34',
          "            t.check('price_not_negative', 'length(price) > 0'),",
          '                                           ^',
        ].join('\n'),
      )
      expectNoStackTrace(ran)
    })
  })
})
