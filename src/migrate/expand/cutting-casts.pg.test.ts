/** Casts that a person states and that cut values: told before anything runs, and the rows that the way back would cut are named. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlType, table } from 'assay'
import { PgError } from '../../postgres/fault.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { withoutCuts, withoutRounding } from './without-cuts.ts'
import { declared, withShapeProject } from '../../../test/support/shape-lab.ts'

let server: Server

beforeAll(async () => {
  await loadParser()
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

it.each([
  [`"ü'(5)"::varchar(5) || 'a::varchar(5)'`, `"ü'(5)"::varchar || 'a::varchar(5)'`],
  ['cast(a as character varying ( 5 ))', 'cast(a as varchar)'],
  ['a::char(3)', 'a::bpchar'],
  ['a::character', 'a::bpchar'],
  ['a::bit(3)', 'a::bit varying'],
  ['a::bit varying(3)', 'a::bit varying'],
  ['varchar(3) a', null],
  ['f(a::numeric(10,2)::varchar(7), b::decimal(3))', 'f(a::numeric::varchar, b::numeric)'],
  ['a::varchar(5)[]', 'a::varchar[]'],
  ['a::pg_catalog.varchar(5)', 'a::pg_catalog.varchar'],
  ['a::text', null],
  ['a::varchar', null],
  ['left(a, 5)', null],
  ['a::', null],
])('%s says without a cut: %s', (sql, uncut) => {
  expect(withoutCuts(sql)).toBe(uncut)
})

it.each([
  ['a::int4 + cast(b as bigint)', 'a::numeric + cast(b as numeric)'],
  ['at::date', 'at::timestamp'],
  ['at::pg_catalog.timestamptz(0)', 'at::pg_catalog.timestamptz'],
  ['at::timestamp ( 3 ) with time zone', 'at::timestamp with time zone'],
  ['a::float4', 'a::double precision'],
  ['a::daterange', null],
  ['a::interval', null],
  ['integer', null],
])('%s says without rounding: %s', (sql, whole) => {
  expect(withoutRounding(sql)).toBe(whole)
})

const refusal = (work: Promise<void>): Promise<string> =>
  work.then(
    () => 'done',
    (cause: unknown) => (cause instanceof PgError ? cause.fault.message : String(cause)),
  )

describe('a cast that cuts', () => {
  it('is told where it can, and no row is cut on the way back without a word', async () => {
    const sql = `create table t (id int primary key, "nä""me" text, amount numeric(12,4), short varchar(5), free text, doc jsonb)`
    const t = table(
      't',
      {
        id: 'int',
        label: 'varchar(8)',
        cents: 'numeric(12,2)',
        tiny: 'varchar(8)',
        first: 'varchar(5)',
        kind: 'varchar(9)',
      },
      (rules) => [rules.primaryKey('id')],
    )
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const { db } = project
      await db.query(
        `insert into t values (1, 'much too long', 1.2345, 'abcde', 'whatever', '{"kind": "some"}'), (2, 'good', 1, 'a', null, null)`,
      )
      const stated = (column: string, text: string) => ({ table: 't', column, sql: text })
      const expanded = await project.expand({
        set: [
          stated('label', '"nä""me"::varchar(8)'),
          stated('cents', 'cast(amount as numeric(12, 2))'),
          stated('tiny', 'short::varchar(8)'),
          stated('first', 'left(free, 5)::varchar(5)'),
          stated('kind', "(doc ->> 'kind')::varchar(9)"),
        ],
        back: [
          stated('nä"me', 'label'),
          stated('amount', 'cents'),
          stated('short', 'tiny::varchar(5)'),
          stated('free', 'first'),
          stated('doc', "jsonb_build_object('kind', kind)"),
        ],
      })
      const findings = expanded.findings.filter(({ code }) => code !== 'expand.unchecked-text')
      expect(findings.map(({ code, severity, structure }) => `${code} ${severity} ${structure}`)).toEqual([
        'expand.cuts warning t/column:label',
        'expand.cuts warning t/column:cents',
        'expand.cuts warning t/column:kind',
        'expand.cuts warning t/column:short',
      ])
      const [label] = findings
      const [, count = ''] = label?.fix.split('\n') ?? []
      expect(await db.json(count.replace(';', ''))).toEqual([{ count: 1 }])

      for (const phase of ['expand', 'backfill', 'switch']) await project.run(phase)
      expect(await db.json('select label, cents, tiny, first from t order by id')).toEqual([
        { label: 'much too', cents: 1.23, tiny: 'abcde', first: 'whate' },
        { label: 'good', cents: 1, tiny: 'a', first: null },
      ])
      // The new application writes what the old column has no room for.
      await db.query(`update t set tiny = 'abcdefgh' where id = 2`)
      expect(await db.json('select short from t where id = 2')).toEqual([{ short: 'abcde' }])
      for (const phase of ['switch', 'backfill']) await project.run(phase, 'down')
      expect(await refusal(project.run('expand', 'down'))).toMatch(
        /t: the old shape cannot say what stands in rows.*id.*2/su,
      )
      // It refused, and changed nothing.
      for (const phase of ['backfill', 'switch']) await project.run(phase)
      await project.contract()
      await project.run('contract')
      expect(await refusal(project.run('contract', 'down'))).toMatch(
        /t: the old shape cannot say what stands in rows.*id.*2/su,
      )
      await db.query(`update t set tiny = 'abc' where id = 2`)
      for (const phase of ['contract', 'switch', 'backfill', 'expand']) await project.run(phase, 'down')
      // What nobody wrote meanwhile is as it was.
      expect(await db.json(`select "nä""me" as name, amount, short from t order by id`)).toEqual([
        { name: 'much too long', amount: 1.2345, short: 'abcde' },
        { name: 'good', amount: 1, short: 'abc' },
      ])
    })
  })

  it('is not told where a CHECK says what may stand there', async () => {
    const sql = `create table t (id int primary key, price text constraint prices check (price ~ '^[0-9]{1,9}[.][0-9]{2}$'), n numeric check (n = round(n, 1)))`
    const t = table('t', { id: 'int', price: 'numeric(12,2)', n: 'numeric(12,1)' }, () => [])
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const { findings } = await project.expand()
      expect(findings).toEqual([])
    })
  })
})

describe('a cast that rounds', () => {
  const whatIsTold = async (from: string, to: string, check = ''): Promise<readonly string[]> => {
    const sql = `create table t (id int primary key, n ${from} ${check})`
    const t = table('t', { id: 'int', n: sqlType(to) }, (rules) => [rules.primaryKey('id')])
    let told: readonly string[] = []
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const { findings } = await project.expand()
      told = findings.map(({ code, summary }) => `${code}: ${summary}`)
    })
    return told
  }

  it.each([
    ['numeric', 'integer'],
    ['double precision', 'bigint'],
    ['timestamptz', 'date'],
    ['double precision', 'real'],
    ['text', 'date'],
  ])('is told from %s to %s', async (from, to) => {
    expect(await whatIsTold(from, to)).toContainEqual(expect.stringMatching(/^expand\.cuts: .*rounds/u))
  })

  it.each([
    ['integer', 'bigint', ''],
    ['bigint', 'integer', ''],
    ['text', 'integer', ''],
    ['boolean', 'integer', ''],
    ['numeric', 'integer', 'check (n = trunc(n))'],
    ['integer', 'text', ''],
  ])('is not told from %s to %s %s', async (from, to, check) => {
    expect(await whatIsTold(from, to, check)).not.toContainEqual(expect.stringMatching(/^expand\.cuts/u))
  })
})

describe('a row that the old shape says like another one', () => {
  const sql = `create table t (id int primary key, first text, last text, n int, code text)`
  const t = table('t', { id: 'int', name: 'text', n: 'numeric', upper: 'text' }, (rules) => [
    rules.primaryKey('id'),
  ])
  const stated = (column: string, text: string) => ({ table: 't', column, sql: text })

  it('is named on the way back, and one that it says whole is not', async () => {
    await withShapeProject(server, { sql, architecture: declared(t) }, async (project) => {
      const { db } = project
      await db.query(`insert into t values (1, 'Ann', 'Lee', 1, 'x'), (2, 'Bo  ', 'Ek', 2, 'Y')`)
      await project.expand({
        set: [stated('name', `first || ' ' || last`), stated('upper', 'upper(code)')],
        back: [
          stated('first', `split_part(name, ' ', 1)`),
          stated('last', `split_part(name, ' ', 2)`),
          stated('code', 'upper'),
        ],
      })
      for (const phase of ['expand', 'backfill', 'switch']) await project.run(phase)
      await project.contract()
      await project.run('contract')
      const back = async () => {
        const refused = await refusal(project.run('contract', 'down'))
        if (refused === 'done') await project.run('contract')
        return refused
      }
      // In both shapes by itself: as it is written, the old one says it.
      await db.query(`update t set upper = 'as written' where id = 1`)
      expect(await back()).toBe('done')
      await db.query(`update t set name = 'Ann Lee Gray' where id = 1`)
      expect(await back()).toMatch(/old shape cannot say/u)
      await db.query(`update t set name = 'Ann Gray' where id = 1`)
      expect(await back()).toBe('done')
      await db.query('update t set n = 1.5 where id = 2')
      expect(await back()).toMatch(/old shape cannot say/u)
      await db.query('update t set n = 7 where id = 2')
      for (const phase of ['contract', 'switch', 'backfill', 'expand']) await project.run(phase, 'down')
      expect(await db.json('select * from t order by id')).toEqual([
        { id: 1, first: 'Ann', last: 'Gray', n: 1, code: 'as written' },
        { id: 2, first: 'Bo  ', last: 'Ek', n: 7, code: 'Y' },
      ])
    })
  })
})
