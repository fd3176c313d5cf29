/** A project that changes its shape: phases written as files, run by the runner, proven and waited for. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changed, shop, withProject } from '../../test/support/project.ts'
import { AssayError } from '../ground/errors.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { readMigrations } from '../migrate/files/read-migrations.ts'
import { compensateProject } from './compensate-project.ts'
import { contractProject, expandProject } from './expand-project.ts'
import { migrateDatabase, statusOfDatabase, type MigrateSettings } from './migrate-database.ts'
import { loadProject } from './config.ts'
import { proveProject } from './prove-project.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

const renamed = changed(shop, {
  'assay.config.ts': [
    ["slug: 'varchar(20)'", "code: 'varchar(20)'"],
    ["t.required('slug', 'price')", "t.required('code', 'price'), t.renamedFrom({ code: 'slug' })"],
    ["t.unique('slug')", "t.unique('code')"],
  ],
})

const none = { set: [], back: [], fill: [], move: [], only: [], dryRun: false }

const codesOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (cause: unknown) =>
      cause instanceof AssayError ? `${cause.code}: ${cause.message} ${cause.found ?? ''}` : String(cause),
  )

describe('a change of shape in a project', () => {
  it('goes phase by phase, is proven meanwhile, and forgets only when the time is over', async () => {
    await withProject(renamed, async (directory) => {
      const database = await server.createDatabase('shape')
      const db = await server.connect(database, 'owner')
      const settings: MigrateSettings = {
        directory,
        url: server.ownerUrl(database),
        assay: '1.2.3',
        allow: ['untested', 'uncovered', 'loses'],
      }
      try {
        const first = await migrateDatabase(settings, 'up')
        expect(first.ran).toEqual(['0001_products'])
        await db.query(
          "insert into products (slug, price) select 's' || n, n from generate_series(1, 5000) n",
        )

        const [dry] = await expandProject({ directory, ...none, dryRun: true })
        expect(dry?.written).toEqual([])
        expect(readdirSync(join(directory, 'migrations'))).toEqual(['0001_products.sql'])
        const [opened] = await expandProject({ directory, ...none })
        expect(opened?.findings).toEqual([])
        expect(opened?.phases.map(({ name }) => name)).toEqual([
          '0002_products_slug_to_code_expand',
          '0003_products_slug_to_code_backfill',
          '0004_products_slug_to_code_switch',
        ])
        // What is under way is not begun twice.
        expect((await expandProject({ directory, ...none }))[0]?.phases).toEqual([])

        await migrateDatabase({ ...settings, to: '0002' }, 'up')
        const halfway = await statusOfDatabase(settings)
        expect(halfway.changes).toEqual([
          {
            change: 'products_slug_to_code',
            says: 'products: slug becomes code',
            phase: 'expand',
            phases: ['expand', 'backfill', 'switch', 'contract', 'forget'],
            next: '0003_products_slug_to_code_backfill',
            isDone: false,
          },
        ])
        await migrateDatabase(settings, 'up')
        expect(
          await db.json('select count(*)::int as n from products where code is distinct from slug'),
        ).toEqual([{ n: 0 }])

        // The old column, its key and the trigger are there for a while: nothing asks for them, and nothing is wrong.
        const { ok, proofs } = await proveProject({ directory, command: 'prove', only: [] })
        expect(proofs.flatMap(({ result }) => result.findings.map(({ summary }) => summary))).toEqual([])
        expect(ok).toBe(true)

        await contractProject({ directory, only: [], keep: '30 days', dryRun: false })
        await migrateDatabase(settings, 'up')
        await db.query("insert into products (code, price) values ('after', 1)")
        const [last] = await contractProject({ directory, only: [], keep: '30 days', dryRun: false })
        expect(last?.phases.map(({ name }) => name)).toEqual(['0006_products_slug_to_code_forget'])
        expect(await codesOf(migrateDatabase(settings, 'up'))).toMatch(
          /products: what 0005_products_slug_to_code_contract kept aside stays until/u,
        )
        // The way back is still there, with what was written since.
        await migrateDatabase({ ...settings, to: '0004' }, 'down')
        expect(await db.json("select slug, code from products where code = 'after'")).toEqual([
          { slug: 'after', code: 'after' },
        ])
        await migrateDatabase({ ...settings, to: '0005' }, 'up')
        await db.query("update assay.migrations set finished_at = finished_at - interval '31 days'")
        await migrateDatabase(settings, 'up')
        expect((await statusOfDatabase(settings)).changes[0]).toMatchObject({ phase: 'forget', isDone: true })
        const columns = await db.json<{ name: string }>(
          "select attname as name from pg_attribute where attrelid = 'products'::regclass and attnum > 0 and not attisdropped order by 1",
        )
        expect(columns.map(({ name }) => name)).toEqual(['code', 'id', 'price'])
      } finally {
        await db.end()
      }
    })
  })

  it('stands beside no history of another tool; what takes one back has its form', async () => {
    const own = shop['migrations/0001_products.sql'] ?? ''
    const { 'migrations/0001_products.sql': _, ...others } = renamed
    const files = {
      ...others,
      'migrations/V1__products.sql': own,
      'migrations/V2__more.sql': 'alter table products add column more int;',
    }
    await withProject(files, async (directory) => {
      expect(await codesOf(expandProject({ directory, ...none }))).toMatch(
        /^expand\.other-tool: .* migrations in the form of Flyway$/u,
      )
      const taken = { directory, takesBack: '2', name: null, loses: [], dryRun: false }
      const { written, tool, ok } = await compensateProject(taken)
      expect({ tool, ok, written: written.map((file) => relative(directory, file)) }).toEqual({
        tool: 'Flyway',
        ok: true,
        written: ['migrations/V3__takes_back_v2_more.sql'],
      })
      const [last] = readMigrations(join(directory, 'migrations')).slice(-1)
      expect(last?.directives.compensates).toBe('V2__more')
      expect(readdirSync(join(directory, 'migrations'))).toHaveLength(3)
    })
  })

  it('tells which option it does not read, and a phase.json that was changed', async () => {
    await withProject(renamed, async (directory) => {
      const ask = (stated: Partial<Parameters<typeof expandProject>[0]>) =>
        codesOf(expandProject({ directory, ...none, ...stated }))
      expect(await ask({ set: ['no equals sign'] })).toMatch(/^expand\.option/u)
      expect(await ask({ back: ['nowhere.a = 1'] })).toMatch(/^expand\.option.*there is products/u)
      const place = join(directory, 'migrations', '0002_x_expand')
      mkdirSync(place)
      writeFileSync(join(place, 'phase.json'), '{"phase": "expnad"}')
      expect(await codesOf(loadProject(directory))).toMatch(/^expand\.phase-file/u)
    })
  })
})
