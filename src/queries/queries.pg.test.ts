/**
 * Declared queries through the whole engine on a real server: within their budget on loaded rows, beyond it without
 * their indexes, measured, and looked through. Names are odd, tables are partitioned and bound by policies.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bare, declared, migration } from '../../test/support/queries-shop.ts'
import { architecture, sql, table } from '../index.ts'
import type { Architecture } from '../architecture/architecture.ts'
import type { AssayErrors } from '../ground/errors.ts'
import type { QueryRule } from '../architecture/kinds/query.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import { parsePlan } from '../postgres/plan.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { openGround } from '../prove/proof-ground.ts'
import { prove, type Step } from '../prove/prove.ts'
import type { Finding, ProveResult, RuleResult } from '../prove/result.ts'
import { completeProof } from './complete-proof.ts'
import { planFindings } from './plan-findings.ts'
import type { PlanGround } from './run-plan.ts'
import type { ValidateResult } from './result.ts'
import { validateQueries } from './validate.ts'

let server: Server
let template: string
let result: ProveResult
let validated: ValidateResult

const proveQueries = (shop: Architecture, steps: readonly Step[]): Promise<ProveResult> =>
  prove({ architecture: shop, server, template, steps, only: ['queries'], startSeconds: 0 })

const proveShop = async (): Promise<ProveResult> => {
  const shop = declared()
  const ground = await openGround(server, template)
  try {
    const steps = ['red', 'green', 'mutate'] as const
    const wish = { architecture: shop, server, template, steps, only: ['queries'], startSeconds: 0, ground }
    const found = await prove(wish)
    const parts = { architecture: shop, server, template, ground, given: null, plansElsewhere: true }
    return await completeProof(found, parts)
  } finally {
    await ground.close()
  }
}

beforeAll(async () => {
  server = await startServer({})
  template = await server.createDatabase('shop')
  const owner = await server.connect(template, 'owner')
  await owner.query(migration)
  await owner.end()
  await server.admitRoles()
  result = await proveShop()
  validated = await validateQueries({ architecture: declared(), server, template, only: [] })
})
afterAll(() => server?.stop())

const ruleOf = (sentence: string): RuleResult => result.rules.find((r) => r.id === `queries/${sentence}`)!
const failing = (rule: RuleResult) =>
  rule.experiments.filter((e) => !e.holds).map((e) => [e.experiment.title, e.difference])
const mutantsOf = (name: string) =>
  result.structures.find((s) => s.kind === 'index' && s.name === name)!.mutants
const told = (findings: readonly Finding[], sentence: string): readonly (readonly [string, string])[] =>
  findings.filter((f) => f.rule === `queries/${sentence}`).map((f) => [f.code, f.summary])

describe('a query within its budget', () => {
  it('is green with frequent, other and absent values, as the application', () => {
    const rule = ruleOf('recent orders of a user')
    expect(rule.unsolved).toEqual([])
    expect(failing(rule)).toEqual([])
    expect(rule.experiments.map((e) => e.experiment.title)).toEqual([
      'with frequent values, it stays within the budget',
      'with other values, it stays within the budget',
      'with values that no row has, it stays within the budget',
    ])
    expect(rule.experiments.map((e) => e.experiment.as?.role)).toEqual(['app', 'app', 'app'])
    const plan = parsePlan(rule.experiments[0]!.observed.rows[0]![0]!)
    expect(plan).toMatchObject({ 'Node Type': 'Limit', 'Actual Rows': 20 })
  })

  it('is red without its indexes, because the budget breaks, and says so without numbers of this server', () => {
    expect(ruleOf('recent orders of a user').red).toEqual({
      proven: true,
      experiment: 'queries/recent orders of a user#1',
      why: 'without its structures: with frequent values, it stays within the budget → it looks at more than 30 buffers',
    })
  })

  it.each(['a page by its text', 'events of a kind since'])('is claimed and proven: %s', (sentence) => {
    const rule = ruleOf(sentence)
    expect([rule.unsolved, failing(rule), rule.red?.proven]).toEqual([[], [], true])
    expect(rule.claims).toHaveLength(1)
  })

  it('needs its index as it is: what changes its plan is noticed, of columns with one value the direction is not', () => {
    const open = mutantsOf('orders_recent').filter((m) => m.verdict !== 'killed')
    expect(open.map((m) => [m.operator, m.summary, m.verdict])).toEqual([
      ['index.direction-flipped', 'tenant_id is ordered descending', 'equivalent'],
      ['index.direction-flipped', 'user_id is ordered descending', 'equivalent'],
    ])
  })

  it('tells an index without which no budget breaks: its removal survives', () => {
    expect(mutantsOf('orders_idle')[0]).toMatchObject({ effect: 'removed', verdict: 'survived' })
    expect(mutantsOf('orders_recent')[0]).toMatchObject({ effect: 'removed', verdict: 'killed' })
  })

  it('names what an index costs that no budget needs', () => {
    const about = result.findings.filter(({ structure }) => structure === 'orders/index:tenant_id,user_id')
    const costs = about.filter(({ why }) => why.includes('bytes of disk for each row'))
    expect(costs.map(({ code, reason }) => [code, reason])).toEqual([
      ['mutant.survived', mutantsOf('orders_idle')[0]!.summary],
    ])
    expect(costs[0]!.why).toMatch(
      /it takes [\d.]+ bytes of disk for each row, and each insert looks at [\d.]+ buffers/u,
    )
  })

  it('has the plans of its calls and of its declared size, partitions told as their whole', () => {
    const treesOf = (sentence: string) =>
      ruleOf(sentence).plans!.map(({ call, basis, tree }) => [call, basis, ...tree])
    expect(treesOf('recent orders of a user')).toMatchInlineSnapshot(`
      [
        [
          "with frequent values",
          "loaded",
          "Limit",
          "  Index Only Scan using orders_recent on orders (Index Cond: tenant_id, user_id)",
        ],
        [
          "with other values",
          "loaded",
          "Limit",
          "  Index Only Scan using orders_recent on orders (Index Cond: tenant_id, user_id)",
        ],
        [
          "with values that no row has",
          "loaded",
          "Limit",
          "  Index Only Scan using orders_recent on orders (Index Cond: tenant_id, user_id)",
        ],
        [
          "at 1,000,000,000 rows of orders",
          "size",
          "Limit",
          "  Index Only Scan using orders_recent on orders (Index Cond: tenant_id, user_id)",
        ],
      ]
    `)
    expect(treesOf('events of a kind since')).toMatchInlineSnapshot(`
      [
        [
          "with frequent values",
          "loaded",
          "Append",
          "  Bitmap Heap Scan on events",
          "    Bitmap Index Scan using events_kind (Index Cond: kind, at)",
        ],
        [
          "with other values",
          "loaded",
          "Bitmap Heap Scan on events",
          "  Bitmap Index Scan using events_kind (Index Cond: kind, at)",
        ],
        [
          "with values that no row has",
          "loaded",
          "Append",
          "  Index Scan using events_kind on events (Index Cond: kind, at)",
        ],
      ]
    `)
  })

  it('says the same on a second run', async () => {
    const texts = ({ rules, structures }: ProveResult) => [
      rules.map((r) => [
        r.id,
        r.sentence,
        r.claims,
        r.green,
        r.red,
        r.experiments.map((e) => e.experiment.title),
        r.plans?.map((p) => [p.call, p.tree]),
      ]),
      structures.map((s) => s.mutants.map((m) => [m.id, m.verdict, m.why])),
    ]
    expect(texts(await proveShop())).toEqual(texts(result))
  })
})

describe('a query beyond its budget', () => {
  it('is not green, and says by how much', () => {
    const rule = ruleOf('orders by the start of a note')
    expect(rule.green).toBe(false)
    expect(failing(rule)[0]![1]).toMatch(/^it reads \d+ rows for each that it returns, the budget is 5$/u)
  })

  it('is told for what its text says', () => {
    expect(told(result.findings, 'orders with a note').map(([code]) => code)).toEqual([
      'query.limit-without-order',
      'query.offset-paging',
      'query.reads',
      'query.columns-unread',
      'query.row-type',
      'query.row-type',
    ])
    expect(told(result.findings, 'orders with a note').slice(2)).toMatchInlineSnapshot(`
      [
        [
          "query.reads",
          "orders: "orders with a note" names users, and does not read it",
        ],
        [
          "query.columns-unread",
          "orders: "orders with a note" fetches tenant_id, user_id, state and ordered_at, which its row type does not have",
        ],
        [
          "query.row-type",
          "orders: "orders with a note" does not return the column "gone" of its row type",
        ],
        [
          "query.row-type",
          "orders: "orders with a note" returns "note" as text, not as varchar",
        ],
      ]
    `)
    expect(told(result.findings, 'users with their orders counted')).toMatchInlineSnapshot(`
      [
        [
          "query.reads",
          "users: "users with their orders counted" reads orders, which it does not name",
        ],
      ]
    `)
  })
})

describe('validate', () => {
  it('measures every call beside the calibration query', () => {
    const found = validated.queries.find((q) => q.sentence === 'recent orders of a user')!
    expect(found).toMatchObject({ target: 10, isUsual: false, unsolved: [] })
    expect(found.calls).toHaveLength(3)
    for (const call of found.calls) {
      expect(call.broken).toBeNull()
      expect(call.runs).toBeGreaterThan(0)
      expect(call.p95).toBeGreaterThanOrEqual(call.median)
      expect(call.ratio).toBeGreaterThan(0)
    }
    expect(found.calls[0]).toMatchObject({ rowsReturned: 20, rowsRead: 20 })
    expect(validated.queries.map(({ target, isUsual }) => [target, isUsual])).toMatchInlineSnapshot(`
      [
        [
          10,
          true,
        ],
        [
          10,
          false,
        ],
        [
          50,
          true,
        ],
        [
          10,
          true,
        ],
        [
          10,
          true,
        ],
        [
          10,
          true,
        ],
        [
          10,
          true,
        ],
      ]
    `)
  })

  it('finds the sizes at which a plan becomes another, and has all plans for the report', async () => {
    const only = ['queries/users with their orders counted']
    const wish = { architecture: declared(), server, template, only, sweep: true }
    const { queries, rules } = await validateQueries(wish)
    const [sweep, ...more] = queries[0]!.sweeps!
    expect([more, sweep!.table, sweep!.failed]).toEqual([[], 'users', null])
    expect([sweep!.points[0]!.rows, sweep!.points.at(-1)!.rows]).toEqual([1e3, 1e10])
    expect(sweep!.flips.length).toBeGreaterThan(0)
    for (const { below, above } of sweep!.flips) {
      expect(above.rows).toBeGreaterThan(below.rows)
      expect(above.rows / below.rows).toBeLessThan(1.06)
      expect(above.shape).not.toBe(below.shape)
    }
    expect(rules.map(({ id }) => id)).toEqual(only)
    expect(rules[0]!.sweeps).toEqual([sweep])
    expect(rules[0]!.plans!.map(({ basis }) => basis)).toEqual(['loaded', 'loaded', 'loaded'])
  })

  it('plans a query at the size that it declares, whatever is loaded', () => {
    const found = validated.queries.find((q) => q.sentence === 'recent orders of a user')!
    expect(found.unprojected).toEqual([])
    expect(found.projected).toHaveLength(1)
    for (const call of found.projected) {
      expect(call).toMatchObject({ rows: { orders: 1_000_000_000 }, broken: null })
      expect(call.plan.join('\n')).toContain('orders_recent')
      expect(call.cost).toBeLessThan(1_000)
    }
  })

  it('measures on as many rows as are wished, with every constraint live', async () => {
    const found = await validateQueries({
      architecture: declared(),
      server,
      template,
      only: ['queries/recent orders of a user'],
      sizes: () => new Map([['orders', 20_000]]),
    })
    expect(found.rows).toEqual({ orders: 20_000 })
    const [query] = found.queries
    expect(query!.unsolved).toEqual([])
    expect(query!.calls.map((call) => call.broken)).toEqual([null, null, null])
    expect(query!.calls[0]!.rowsReturned).toBeGreaterThan(0)
    expect(query!.calls[2]!.rowsReturned).toBe(0)
  })

  it('weighs every index, and names those that no query needs with what they cost', () => {
    const costs = new Map(validated.indexes.map((cost) => [cost.name, cost]))
    expect(costs.get('orders_recent')!.neededBy).toContain('queries/recent orders of a user')
    const idle = costs.get('orders_idle')!
    expect(idle.neededBy).toEqual([])
    expect(idle.bytesPerRow).toBeGreaterThan(5)
    expect(idle.buffersPerInsert).toBeGreaterThan(0.5)
    expect(idle.walPerInsert).toBeGreaterThan(20)
    const unneeded = validated.findings.filter((f) => f.code === 'index.unneeded')
    expect(unneeded.map((f) => f.structure)).toEqual(['orders/index:tenant_id,user_id', 'orders/index:note'])
    expect(unneeded[0]!.why).toMatch(/takes [\d.]+ bytes of disk for each row, and each insert/u)
    expect(unneeded[0]!.fix).toContain('drop index "public"."orders_idle";')
  })

  it('tells what a plan says', () => {
    const codes = (sentence: string) =>
      told(validated.findings, sentence)
        .map(([code]) => code)
        // It depends on the machine.
        .filter((code) => code !== 'query.slow')
    expect(codes('orders by the start of a note')).toContain('query.not-leakproof')
    expect(codes('orders by the start of a note')).toContain('query.over-budget')
    expect(codes('users with their orders counted')).toContain('query.policy-per-row')
    expect(codes('users with their orders counted')).toContain('query.subquery-per-row')
    expect(codes('recent orders of a user')).toEqual([])
  })

  it('tells of rows that are misjudged because columns go together', async () => {
    const database = await server.createDatabase('pairs')
    const owner = await server.connect(database, 'owner')
    try {
      await owner.query(
        'create table pairs as select n % 20 as "Äa", n % 20 as b from generate_series(1, 20000) n; analyze pairs',
      )
      const catalog = await readCatalog(owner, owner)
      const asked = 'explain (analyze, format json, timing off) select from pairs where "Äa" = 1 and b = 1'
      const planAfter = async (ddl: readonly string[]) => {
        const [reply] = await owner.batch([['begin', ...ddl, asked].join(';\n'), 'rollback'])
        return parsePlan(reply!.commands.at(-1)!.rows[0]![0]!)
      }
      const plan = (await planAfter([]))!
      const ground: PlanGround = { catalog, wholes: new Map(), db: owner, planAfter }
      const rule = { id: 'queries/x', sentence: 'x', reads: ['pairs'], at: null } as unknown as QueryRule
      const [finding, ...others] = await planFindings({ rule, plan, asOwner: null }, ground)
      expect(others).toEqual([])
      expect(finding).toMatchObject({
        code: 'query.estimate',
        summary: '"x": PostgreSQL expects 50 rows at Seq Scan on pairs, and 1000 come',
      })
      const statements = finding!.fix.split('\n').slice(1).join('\n')
      await owner.query(statements)
      expect(await planFindings({ rule, plan: (await planAfter([]))!, asOwner: null }, ground)).toEqual([])
    } finally {
      await owner.end()
    }
  })
})

describe('a bad query', () => {
  const faultsOf = async (declare: (shop: ReturnType<typeof bare>) => void) => {
    const shop = bare()
    declare(shop)
    const failed = prove({
      architecture: shop,
      server,
      template,
      steps: ['green'],
      only: ['queries'],
      startSeconds: 0,
    })
    const { errors } = (await failed.catch((cause: unknown) => cause)) as AssayErrors
    return errors.map((e) => ({ code: e.code, message: e.message, where: e.where }))
  }

  it('that PostgreSQL refuses is told with file, line and caret, all of them at once', async () => {
    const faults = await faultsOf((shop) => {
      shop.query('plain', ['orders'], sql('select id from orders where usr_id = :user', { user: 'bigint' }))
      shop.query('built', ['orders'], (db) => db.selectFrom('orders').select('idd' as 'id'))
      shop.query('other', ['orders'], sql('select 1 from ordrs'))
      shop.query('again', ['orders'], sql('select id frm orders where id = :id', { id: 'bigint' }))
    })
    expect(faults.map((f) => f.message)).toEqual([
      'queries/plain: PostgreSQL refuses its SQL: column "usr_id" does not exist',
      'queries/built: PostgreSQL refuses its SQL: column "idd" does not exist',
      'queries/other: PostgreSQL refuses its SQL: relation "ordrs" does not exist',
      'queries/again: PostgreSQL refuses its SQL: syntax error at or near "orders"',
    ])
    const lines = faults.map(({ where }) => where!.line)
    expect(lines).toEqual([0, 1, 2, 3].map((n) => lines[0]! + n))
    for (const [i, word] of ['usr_id', 'idd', 'ordrs', 'orders where'].entries()) {
      const { where } = faults[i]!
      expect(where?.file).toMatch(/queries\.pg\.test\.ts$/u)
      const [line, caret] = where!.excerpt!.split('\n')
      expect(line!.slice(caret!.indexOf('^'))).toMatch(new RegExp(`^['"]?${word}`, 'u'))
    }
  })

  it('over what no migration has made yet is red, and no fault', async () => {
    const coming = table('coming', { id: 'bigint', at: 'timestamptz' }, (t) => [t.primaryKey('id')])
    const wider = table(
      'users',
      { tenant_id: 'bigint', id: 'bigint', email: 'text', "born'at": 'date' },
      (t) => [t.primaryKey('tenant_id', 'id'), t.required('email')],
    )
    const shop = architecture('shop', { tables: { wider, coming } })
    shop.query('young', ['users'], (db) =>
      db.selectFrom('users as u').select('id').where("u.born'at", '>', new Date(0)),
    )
    shop.query('both', ['users', 'coming'], (db) =>
      db.selectFrom('users').innerJoin('coming', 'coming.id', 'users.id').select('users.id'),
    )
    const found = await proveQueries(shop, ['green', 'red'])
    expect(found.rules.map((r) => [r.id, r.green, r.red])).toEqual([
      ['queries/young', false, { proven: true, experiment: null, why: "table users has no column born'at" }],
      ['queries/both', false, { proven: true, experiment: null, why: 'table coming does not exist' }],
    ])
  })

  it('whose budget asks for an index that is nowhere is told so, with the nearest name', async () => {
    const shop = bare()
    const asked = sql('select id from orders where tenant_id = :tenant', { tenant: 'bigint' })
    shop.query('slip', ['orders'], asked, { budget: { uses: 'orders_recnt', never: [] } })
    shop.query('none', ['orders'], asked, { budget: { uses: 'no "such" Index', never: [] } })
    const mends = [
      'No index is called "orders_recnt": neither in the database nor among what is declared. Did you mean "orders_recent"? Name one',
      'No index is called "no "such" Index": neither in the database nor among what is declared. Name one',
    ].map((mend) => expect.stringContaining(mend) as string)
    const proven = await proveQueries(shop, ['green'])
    expect(proven.rules.map(({ experiments: [first] }) => first!.difference)).toEqual([
      'there is no index orders_recnt',
      'there is no index no "such" Index',
    ])
    expect(proven.findings.filter(({ code }) => code !== 'rule.note').map(({ fix }) => fix)).toEqual(mends)
    const only = ['queries/slip', 'queries/none']
    const { findings } = await validateQueries({ architecture: shop, server, template, only })
    expect(findings.filter(({ code }) => code === 'query.over-budget').map(({ fix }) => fix)).toEqual(mends)
  })

  it('with a parameter that has no value is unsolved, and says what to name', async () => {
    const shop = bare()
    shop.query('no value', ['orders'], sql('select id from orders where id + :n = 7', { n: 'bigint' }))
    const found = await proveQueries(shop, ['green'])
    expect(found.rules[0]!.unsolved.map((u) => u.summary)).toEqual([
      'no value is known for its parameter "n"; name calls with { with: [{ n: … }] }',
    ])
  })
})
