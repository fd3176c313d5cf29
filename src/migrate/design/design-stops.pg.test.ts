/** What is designed goes on from every stop of either way: each migration is tested as `assay migrate test` tests it. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { architecture, table } from 'assay'
import type { Architecture } from '../../architecture/architecture.ts'
import type { Finding } from '../../prove/result.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { openDesignLab, type DesignLab } from '../../../test/support/design-lab.ts'
import {
  describePlan,
  editedPlans,
  makeRandomArchitecture,
} from '../../../test/support/random-architecture.ts'

let server: Server
let lab: DesignLab

beforeAll(async () => {
  server = await startServer({})
  lab = openDesignLab(server)
})

afterAll(async () => {
  await server?.stop()
})

const ofStops = ['migrate.cannot-continue', 'migrate.cannot-turn-back']

const told = (findings: readonly Finding[]): readonly string[] =>
  findings
    .filter(({ code }) => ofStops.includes(code))
    .map(({ code, summary, fix }) => `${code} ${summary}\n${fix}`)

it('a column that comes with a CHECK and an index', async () => {
  const sql = 'create table subscribers (email text primary key, name text)'
  const subscribers = table('subscribers', { email: 'text', name: 'text', status: 'text' }, (t) => [
    t.primaryKey('email'),
    t.required('status'),
    t.defaults({ status: "'new'" }),
    t.check('status_is_known', "status in ('new', 'gone')"),
    t.indexed('name', 'status'),
  ])
  const shop = architecture('shop', { tables: { subscribers } }) as Architecture
  const { design, findings } = await lab.designAndTest(sql, shop)
  expect(design.migrations.map(({ name }) => name)).toEqual(['0001_subscribers_add_status'])
  expect(told(findings)).toEqual([])
}, 60_000)

it('random edits', async () => {
  await fc.assert(
    fc.asyncProperty(editedPlans, async ({ before, after }) => {
      const [from, to] = [makeRandomArchitecture(before), makeRandomArchitecture(after)]
      const { design, findings } = await lab.designAndTest(from.migration.join(';\n'), to.architecture, {
        drop: true,
      })
      const files = design.migrations.map(({ name, up, down }) => `-- ${name}\n${up}\n-- down\n${down}`)
      expect(
        told(findings),
        `${describePlan(from)}\n-- becomes\n${describePlan(to)}\n${files.join('\n')}`,
      ).toEqual([])
    }),
    {
      numRuns: Number(process.env['ASSAY_RUNS'] ?? 1),
      seed: Number(process.env['ASSAY_SEED'] ?? 5150),
      endOnFailure: true,
    },
  )
}, 1_800_000)
