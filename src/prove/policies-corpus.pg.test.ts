/** Policies of a real schema, where it lies beside the checkout: declared as its catalog has them, then proven. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture } from '../architecture/declare.ts'
import type { PolicyCommand, PolicyOptions } from '../architecture/kinds/policies.ts'
import { table } from '../architecture/table.ts'
import type { PolicyFacts } from '../catalog/policy.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'
import type { ProveResult } from './result.ts'

const file = fileURLToPath(new URL('../../../shared/corpus/graphile-starter.sql', import.meta.url))

/** What the schema's triggers call and the file does not bring: graphile-worker's queue. */
const prelude = `create schema graphile_worker;
  create function graphile_worker.add_job(identifier text, payload json default null, queue_name text default null,
    run_at timestamptz default null, max_attempts int default null) returns int language sql as 'select 1';`

const optionsOf = ({ permissive, command, roles, using, withCheck }: PolicyFacts): PolicyOptions => ({
  as: permissive ? 'permissive' : 'restrictive',
  for: command as PolicyCommand,
  to: roles.map((role) => role ?? 'public'),
  ...(using === null ? {} : { using }),
  ...(withCheck === null ? {} : { check: withCheck }),
})

/** Every table with row-level security, with its policies and nothing else. */
const declared = (catalog: Catalog) =>
  architecture('starter', {
    tables: Object.fromEntries(
      [...catalog.tables.values()]
        .filter((t) => catalog.of(t.id, 'rowSecurity').length > 0)
        .map(({ id, schema, name, rowSecurity, forceRowSecurity }) => {
          const policies = Object.fromEntries(
            catalog.of(id, 'policy').map((s) => [s.name, optionsOf(s.facts as PolicyFacts)]),
          )
          const options = { enabled: rowSecurity, forced: forceRowSecurity }
          return [id, table({ schema, name }, {}, (t) => [t.policies(policies, options)])]
        }),
    ),
  })

const verdicts = (result: ProveResult, verdict: string): readonly string[] =>
  result.structures.flatMap((s) =>
    s.mutants.filter((m) => m.verdict === verdict).map((m) => `${m.id}: ${m.why}`),
  )

describe.skipIf(!existsSync(file) && process.env['ASSAY_TEST_ALL'] !== '1')(
  'the policies of graphile-starter (skipped where ../shared/corpus is not there)',
  () => {
    let server: Server
    let result: ProveResult

    beforeAll(async () => {
      server = await startServer({})
      const template = await server.createDatabase('starter')
      const admin = await server.connect(template, 'administrator')
      await admin.query('create extension citext; create extension pgcrypto; create extension "uuid-ossp"')
      await admin.end()
      const owner = await server.connect(template, 'owner')
      const sql = readFileSync(file, 'utf8').replaceAll(
        /^\s*(?:(?:create|comment on) extension|\\).*$/gimu,
        '',
      )
      await owner.query(`${prelude}\n${sql}`)
      await server.admitRoles()
      const catalog = await readCatalog(owner)
      await owner.end()
      const plan = declared(catalog)
      result = await prove({
        architecture: plan,
        server,
        template,
        steps: ['green', 'red', 'mutate'],
        only: plan.tables.flatMap((t) => t.rules.map((r) => r.id)),
        startSeconds: 0,
      })
    }, 240_000)
    afterAll(() => server?.stop())

    it('is green and red, and nothing is unsolved', () => {
      expect(result.rules.length).toBe(11)
      const open = result.rules.filter((r) => !r.green || !r.red?.proven || r.unsolved.length > 0)
      expect(
        open.map((r) => ({
          id: r.id,
          red: r.red,
          unsolved: r.unsolved,
          failing: r.experiments.filter((e) => !e.holds).map((e) => `${e.experiment.title}: ${e.difference}`),
        })),
      ).toEqual([])
    })

    it('notices every broken policy, and every broken function that they call', () => {
      expect([...verdicts(result, 'survived'), ...verdicts(result, 'unsolved')]).toEqual([])
      expect(verdicts(result, 'killed').length).toBeGreaterThan(100)
      // Users cannot get the id of another, nor another one while sessions point to them.
      expect(
        verdicts(result, 'redundant').filter((text) => !/\/(?:references|primaryKey):/u.test(text)),
      ).toEqual([])
    })
  },
)
