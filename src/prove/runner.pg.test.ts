import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import type { Experiment, World } from '../rules/experiment.ts'
import { changeBetween, differenceFrom, isCausedBy } from './judge.ts'
import { runExperiments, runTrials } from './runner.ts'
import { shutOutRoles } from './shut-out.ts'

let server: Server
let db: Session

const world: World = { id: 'w', statements: ['insert into parent values (1), (2)'] }
let made = 0
const experiment = (facts: Partial<Experiment>): Experiment => ({
  id: `t/check:x#${++made}`,
  rule: 't/check:x',
  title: 'a case',
  world,
  given: [],
  when: [],
  then: { kind: 'accepted' },
  ...facts,
})

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('runner')
  const owner = await server.connect(database, 'owner')
  await owner.query(`
    create role app_runner;
    create table parent (id int primary key);
    create table child (id int primary key, parent int references parent deferrable initially deferred,
      n int constraint n_positive check (n > 0));
    grant select, insert on child, parent to app_runner;
    alter table child enable row level security;
    create policy own on child to app_runner using (id = nullif(current_setting('app.id', true), '')::int);`)
  await owner.end()
  await server.admitRoles()
  db = await server.connect(database, 'prover')
  await db.query(`set statement_timeout = '1s'`)
})

afterAll(async () => {
  await db?.end()
  await server?.stop()
})

const observe = async (facts: Partial<Experiment>, ddl: readonly string[] = []) =>
  (await runExperiments(db, server.owner, ddl, [experiment(facts)])).observations[0]!

describe('the runner', () => {
  it('gives functions that call themselves little stack, and all of it to those that need it', async () => {
    await db.query(`create function public.down(n int) returns int language plpgsql as
      'begin return case when n <= 0 then 0 else 1 + public.down(n - 1) end; end'`)
    const ddl = ['alter table child drop constraint n_positive']
    const experiments = [300, 3, 2_000_000].map((n) =>
      experiment({ when: [`select public.down(${n})`], then: { kind: 'rows', rows: [['0']] } }),
    )
    const sent: string[] = []
    const heard: Session = { ...db, batch: (texts) => (sent.push(...texts), db.batch(texts)) }
    const patience = { first: '10s', alone: '10s', stack: '400kB' }
    const answers = async (asked: readonly Experiment[]) => {
      const [outcome] = await runTrials(heard, server.owner, [{ ddl, experiments: asked }], patience)
      return outcome!.observations.map(({ fault, rows }) => fault?.sqlstate ?? rows[0]?.[0])
    }
    const deepEnough = await answers(experiments.slice(0, 2))
    const written = sent.splice(0)
    const limited = written.filter((text) => text.includes('max_stack_depth'))
    // With little, alone with all of it, and then with the others.
    expect(written.filter((text) => text.includes('down(300)'))).toHaveLength(3)
    const endless = await answers(experiments.slice(2))
    await db.query('drop function public.down')
    expect([deepEnough, limited.length, endless]).toEqual([['300', '3'], 1, ['54001']])
  })

  it('runs once what several experiments begin with, and says of each what became of it', async () => {
    await db.query(`create table public.told (n int);
      create function public.tell() returns trigger language plpgsql as 'begin raise exception ''told''; end';
      create trigger tell before insert on public.told for each row execute function public.tell()`)
    const asleep = 'alter table "public"."told" disable trigger user'
    const gone = 'alter table "public"."untold" disable trigger user'
    const insert = (n: number) => `insert into public.told values (${n})`
    const count = 'select count(*), sum(n) from public.told'
    const [outcome] = await runTrials(db, server.owner, [
      {
        ddl: ['alter table child drop constraint n_positive'],
        experiments: [
          experiment({ given: [asleep, insert(1)], when: [count] }),
          experiment({ when: [insert(2)] }),
          experiment({ given: [asleep, insert(3)], when: [insert(4), count] }),
          experiment({ given: [gone, insert(5)], when: [count] }),
          experiment({ given: [gone], when: [count] }),
        ],
      },
    ])
    await db.query('drop table public.told; drop function public.tell()')
    const told = outcome!.observations.map(({ fault, stage, rows }) => fault?.sqlstate ?? [stage, ...rows])
    expect(told).toEqual([['when', ['1', '1']], 'P0001', ['when', ['2', '7']], '42P01', '42P01'])
    expect(outcome!.observations.slice(3).map(({ stage }) => stage)).toEqual(['given', 'given'])
  })

  it('asks once more what was cut short', async () => {
    await db.query('create sequence public.asked; grant all on sequence public.asked to public')
    const slowOnce = `select case when nextval('public.asked') in (1, 2) then pg_sleep(10) end`
    const outcome = await runExperiments(
      db,
      server.owner,
      [],
      [
        experiment({ when: ['select 1'] }),
        experiment({ when: [slowOnce] }),
        experiment({ when: [slowOnce] }),
      ],
    )
    // The first two are the trial's own; a third time would be another trial's.
    expect(outcome.observations.map((o) => o.fault?.sqlstate ?? 'ok')).toEqual(['ok', 'ok', 'ok'])
    const [ddl] = await runTrials(db, server.owner, [
      { ddl: [`select case when nextval('public.asked') = 6 then pg_sleep(10) end`], experiments: [] },
    ])
    expect(ddl!.ddlFault).toBeNull()
    await db.query('drop sequence public.asked')
  })

  it('asks as a role that may not use a schema on plans that nobody else made', async () => {
    const owner = await server.connect(db.address.database, 'owner')
    await owner.query(`create schema hidden;
      create function hidden.twice(n int) returns int language sql immutable as 'select n * 2';
      create function public.four(n int) returns int language sql stable as 'select max(x) from (select hidden.twice(hidden.twice(n)) as x) s';
      create function public.eight(n int) returns int language plpgsql stable as 'begin return hidden.twice(four(n)); end'`)
    for (const called of ['four', 'eight']) {
      const call = experiment({ when: [`select ${called}(1)`] })
      const asRole = { ...call, as: { role: 'app_runner', settings: {} } }
      const granted = ['grant usage on schema hidden to app_runner']
      const [alone, after, may, mayNot] = await runTrials(db, server.owner, [
        { ddl: [], experiments: [asRole] },
        { ddl: [], experiments: [call, asRole] },
        { ddl: granted, experiments: [call, asRole] },
        { ddl: [...granted, 'revoke usage on schema hidden from app_runner'], experiments: [call, asRole] },
      ])
      const states = [alone, after, may, mayNot].map((one) =>
        one!.observations.map(({ fault }) => fault?.message ?? 'answers'),
      )
      const refused = 'permission denied for schema hidden'
      expect({ called, states }).toEqual({
        called,
        states: [[refused], ['answers', refused], ['answers', 'answers'], ['answers', refused]],
      })
    }
    await owner.query('drop function eight(int); drop function four(int); drop schema hidden cascade')
    await owner.end()
  })

  it('makes plans anew only for roles that may not use a schema which a body names as its caller', async () => {
    const owner = await server.connect(db.address.database, 'owner')
    const shutOut = async (): Promise<boolean> => {
      const fresh = await server.connect(db.address.database, 'prover')
      const roles = await shutOutRoles(fresh)
      await fresh.end()
      return roles.has('app_runner')
    }
    await owner.query(`create schema "Ünder ""q"""; create schema behind; create table behind.things (id int);
      create table "Ünder ""q""".things (id int)`)
    const bodies = [
      [`language sql as 'select count(*) from behind.things'`, true],
      [`language plpgsql as 'begin return (select count(*) from "Ünder ""q""".things); end'`, true],
      [
        `language plpgsql set search_path = behind as 'begin return (select count(*) from things); end'`,
        true,
      ],
      [`language sql as 'select count(*) from u&"behin\\0064".things'`, true],
      [`language sql security definer as 'select count(*) from behind.things'`, false],
      [`language sql begin atomic select count(*) from behind.things; end`, false],
      [`language sql as 'select 1'`, false],
    ] as const
    for (const [body, expected] of bodies) {
      await owner.query(`create function named() returns bigint ${body}`)
      expect({ body, isShutOut: await shutOut() }).toEqual({ body, isShutOut: expected })
      await owner.query('drop function named()')
    }
    await owner.query(`create function named() returns bigint language sql stable security definer
      as 'select max(n) from (select count(*) as n from behind.things) s'`)
    const call = experiment({ when: ['select named()'] })
    const asRole = { ...call, as: { role: 'app_runner', settings: {} } }
    const ddls = [[], ['alter function named() security invoker']]
    const outcomes = await runTrials(
      db,
      server.owner,
      ddls.map((ddl) => ({ ddl, experiments: [call, asRole] })),
    )
    expect(outcomes.map((one) => one.observations.map(({ fault }) => fault?.message ?? 'answers'))).toEqual([
      ['answers', 'answers'],
      ['answers', 'permission denied for schema behind'],
    ])
    await owner.query(`drop function named(); drop schema behind cascade; drop schema "Ünder ""q""" cascade`)
    await owner.end()
  })

  it('asks anew where a function keeps plans of another type that a column had', async () => {
    const owner = await server.connect(db.address.database, 'owner')
    await owner.query(`create table measured (id int, unit text);
      create function unit_of() returns trigger language plpgsql as $$ begin
        new.unit := coalesce(new.unit, case new.id when 1 then 'C' else '%' end); return new; end $$;
      create trigger unit_of before insert on measured for each row execute function unit_of()`)
    await owner.end()
    const seen = experiment({ when: [`insert into measured values (1), (2) returning unit`] })
    const as = (type: string): readonly string[] => [`alter table measured alter column unit type ${type}`]
    const outcomes = await runTrials(
      db,
      server.owner,
      [[], as('varchar'), [], as('char(2)'), as('varchar(3)'), []].map((ddl) => ({
        ddl,
        experiments: [seen, seen],
      })),
    )
    expect(
      outcomes.flatMap(({ observations }) =>
        observations.map(({ fault, rows }) => fault?.message ?? rows.join()),
      ),
    ).toEqual(['C,%', 'C,%', 'C,%', 'C ,% ', 'C,%', 'C,%'].flatMap((one) => [one, one]))
  })

  it('tells an accepted row, its count and the rows of a last select', async () => {
    const inserted = await observe({ when: ['insert into child values (1, 1, 5), (2, 2, 5)'] })
    expect(inserted).toMatchObject({ fault: null, stage: 'when', affected: 2 })
    const read = await observe({
      given: ['insert into child values (1, 1, 5)'],
      when: ['select id, parent from child'],
    })
    expect(read).toMatchObject({ affected: 1, rows: [['1', '1']] })
  })

  it('names the constraint of a refusal', async () => {
    const { fault } = await observe({ when: ['insert into child values (1, 1, 0)'] })
    expect(isCausedBy(fault!, { sqlstate: '23514', constraint: 'n_positive' })).toBe(true)
    expect(isCausedBy(fault!, { sqlstate: '23514', constraint: 'other' })).toBe(false)
  })

  it('sees what a deferred constraint refuses at the end, and lets it be mended before', async () => {
    const broken = await observe({ when: ['insert into child values (1, 9, 1)'] })
    expect(broken).toMatchObject({ stage: 'when', fault: { sqlstate: '23503' } })
    const mended = await observe({
      when: ['insert into child values (1, 9, 1)', 'update child set parent = 1'],
    })
    expect(mended.fault).toBeNull()
  })

  it('keeps a refusal, a hang and a role change inside their experiment', async () => {
    const { observations } = await runExperiments(
      db,
      server.owner,
      [],
      [
        experiment({ when: ['insert into child values (1, 1, 0)'] }),
        experiment({ when: ['select pg_sleep(20)'] }),
        experiment({
          as: { role: 'app_runner', settings: { 'app.id': '1' } },
          given: ['insert into child values (1, 1, 1), (2, 2, 2)'],
          when: ['select id from child'],
        }),
        experiment({ when: ['select current_user::text, count(*)::text from child group by 1'] }),
        experiment({ when: [`select coalesce(nullif(current_setting('app.id', true), ''), 'none')`] }),
      ],
    )
    expect(observations.map((o) => o.fault?.sqlstate ?? 'ok')).toEqual(['23514', '57014', 'ok', 'ok', 'ok'])
    expect(observations[2]!.rows).toEqual([['1']])
    expect(observations[4]!.rows).toEqual([['none']])
  })

  it('tells a failed given and a failed world from a refusal', async () => {
    const given = await observe({ given: ['insert into child values (1, 1, 0)'], when: ['select 1'] })
    expect(given.stage).toBe('given')
    const nowhere: World = { id: 'bad', statements: ['insert into parent values (1), (1)'] }
    const { observations } = await runExperiments(
      db,
      server.owner,
      [],
      [experiment({ world: nowhere, when: ['select 1'] }), experiment({ when: ['select 1'] })],
    )
    expect(observations.map((o) => o.stage)).toEqual(['world', 'when'])
    expect(observations[0]!.fault?.sqlstate).toBe('23505')
    expect(differenceFrom(experiment({}), observations[0]!)).toMatch(/what it stands on failed \(world\)/u)
  })

  it('tells DDL, world, given and statement apart where all of them are one message', async () => {
    const nowhere: World = { id: 'bad', statements: ['insert into parent values (1), (1)'] }
    const marked: World = { id: 'marked', statements: ['savepoint s', 'insert into parent values (1)'] }
    const drop = ['alter table child drop constraint n_positive']
    const zero = ['insert into child values (1, 1, 0)']
    const cases: readonly (readonly [readonly string[], Partial<Experiment>])[] = [
      [['alter table nowhere drop column x'], { when: ['select 1'] }],
      [['alter tabel child'], { when: ['select 1'] }],
      [drop, { world: nowhere, when: ['select 1'] }],
      [drop, { given: ['insert into parent values (1)'], when: ['select 1'] }],
      [drop, { when: ['selekt 1'] }],
      [drop, { when: zero }],
      [drop, { world: marked, when: zero }],
      [drop, { world: marked, when: ['insert into child values (1, 7, 0)'] }],
      [[], { given: ['savepoint x'], when: ['insert into child values (1, 1, 0)'] }],
    ]
    const outcomes = await runTrials(
      db,
      server.owner,
      cases.map(([ddl, facts]) => ({ ddl, experiments: [experiment(facts)] })),
    )
    const said = outcomes.map(({ ddlFault, observations: [o] }) =>
      [ddlFault?.sqlstate ?? 'taken', o!.stage, o!.fault?.sqlstate ?? 'accepted'].join(' '),
    )
    expect(said).toEqual([
      '42P01 world 42P01',
      '42601 world 42601',
      'taken world 23505',
      'taken given 23505',
      'taken given 42601',
      'taken when accepted',
      'taken when accepted',
      'taken when 23503',
      'taken when 23514',
    ])
    const left = await db.json<{ rows: number }>('select count(*) as rows from parent')
    expect(left[0]!.rows).toBe(0)
  })

  it('runs DDL first, tells when PostgreSQL refuses it, and leaves nothing behind', async () => {
    const zero = experiment({
      when: ['insert into child values (1, 1, 0)'],
      then: { kind: 'rejected', by: { sqlstate: '23514' } },
    })
    const trials = await runTrials(db, server.owner, [
      { ddl: [], experiments: [zero] },
      { ddl: ['alter table child drop constraint n_positive'], experiments: [zero] },
      { ddl: ['alter table child drop constraint nowhere'], experiments: [zero] },
      { ddl: [], experiments: [zero] },
    ])
    expect(trials.map((t) => t.ddlFault?.sqlstate ?? null)).toEqual([null, null, '42704', null])
    expect(trials.map((t) => differenceFrom(zero, t.observations[0]!) === null)).toEqual([
      true,
      false,
      false,
      true,
    ])
    expect(changeBetween(zero, trials[0]!.observations[0]!, trials[1]!.observations[0]!)).toBe('accepted')
    const left = await db.json<{ rows: number }>('select count(*) as rows from parent')
    expect(left[0]!.rows).toBe(0)
  })

  it('answers on a world that was laid before the DDL as on one that is laid after it', async () => {
    const nowhere: World = { id: 'bad', statements: ['insert into parent values (1), (1)'] }
    // What it leaves for the end of the transaction keeps its table in use.
    const pending: World = {
      id: 'pending',
      statements: ['insert into parent values (1)', 'insert into child values (7, 1, 1)'],
    }
    const drop = ['alter table child drop constraint n_positive']
    const zero = experiment({ when: ['insert into child values (1, 1, 0)'] })
    const asker = experiment({
      as: { role: 'app_runner', settings: { 'app.id': '1' } },
      given: ['insert into child values (1, 1, 1), (2, 2, 2)'],
      when: ['select id from child'],
    })
    const cases: readonly (readonly [readonly string[], readonly Experiment[]])[] = [
      [drop, [zero]],
      [drop, [zero, asker, experiment({ when: ['insert into child values (1, 9, 0)'] })]],
      [['alter table nowhere drop column x'], [zero]],
      [['alter table nowhere drop column x'], [zero, asker]],
      [['alter tabel child'], [zero]],
      [['alter table child add constraint more check (n > 1)'], [zero, asker]],
      [['alter table child alter n type text'], [zero]],
      [drop, [experiment({ when: ['selekt 1'] })]],
      [drop, [experiment({ given: ['insert into parent values (1)'], when: ['select 1'] })]],
      [drop, []],
      [drop, [experiment({ world: nowhere, when: ['select 1'] })]],
      [drop, [experiment({ world: nowhere, when: ['select 2'] }), experiment({ world: nowhere })]],
      [drop, [experiment({ world: pending, when: ['update child set n = 0'] })]],
      [drop, [experiment({ world: pending, when: ['delete from parent'] }), experiment({ world: pending })]],
    ]
    const trials = cases.map(([ddl, experiments]) => ({ ddl, experiments }))
    const after = await runTrials(db, server.owner, trials)
    const before = await runTrials(
      db,
      server.owner,
      trials.map((trial) => ({ ...trial, laidFirst: trial.experiments[0]?.world ?? null })),
    )
    expect(before).toEqual(after)
    const left = await db.json<{ rows: number }>('select count(*) as rows from parent')
    expect(left[0]!.rows).toBe(0)
  })

  it('runs DDL that trials begin with once, and answers as if each had run its own', async () => {
    const drop = 'alter table "public"."child" drop constraint "n_positive"'
    const replaced = (check: string): string =>
      `${drop}, add constraint "n_positive" check (${check}) not valid`
    const loose = 'alter table "public"."child" alter column "n" drop expression if exists'
    const of = (n: number): Experiment => experiment({ when: [`insert into child values (1, 1, ${n})`] })
    const asker = experiment({
      as: { role: 'app_runner', settings: { 'app.id': '1' } },
      given: ['insert into child values (1, 1, 1), (2, 2, 2)'],
      when: ['select id from child'],
    })
    const cases: readonly (readonly [readonly string[], readonly Experiment[]])[] = [
      [[drop], [of(0)]],
      [[replaced('n > 1')], [of(0)]],
      [[replaced('n > 1')], [of(1), asker, of(2)]],
      [[replaced('n <> 0')], [of(-1)]],
      [[replaced('n <> 0'), `comment on table child is 'x'`], [of(0)]],
      [[drop, loose, 'alter table nowhere drop column x'], [of(0)]],
      [[drop, loose, 'alter table child alter n type text'], [of(0)]],
      [
        [drop, loose],
        [of(0), experiment({ when: ['select pg_sleep(20)'] }), of(1)],
      ],
      [['alter table nowhere drop column x', loose], [of(0)]],
      [
        ['alter table nowhere drop column x', 'analyze child'],
        [of(0), of(1)],
      ],
      [['alter tabel child', 'analyze child'], [of(0)]],
      [['alter tabel child', loose], [of(0)]],
      [[loose], [of(0)]],
    ]
    const trials = cases.map(([ddl, experiments]) => ({ ddl, experiments }))
    const sent: string[] = []
    const heard: Session = { ...db, batch: (texts) => (sent.push(...texts), db.batch(texts)) }
    const alone = await runTrials(db, server.owner, trials, { first: '100ms', stack: null, alone: '100ms' })
    const together = await runTrials(
      heard,
      server.owner,
      trials.map((trial) => ({ ...trial, laidFirst: world })),
      { first: '100ms', stack: null, alone: '100ms' },
    )
    const positionless = (outcomes: typeof alone) =>
      outcomes.map(({ ddlFault, observations }) => ({
        ddlFault: ddlFault && { ...ddlFault, position: null },
        observations,
      }))
    expect(positionless(together)).toEqual(positionless(alone))
    const firstWrite = sent.slice(0, sent.indexOf('rollback'))
    expect(firstWrite.filter((text) => text.includes('drop constraint "n_positive"'))).toHaveLength(1)
    const left = await db.json<{ rows: number }>('select count(*) as rows from parent')
    expect(left[0]!.rows).toBe(0)
  })
})
