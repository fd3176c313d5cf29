/**
 * The example's experiments as scripts without Assay, run by psql: all of them hold on the migrated database, and a
 * structure that is broken by hand makes exactly those fail that Assay itself sees fail.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kindOfStructure } from '../src/catalog/kind-of.ts'
import { readCatalog } from '../src/catalog/read-catalog.ts'
import type { Address } from '../src/postgres/address.ts'
import type { Server } from '../src/postgres/server.ts'
import { startServer } from '../src/postgres/start.ts'
import { loadProject } from '../src/project/config.ts'
import { applySchema } from '../src/project/migrations.ts'
import { exportedChecks } from '../src/report/exported-checks.ts'
import { pgtapSuite } from '../src/report/pgtap.ts'
import { sqlScript } from '../src/report/sql-script.ts'
import { copyOf, exportOn, failingInAssay, type Exported } from './support/exported.ts'
import { startPostgres15, whyNoPostgres15, type TestServer } from './support/postgres15.ts'
import { pgtapSql, proveFlags, psql, readTap, type Tap } from './support/psql.ts'
import { describePlan, makeRandomArchitecture, tablePlans } from './support/random-architecture.ts'

const commerce = fileURLToPath(new URL('../examples/commerce', import.meta.url))

/** The example migrated on a server, and what would be exported from there. */
const exampleOn = async (server: Server): Promise<Exported> => {
  const { architectures } = await loadProject(commerce)
  const { architecture, schema } = architectures[0]!
  const template = await server.createDatabase(architecture.name)
  await applySchema(server, template, schema)
  await server.admitRoles()
  return exportOn(server, template, architecture)
}

const breaks: readonly (readonly [what: string, sql: readonly string[]])[] = [
  ['a CHECK is dropped', ['alter table products drop constraint products_price_not_negative']],
  ['a policy is widened', ['alter policy tenant_isolation on products using (true)']],
  [
    'a key, a NOT NULL, a forced policy and a missing privilege are lost',
    [
      'alter table users drop constraint users_pkey cascade',
      'alter table categories alter column name drop not null',
      'alter table orders no force row level security',
      'grant truncate on user_activity to app',
    ],
  ],
]

describe.skipIf(whyNoPostgres15 !== '')(`on the embedded PostgreSQL 18 ${whyNoPostgres15}`, () => {
  let server: Server
  let exported: Exported
  beforeAll(async () => {
    server = await startServer({})
    exported = await exampleOn(server)
  })
  afterAll(() => server?.stop())

  const runSql = async (
    changes: readonly string[] = [],
  ): Promise<Tap & { readonly code: number | null; readonly address: Address }> => {
    const address = await copyOf(exported, changes)
    const { code, stdout } = await psql(address, ['-v', 'ON_ERROR_STOP=1', '-f', '-'], sqlScript(exported))
    return { address, code, ...readTap(stdout) }
  }

  const runPgtap = async (
    changes: readonly string[] = [],
  ): Promise<Tap & { readonly code: number | null; readonly stdout: string }> => {
    const address = await copyOf(exported, changes)
    expect(await psql(address, ['-q', '-v', 'ON_ERROR_STOP=1', '-f', pgtapSql])).toMatchObject({ code: 0 })
    const { code, stdout } = await psql(address, [...proveFlags, '-f', '-'], pgtapSuite(exported))
    return { code, stdout, ...readTap(stdout) }
  }

  test('as SQL, every experiment holds, and what is left out is counted with its reason', async () => {
    const { address, code, notOk, ok, skipped, planned } = await runSql()
    expect(notOk).toEqual([])
    expect(code).toBe(0)
    const checks = exportedChecks(exported)
    expect(ok).toHaveLength(checks.checked)
    expect(skipped).toHaveLength(checks.skipped.length)
    expect(planned).toBe(checks.checked + checks.skipped.length)
    const all = exported.rules.flatMap((rule) => rule.experiments)
    expect(checks.checked + checks.skipped.length + checks.shadows).toBe(all.length)
    expect(new Set(checks.skipped.map(({ reason }) => reason))).toEqual(
      new Set([
        'it takes a new session, in which no setting was ever made',
        'it asks for a plan, on thousands of rows that Assay loads',
        'a script cannot copy to its client, or end a transaction, and go on',
        'it takes two sessions at once',
        'it is a call of the application, on tables that Assay fills',
        'only Assay sees that exec_stmt_raise refuses it',
      ]),
    )
    const counts = ['pg_class', 'pg_proc', 'public.tenants', 'public.user_activity']
      .map((table) => `select count(*) from ${table}`)
      .join('; ')
    const left = await psql(address, ['-At', '-c', counts])
    expect(left).toEqual(await psql(await copyOf(exported), ['-At', '-c', counts]))
  })

  test('as a pgTAP suite, every test is ok, and the plan is kept', async () => {
    const { code, stdout, notOk, ok, skipped, planned } = await runPgtap()
    expect(notOk).toEqual([])
    expect(code).toBe(0)
    const checks = exportedChecks(exported)
    expect(ok).toHaveLength(checks.checked)
    expect(planned).toBe(checks.checked + checks.skipped.length)
    expect(ok.length + skipped.length).toBe(planned)
    expect(stdout).not.toContain('Looks like')
  })

  test.each(breaks)('exactly the experiments fail that Assay sees fail when %s', async (_, changes) => {
    const failing = await failingInAssay(exported, changes)
    expect(failing.length).toBeGreaterThan(0)
    const { code, notOk, ok, skipped } = await runSql(changes)
    expect(notOk).toEqual(failing)
    expect(code).toBe(3)
    const checks = exportedChecks(exported)
    expect(ok.length + failing.length).toBe(checks.checked)
    expect(skipped).toHaveLength(checks.skipped.length)
  })

  test('pgTAP says the same of them, and that the suite failed', async () => {
    const changes = breaks.slice(0, 2).flatMap(([, sql]) => sql)
    const { notOk, stdout } = await runPgtap(changes)
    expect(notOk).toEqual(await failingInAssay(exported, changes))
    expect(stdout).toContain(`# Looks like you failed ${notOk.length} tests of`)
  })

  test('whatever the architecture, the script and Assay see the same fail', async () => {
    let made = 0
    const agrees = fc.asyncProperty(tablePlans, fc.nat(), async (plans, pick) => {
      const random = makeRandomArchitecture(plans)
      const template = await server.createDatabase(`random${++made}`)
      const owner = await server.connect(template, 'owner')
      await owner.query(random.migration.join(';\n'))
      await owner.end()
      await server.admitRoles()
      const exportedRandom = await exportOn(server, template, random.architecture)
      const reader = await server.connect(template, 'prover')
      const catalog = await readCatalog(reader)
      await reader.end()
      const structures = [...catalog.structures.values()].filter(({ kind }) => kind !== 'table')
      const dropped = structures[pick % structures.length]!
      const ddl = kindOfStructure(dropped).drop(dropped, catalog)
      for (const changes of [[], ddl]) {
        // What PostgreSQL does not let go, such as NOT NULL of an identity, breaks nothing.
        const copy = await copyOf(exportedRandom, changes).catch(() => null)
        expect(copy !== null || changes.length > 0).toBe(true)
        if (copy === null) continue
        const ran = await psql(copy, ['-f', '-'], sqlScript(exportedRandom))
        const tap = readTap(ran.stdout)
        const text = `${dropped.id}\n${describePlan(random)}\n${ran.stderr}`
        expect(tap.notOk, text).toEqual(await failingInAssay(exportedRandom, changes))
        expect(tap.ok.length + tap.notOk.length, text).toBe(exportedChecks(exportedRandom).checked)
      }
    })
    await fc.assert(agrees, { numRuns: 3, endOnFailure: true })
  })
})

describe.skipIf(whyNoPostgres15 !== '')(`on PostgreSQL 15 ${whyNoPostgres15}`, () => {
  let postgres: TestServer
  let server: Server
  let exported: Exported
  beforeAll(async () => {
    postgres = await startPostgres15()
    server = await startServer({ url: postgres.url })
    exported = await exampleOn(server)
  })
  afterAll(async () => {
    await server?.stop()
    await postgres?.stop()
  })

  test('both forms hold, whatever time zone and style of dates the server has', async () => {
    const address = await copyOf(exported)
    const plain = await psql(address, ['-f', '-'], sqlScript(exported))
    expect(readTap(plain.stdout).notOk).toEqual([])
    expect(plain).toMatchObject({ code: 0, stderr: '' })
    expect(await psql(address, ['-c', 'create extension pgtap'])).toMatchObject({ code: 0 })
    const tap = await psql(address, [...proveFlags, '-f', '-'], pgtapSuite(exported))
    expect(readTap(tap.stdout).notOk).toEqual([])
    expect(readTap(tap.stdout).ok).toHaveLength(exportedChecks(exported).checked)
    expect(tap.code).toBe(0)
  })

  test.skipIf(!existsSync('/usr/bin/pg_prove'))('pg_prove counts the suite as passed', async () => {
    const address = await copyOf(exported)
    expect(await psql(address, ['-c', 'create extension pgtap'])).toMatchObject({ code: 0 })
    const directory = mkdtempSync(join(tmpdir(), 'assay-export-'))
    try {
      const file = join(directory, 'commerce.sql')
      writeFileSync(file, pgtapSuite(exported))
      const { status, stdout } = spawnSync(
        '/usr/bin/pg_prove',
        ['-h', address.host, '-p', `${address.port}`, '-U', address.user, '-d', address.database, file],
        { encoding: 'utf8', env: { ...process.env, PGPASSWORD: address.password ?? '' } },
      )
      const { checked, skipped } = exportedChecks(exported)
      expect(stdout).toContain(`Tests=${checked + skipped.length},`)
      expect(stdout).toContain('Result: PASS')
      expect(status).toBe(0)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('where a superuser owns the tables, the experiments of their owner are left out, and the others hold', async () => {
    const admin = await server.connect(exported.template, 'administrator')
    await admin.end()
    const address = { ...admin.address, database: 'owned_by_admin' }
    expect(await psql(admin.address, ['-c', 'create database owned_by_admin'])).toMatchObject({ code: 0 })
    expect(await psql(address, ['-c', 'create extension btree_gist'])).toMatchObject({ code: 0 })
    const migrations = join(commerce, 'migrations')
    for (const file of readdirSync(migrations).toSorted()) {
      const sql = readFileSync(join(migrations, file), 'utf8').replace(/^create role app.*$/mu, '')
      expect(await psql(address, ['-v', 'ON_ERROR_STOP=1', '-1', '-f', '-'], sql)).toMatchObject({ code: 0 })
    }
    const { code, stdout } = await psql(address, ['-f', '-'], sqlScript(exported))
    const { notOk, skipped } = readTap(stdout)
    expect(notOk).toEqual([])
    expect(code).toBe(0)
    const owners = skipped.filter((text) => text.includes('a superuser owns the table'))
    expect(owners.length).toBeGreaterThan(10)
    expect(owners.every((text) => text.includes('the owner'))).toBe(true)
  })

  test('a role without superuser is told so, and nothing is called ok', async () => {
    const address = await copyOf(exported)
    expect(
      await psql(address, [
        '-c',
        `create role plain login password 'p'; grant create, temporary on database "${address.database}" to plain`,
      ]),
    ).toMatchObject({ code: 0 })
    const ran = await psql({ ...address, user: 'plain', password: 'p' }, ['-f', '-'], sqlScript(exported))
    expect(ran.code).toBe(3)
    expect(ran.stderr).toContain('run this script as a superuser')
    expect(ran.stdout).not.toMatch(/^ok/mu)
  })
})
