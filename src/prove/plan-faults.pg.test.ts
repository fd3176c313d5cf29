/** Indexed rules that do not hold, on a real server: each says what the plan does instead, or what to give it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { table } from '../index.ts'
import type { DeclaredTable } from '../architecture/architecture.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'
import type { RuleResult } from './result.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

const columns = {
  id: 'bigint',
  user_id: 'bigint',
  at: 'timestamptz',
  gone_at: 'timestamptz',
  data: 'jsonb',
} as const

const visits = `
  create table visits (
    id bigint primary key, user_id bigint not null, at timestamptz not null, gone_at timestamptz, data jsonb not null
  );`

const ruleOn = async (sql: string, declared: DeclaredTable): Promise<RuleResult> => {
  const template = await server.createDatabase('faults')
  const owner = await server.connect(template, 'owner')
  await owner.query(visits + sql)
  await owner.end()
  await server.admitRoles()
  const asked = declared.rules.find((r) => r.kind === 'indexed')!
  try {
    const result = await prove({
      architecture: { name: 'faults', tables: [declared], identity: null },
      server,
      template,
      steps: ['red', 'green'],
      only: [asked.id],
      startSeconds: 0,
    })
    return result.rules.find((r) => r.id === asked.id)!
  } finally {
    await server.dropDatabase(template)
  }
}

const differences = (rule: RuleResult) => rule.experiments.filter((e) => !e.holds).map((e) => e.difference)

describe('an indexed rule', () => {
  const newest = table('visits', columns, (t) => [t.indexed('user_id', 'at desc')])

  it('without its index claims nothing, and its mend makes one', async () => {
    const rule = await ruleOn('', newest)
    expect(rule).toMatchObject({ green: false, claims: [], red: { proven: true } })
    expect(differences(rule)[0]).toMatch(/^the plan does not use visits_user_id_at_idx, it uses no index/u)
    const mend = 'create index "visits_user_id_at_idx" on "public"."visits" ("user_id", "at" desc);'
    expect(rule.experiments[0]!.experiment.mend).toBe(mend)
    expect(rule.design).toEqual([mend])
  })

  it('whose mend is followed is green', async () => {
    const { design } = await ruleOn('', newest)
    const rule = await ruleOn(design.join('\n'), newest)
    expect(rule).toMatchObject({ green: true, claims: ['visits/index:user_id,"at desc"'] })
  })

  it('does not claim an index of another shape', async () => {
    const living = table('visits', columns, (t) => [t.indexed('user_id', 'at', { where: 'gone_at is null' })])
    const rule = await ruleOn('create index on visits (user_id, at)', living)
    expect(rule).toMatchObject({ green: false, claims: [] })
  })

  it('whose statement another index serves says which one', async () => {
    const serves = 'select * from visits where user_id = 7 order by at limit 10'
    const rule = await ruleOn(
      'create index visits_user on visits (user_id); create index visits_user_at on visits (user_id, at)',
      table('visits', columns, (t) => [t.indexed('user_id', { serves })]),
    )
    expect(rule.claims).toEqual(['visits/index:user_id'])
    expect(differences(rule)).toEqual(['the plan does not use visits_user, it uses visits_user_at instead'])
    expect(rule.experiments[0]!.experiment.mend).toBe(
      `say which statement it is for, with { serves: 'select …' }, or drop it with its rule:\ndrop index "public"."visits_user";`,
    )
  })

  it('whose table takes no thousands of rows is unsolved: no plan over an empty table is judged', async () => {
    const lots = table('lots', { id: 'bigint', n: 'integer', share: 'integer' }, (t) => [
      t.primaryKey('id'),
      t.generated({ share: '1000 / (n - 77)' }),
      t.indexed('n'),
    ])
    const rule = await ruleOn(
      `create table lots (id bigint primary key, n int, share int generated always as (1000 / (n - 77)) stored);
      create index on lots (n)`,
      lots,
    )
    expect(rule.green).toBe(false)
    expect(rule.unsolved[0]!.summary).toMatch(/^lots could not be filled with rows to plan on: /u)
    expect(differences(rule)).toEqual([])
  })

  it('whose index PostgreSQL refuses is unsolved, with the refusal', async () => {
    const rule = await ruleOn(
      '',
      table('visits', columns, (t) => [t.indexed('user_id', { using: 'gin' })]),
    )
    expect(rule.green).toBe(false)
    expect(rule.unsolved[0]!.summary).toMatch(
      /^PostgreSQL refuses the declared index: data type bigint has no default/u,
    )
  })
})
