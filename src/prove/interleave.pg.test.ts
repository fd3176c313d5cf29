/** Forced interleavings on a real server: what counts without locking lets two sessions through, what locks does not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import type { Experiment, Interleaving } from '../rules/experiment.ts'
import { runInterleaving } from './interleave.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

const seatsSchema = (guard: string): string => `
  create table seats (id int primary key, tenant int not null);
  create function at_most_ten() returns trigger language plpgsql as $$
  begin
    ${guard}
    if (select count(*) from seats where tenant = new.tenant) >= 10 then
      raise exception 'full' using errcode = '23514';
    end if;
    return new;
  end $$;
  create trigger at_most_ten before insert on seats for each row execute function at_most_ten();
  grant all on seats to public;`

const violations = 'select tenant, count(*) from seats group by tenant having count(*) > 10'

const filled = Array.from({ length: 9 }, (_, n) => `insert into seats values (${n}, 1)`)

const experiment = (steps: Interleaving['steps'], given: readonly string[] = filled): Experiment => ({
  id: 'seats/holds:ten#1',
  rule: 'seats/holds:ten',
  title: 'two sessions each take the last seat',
  world: { id: 'empty', statements: [] },
  given,
  when: [],
  then: { kind: 'rows', rows: [] },
  interleaving: { steps, violations },
})

const order = (text: string, begin = 'begin'): Interleaving['steps'] =>
  text.split(' ').map((word) => {
    const session = word.endsWith('1') ? 1 : 2
    const sql = { b: begin, w: `insert into seats values (${100 + session}, 1)`, c: 'commit' }[word[0]!]!
    return { session, sql }
  })

/** Its answer to COMMIT comes late: what it let go on has ended by then, and more behind it. */
const answeringLate = (session: Session): Session => ({
  ...session,
  async batch(texts) {
    const replies = await session.batch(texts)
    if (texts.includes('commit')) await pause(60)
    return replies
  },
})

/** `first`: what becomes of the first session. */
const onSchema = async (schema: string, given: Experiment, first = (session: Session) => session) => {
  const database = await server.createDatabase('interleave')
  try {
    const owner = await server.connect(database, 'owner')
    await owner.query(schema)
    await owner.end()
    let opened = 0
    return await runInterleaving(async () => {
      const session = await server.connect(database, 'prover')
      // The watcher is opened before it.
      return opened++ === 1 ? first(session) : session
    }, given)
  } finally {
    await server.dropDatabase(database)
  }
}

const orders = ['b1 b2 w1 w2 c1 c2', 'b1 b2 w1 w2 c2 c1', 'b1 b2 w2 w1 c1 c2', 'b1 b2 w2 w1 c2 c1']

describe('a trigger that counts to ten', () => {
  it.each(orders)('without a lock lets both sessions commit (%s)', async (text) => {
    const observed = await onSchema(seatsSchema(''), experiment(order(text)))
    expect(observed.fault).toBeNull()
    expect(observed.rows).toEqual([['1', '11']])
    expect(observed.steps.every((s) => s.fault === null && !s.waited)).toBe(true)
  })

  it.each(orders)('that locks the table holds: the second waits and is refused (%s)', async (text) => {
    const locked = seatsSchema('lock table seats in share row exclusive mode;')
    const observed = await onSchema(locked, experiment(order(text)))
    expect(observed).toMatchObject({ fault: null, stage: 'when', rows: [] })
    const waited = observed.steps.filter((s) => s.waited)
    expect(waited).toHaveLength(1)
  })

  it('that takes an advisory lock holds', async () => {
    const locked = seatsSchema('perform pg_advisory_xact_lock(new.tenant);')
    const observed = await onSchema(locked, experiment(order('b1 b2 w1 w2 c1 c2')))
    expect(observed.rows).toEqual([])
    // Which of two answers arrives first, the commit or what it let go, is nobody's choice.
    const stepsOf = (session: number) =>
      observed.steps
        .filter((s) => s.session === session)
        .map((s) => [s.sql.slice(0, 6), s.waited, s.fault?.sqlstate ?? null])
    expect(stepsOf(1)).toEqual([
      ['begin', false, null],
      ['insert', false, null],
      ['commit', false, null],
    ])
    expect(stepsOf(2)).toEqual([
      ['begin', false, null],
      ['insert', true, '23514'],
      ['commit', false, null],
    ])
  })

  it('without a lock holds when the sessions are serializable: one is refused with 40001', async () => {
    const steps = order('b1 b2 w1 w2 c1 c2', 'begin isolation level serializable')
    const observed = await onSchema(seatsSchema(''), experiment(steps))
    expect(observed.rows).toEqual([])
    expect(observed.steps.filter((s) => s.fault?.sqlstate === '40001')).toHaveLength(1)
  })
})

describe('the order of steps', () => {
  it.each([
    ['', (session: Session) => session],
    [', however late it answers', answeringLate],
  ])('keeps the later steps of a waiting session behind it and lets the other go on%s', async (_, first) => {
    const schema = 'create table t (id int primary key, v int); grant all on t to public;'
    const steps: Interleaving['steps'] = [
      { session: 1, sql: 'begin' },
      { session: 1, sql: 'update t set v = v + 1' },
      { session: 2, sql: 'begin' },
      { session: 2, sql: 'update t set v = v * 10' },
      { session: 2, sql: 'commit' },
      { session: 1, sql: 'update t set v = v + 1' },
      { session: 1, sql: 'commit' },
    ]
    const asked: Experiment = {
      ...experiment(steps, ['insert into t values (1, 0)']),
      interleaving: { steps, violations: 'select v from t' },
    }
    const observed = await onSchema(schema, asked, first)
    expect(observed.rows).toEqual([['20']])
    expect(observed.steps.map((s) => `${s.session}${s.waited ? ' waited' : ''}`)).toEqual([
      '1',
      '1',
      '2',
      '1',
      '1',
      '2 waited',
      '2',
    ])
  })

  it('lets PostgreSQL end a deadlock, which counts as a refusal', async () => {
    const schema = 'create table t (id int primary key, v int); grant all on t to public;'
    const steps: Interleaving['steps'] = [
      { session: 1, sql: 'begin' },
      { session: 2, sql: 'begin' },
      { session: 1, sql: 'update t set v = 1 where id = 1' },
      { session: 2, sql: 'update t set v = 2 where id = 2' },
      { session: 1, sql: 'update t set v = 1 where id = 2' },
      { session: 2, sql: 'update t set v = 2 where id = 1' },
      { session: 1, sql: 'commit' },
      { session: 2, sql: 'commit' },
    ]
    const asked: Experiment = {
      ...experiment(steps, ['insert into t values (1, 0), (2, 0)']),
      interleaving: { steps, violations: 'select * from t where false' },
    }
    const observed = await onSchema(schema, asked)
    expect(observed.fault).toBeNull()
    expect(observed.steps.filter((s) => s.fault?.sqlstate === '40P01')).toHaveLength(1)
    expect(observed.steps).toHaveLength(8)
  })

  it('tells a world that cannot be from a rule that does not hold', async () => {
    const broken = experiment(order('b1 c1'), ['insert into seats values (null, 1)'])
    const observed = await onSchema(seatsSchema(''), broken)
    expect(observed).toMatchObject({ stage: 'given', fault: { sqlstate: '23502' } })
  })

  it('takes back what the steps leave open, and lets the waiting session end', async () => {
    const locked = seatsSchema('lock table seats in share row exclusive mode;')
    const observed = await onSchema(locked, experiment(order('b1 b2 w1 w2 c2')))
    expect(observed.rows).toEqual([])
    expect(observed.steps.map((s) => [s.session, s.waited, s.fault])).toEqual([
      [1, false, null],
      [2, false, null],
      [1, false, null],
      [2, true, null],
      [2, false, null],
    ])
  })
})
