/** Plans in the ledger on a real server: the same from one run to another, and told when something changes them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, table } from '../index.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { readLedger } from '../prove/ledger/ledger.ts'
import type { Ledger } from '../prove/ledger/page.ts'
import { makeProjector } from '../rows/projected/projection.ts'
import type { DatabaseStatistics } from '../rows/projected/statistics.ts'
import { scaleStatistics } from '../rows/projected/scale/scale.ts'
import { checkMigrated, type Checked } from './check-project.ts'
import { checkPlans } from './check-plans.ts'
import type { Migrated } from './migrated.ts'
import { proveMigrated, type ArchitectureProof } from './prove-project.ts'

const home = mkdtempSync(join(tmpdir(), 'assay-plans-'))
const odd = 'Odd "page"'
const recent = 'recent orders of a user'

const shop = () => {
  const orders = table('orders', { id: 'bigint', user_id: 'bigint', ordered_at: 'timestamptz' }, (t) => [
    t.primaryKey('id'),
    t.required('user_id', 'ordered_at'),
  ])
  const pages = table({ schema: 'public', name: odd }, { id: 'bigint', 'Großer Text': 'text' }, (t) => [
    t.primaryKey('id'),
    t.required('Großer Text'),
  ])
  const made = architecture('shop', { tables: { orders, pages } })
  made.query(
    recent,
    ['orders'],
    (db, p: { user: string }) =>
      db
        .selectFrom('orders')
        .select('id')
        .where('user_id', '=', p.user)
        .orderBy('ordered_at', 'desc')
        .orderBy('id', 'desc')
        .limit(20),
    { at: { orders: 1e9 } },
  )
  made.query('pages by text', [odd], (db, p: { text: string }) =>
    db.selectFrom(odd).select('id').where('Großer Text', '=', p.text).orderBy('id').limit(20),
  )
  return made
}

let server: Server
let proof: ArchitectureProof
let proven: Migrated
let ledger: Ledger

const statisticsFile = join(home, 'statistics.json')

const migrate = async (...more: readonly string[]): Promise<Migrated> => {
  const template = await server.createDatabase('shop')
  const owner = await server.connect(template, 'owner')
  await owner.query(
    [
      `create table orders (id bigint primary key, user_id bigint not null, ordered_at timestamptz not null);
       create index orders_recent on orders (user_id, ordered_at desc, id desc);
       create table "Odd ""page""" (id bigint primary key, "Großer Text" text not null);
       create index "odd ""i""" on "Odd ""page""" ("Großer Text", id)`,
      ...more,
    ].join(';\n'),
  )
  await owner.end()
  const part = {
    architecture: shop(),
    schema: { directory: home },
    ledger: join(home, 'ledger'),
    statistics: statisticsFile,
  }
  return { server, template, part, seconds: 0 }
}

let sample: DatabaseStatistics

/** As a production of so many orders would have them exported. */
const writeStatistics = (orders: number): void => {
  const { statistics } = scaleStatistics(sample, { sizes: { orders } })
  writeFileSync(statisticsFile, JSON.stringify(statistics))
}

const plansIn = ({ findings }: Pick<Checked, 'findings'>) =>
  findings.filter(({ code }) => code === 'plan.changed' || code === 'query.not-projected')

beforeAll(async () => {
  server = await startServer({})
  proven = await migrate()
  const { template } = await migrate(
    `insert into orders select n, n % 100, '2024-01-01' from generate_series(1, 3000) n`,
    `insert into "Odd ""page""" select n, n::text from generate_series(1, 3000) n`,
    'analyze',
  )
  sample = (await makeProjector(server, template)).local
  writeStatistics(1e8)
  proof = await proveMigrated(proven, { command: 'prove', only: [] })
  ledger = await readLedger(join(home, 'ledger'))
})
afterAll(async () => {
  await server?.stop()
  rmSync(home, { recursive: true, force: true })
})

describe('plans in the ledger', () => {
  it('are those of loaded rows, of the declared size and of exported statistics, without a number of this run', () => {
    expect(proof.result.findings).toEqual([])
    const text = readFileSync(join(home, 'ledger/tables/orders.txt'), 'utf8')
    expect(text.slice(text.indexOf('  plan '), text.indexOf('  seal', text.indexOf('  plan ')))).toBe(
      [
        '  plan Limit',
        '    |   Index Only Scan using orders_recent on orders (Index Cond: user_id)',
        '    call at 1,000,000,000 rows of orders',
        '    call with frequent values',
        '    call with other values',
        '    call with the exported statistics',
        '    call with values that no row has',
        '',
      ].join('\n'),
    )
    const [pages] = ledger.pages.flatMap(({ rules }) =>
      rules.filter(({ id }) => id === 'queries/pages by text'),
    )
    expect(pages!.plans![0]!.tree).toEqual([
      'Limit',
      '  Index Only Scan using "odd ""i""" on "Odd ""page""" (Index Cond: "Großer Text")',
    ])
    expect(ledger.head!.statistics).toMatch(/^[0-9a-f]{16}$/u)
  })

  it('are not asked for again where nothing changed, and are the same where they are', async () => {
    expect(await checkMigrated(proven, null)).toMatchObject({ planned: 0, findings: [] })
    const other = { ...ledger, head: { ...ledger.head!, locale: 'other' } }
    const now = { rules: [], structures: [] }
    const again = await checkPlans(proven, other, now)
    expect([again.asked, again.findings]).toEqual([2, []])
  })

  it('say what a migration changes, with both trees', async () => {
    const changed = await migrate('drop index orders_recent', 'create index orders_user on orders (user_id)')
    const checked = await checkMigrated(changed, null)
    const [finding, ...more] = plansIn(checked)
    expect(checked.planned).toBe(2)
    expect(new Set(more.map(({ rule }) => rule))).toEqual(new Set([`queries/${recent}`]))
    expect(finding).toMatchObject({ code: 'plan.changed', severity: 'error', rule: `queries/${recent}` })
    // Nothing in git says how the index was that is gone; without the new one alone the old plan does not come back.
    expect(finding!.why).toMatch(
      /^since the ledger was written: orders\/index:.*is gone; .*orders\/index:user_id is new$/u,
    )
    expect(finding!.plan!.before).toHaveLength(2)
    expect(finding!.plan!.after.join('\n')).toContain('using orders_user')
    expect(finding!.fix).toContain(
      '\n-   Index Only Scan using orders_recent on orders (Index Cond: user_id)\n',
    )
  })

  it('say what other statistics change', async () => {
    writeStatistics(3)
    const [few, ...more] = plansIn(await checkMigrated(proven, null))
    expect(more).toEqual([])
    expect(few).toMatchObject({
      summary: `"${recent}", with the exported statistics: PostgreSQL takes another plan than in the ledger`,
      why: 'since the ledger was written: the exported statistics differ, and nothing else that plans follow from',
    })
    expect(few!.plan!.after.at(-1)).toContain('Seq Scan on orders')
  })

  it('are compared where the statistics are of another version, and that is an error for queries that it touches', async () => {
    writeStatistics(1e8)
    // A part of a word that the query says is no column that it reads.
    const wider = await migrate(
      'alter table orders add column note text, add column us text',
      'create table more (id int)',
    )
    const statisticsOf = ({ findings }: Checked) =>
      findings.filter(({ code }) => code === 'plan.changed' || code === 'statistics.other-schema')
    expect(statisticsOf(await checkMigrated(wider, null))).toEqual([])
    const other = await migrate('alter table orders alter user_id type integer')
    const [found, ...more] = statisticsOf(await checkMigrated(other, null)).filter(
      ({ code }) => code === 'statistics.other-schema',
    )
    expect(more).toEqual([])
    expect(found).toMatchObject({
      severity: 'error',
      rule: `queries/${recent}`,
      summary: `The exported statistics do not know what "${recent}" reads: orders.user_id is bigint there and integer here`,
    })
  })
})
