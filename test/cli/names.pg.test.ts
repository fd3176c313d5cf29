/** Names with quotes, spaces, dots, slashes, comment ends, unicode and 63 bytes, everywhere: proven like any others. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ident, literal } from '../../src/postgres/quote.ts'
import { startServer } from '../../src/postgres/start.ts'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { whyNoPostgres15 } from '../support/postgres15.ts'
import { withProject, type ProjectFiles } from '../support/project.ts'
import { psql, readTap } from '../support/psql.ts'
import { elementsNamed, readXml } from '../support/xml.ts'

const longest = 'n'.repeat(63)
const longestUnicode = `${'ü'.repeat(31)}x`
const schema = 'Sales "EU".2024'
const owner = 'Owner, of: "things"/#1'
const role = 'App "role" ünï'
const mood = 'Mood "of". the/day'
const labels = ['so "so"', "it's", 'a.b', 'ünï, code', ' ', 'x'.repeat(63)]
const price = 'Größe ✓ 注文'
const note = "*/ ${x} `y` </script> -- it's"

const config = `import { architecture, defineConfig, enumType, table } from 'assay'

const mood = enumType({ schema: 'public', name: ${JSON.stringify(mood)} }, ${JSON.stringify(labels)})

const owners = table({ schema: ${JSON.stringify(schema)}, name: ${JSON.stringify(owner)} }, {
  'tenant id': 'bigint',
  'the "name"': 'text',
}, (t) => [
  t.primaryKey('tenant id'),
  t.required('the "name"'),
  t.unique('the "name"'),
  t.check('it\\'s "ok". 100%', 'length("the ""name""") > 1'),
])

const things = table('${longestUnicode}', {
  'tenant id': 'bigint',
  'a.b': 'integer',
  select: 'text',
  '${price}': 'numeric(6,2)',
  "it's": mood,
  ${longest}: 'varchar(10)',
  $1: 'boolean',
}, (t) => [
  t.primaryKey('tenant id', 'a.b'),
  t.required('select', "it's"),
  t.defaults({ "it's": "'it''s'", '${price}': '1' }),
  t.unique('tenant id', '${longest}'),
  t.check('${longest}', '"${price}" >= 0'),
  t.references('tenant id', { schema: ${JSON.stringify(schema)}, name: ${JSON.stringify(owner)} }, { onDelete: 'cascade' }),
  t.indexed('select'),
  t.isolatedBy('tenant id'),
  t.visibleTo(${JSON.stringify(role)}, ['select', 'insert', 'update', 'delete']),
  t.says({ 'a.b': ${JSON.stringify(note)} }),
])

export default defineConfig({
  architecture: architecture('Names "all". of/them ✓', {
    tables: { owners, things },
    identity: { role: ${JSON.stringify(role)}, settings: (who: { tenant: string }) => ({ 'app.tenant': who.tenant }) },
  }),
  schema: { migrations: 'migrations' },
})
`

const things = ident(longestUnicode)
const migration = `
create role ${ident(role)};
create schema ${ident(schema)};
create type ${ident(mood)} as enum (${labels.map(literal).join(', ')});
create table ${ident(schema)}.${ident(owner)} (
  "tenant id" bigint primary key,
  "the ""name""" text not null unique,
  constraint "it's ""ok"". 100%" check (length("the ""name""") > 1)
);
create table ${things} (
  "tenant id" bigint references ${ident(schema)}.${ident(owner)} on delete cascade,
  "a.b" integer,
  "select" text not null,
  ${ident(price)} numeric(6,2) default 1,
  "it's" ${ident(mood)} not null default 'it''s',
  ${longest} varchar(10),
  "$1" boolean,
  primary key ("tenant id", "a.b"),
  unique ("tenant id", ${longest}),
  constraint ${longest} check (${ident(price)} >= 0)
);
create index on ${things} ("select");
alter table ${things} enable row level security;
alter table ${things} force row level security;
create policy "po'l ""icy""" on ${things} to ${ident(role)}
  using ("tenant id" = nullif(current_setting('app.tenant', true), '')::bigint);
grant select, insert, update, delete on ${things} to ${ident(role)};
comment on column ${things}."a.b" is ${literal(note)};
`

const files: ProjectFiles = { 'assay.config.ts': config, 'migrations/0001 first "one".sql': migration }

test('proven end to end, in the ledger under names of plain letters, and checked again', async () => {
  await withProject(files, async (directory) => {
    const { code, findings, summary, artifacts } = await assayJson(['prove'], { cwd: directory })
    expect(findings).toEqual([])
    expect(code).toBe(0)
    expect(summary.green).toBe(summary.rules)
    expect(summary.red).toBe(summary.rules)
    expect(summary.mutants).toMatchObject({ survived: 0, unsolved: 0 })
    const pages = readdirSync(join(directory, 'ledger/tables'))
    expect(artifacts.toSorted()).toEqual(
      ['ledger/database.txt', 'ledger/head.txt', ...pages.map((p) => `ledger/tables/${p}`)].toSorted(),
    )
    for (const page of pages) expect(page).toMatch(/^[a-z0-9_.%-]+\.txt$/u)
    expect(await assayJson(['check'], { cwd: directory })).toMatchObject({ code: 0, findings: [] })
  })
})

test('an id that is told can be pasted into a shell, and lines stay readable', async () => {
  const broken = { ...files, 'migrations/0002.sql': `alter table ${things} drop constraint ${longest};` }
  await withProject(broken, async (directory) => {
    const ran = await assay(['green'], { cwd: directory })
    expect(ran).toMatchObject({ code: 1, stderr: '' })
    const id = `${longestUnicode}/check:${longest}`
    expect(ran.stdout).toContain(`    id    ${id}\n`)
    expect(ran.stdout).toContain(`  next npx assay explain '${id}'\n`)
    const explained = await assay(['explain', id], { cwd: directory })
    expect(explained).toMatchObject({ code: 0, stderr: '' })
    expect(explained.stdout).toContain(`-- ${id}: `)
  })
})

test('reports name them whole', async () => {
  const broken = { ...files, 'migrations/0002.sql': `alter table ${things} drop constraint ${longest};` }
  await withProject(broken, async (directory) => {
    const reports = ['--junit', 'r/j.xml', '--sarif', 'r/s.json', '--markdown', 'r/m.md']
    const { code, artifacts } = await assayJson(['green', ...reports], { cwd: directory })
    expect({ code, artifacts }).toEqual({ code: 1, artifacts: ['r/j.xml', 'r/m.md', 'r/s.json'] })
    const root = readXml(readFileSync(join(directory, 'r/j.xml'), 'utf8'))
    const ids = elementsNamed(root, 'testcase').map(({ attributes }) => attributes['classname'])
    expect(ids).toContain(`"Sales ""EU"".2024"."Owner, of: ""things""/#1"/required:"the ""name"""`)
    const failed = elementsNamed(root, 'testcase').filter((one) => elementsNamed(one, 'failure').length > 0)
    expect(failed.map(({ attributes }) => attributes['classname'])).toEqual([
      `${longestUnicode}/check:${longest}`,
    ])
    const sarif = JSON.parse(readFileSync(join(directory, 'r/s.json'), 'utf8')) as {
      runs: [{ results: { ruleId: string }[] }]
    }
    expect(sarif.runs[0].results.map(({ ruleId }) => ruleId)).toEqual(['rule.red'])
    expect(readFileSync(join(directory, 'r/m.md'), 'utf8')).toContain('| ✗ ')
  })
})

test.skipIf(whyNoPostgres15 !== '')(
  `exported experiments hold without Assay ${whyNoPostgres15}`,
  async () => {
    await withProject(files, async (directory) => {
      const ran = await assay(['export', '--sql', '--out', 'r/experiments.sql'], { cwd: directory })
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      const server = await startServer({})
      try {
        const database = await server.createDatabase('names')
        const owner = await server.connect(database, 'owner')
        await owner.query(migration)
        await owner.end()
        // The owner of the tables is no user of the application.
        await server.admitRoles()
        const administrator = await server.connect(database, 'administrator')
        await administrator.end()
        const { code, stdout } = await psql(administrator.address, [
          '-f',
          join(directory, 'r/experiments.sql'),
        ])
        const { notOk, ok } = readTap(stdout)
        expect(notOk).toEqual([])
        expect(ok.length).toBeGreaterThan(100)
        expect(code).toBe(0)
      } finally {
        await server.stop()
      }
    })
  },
)
