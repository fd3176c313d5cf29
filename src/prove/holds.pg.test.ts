/** Rules over many rows through the whole engine on a real server: guarded, guarded without a lock, and not guarded. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, table } from '../index.ts'
import type { Architecture } from '../architecture/architecture.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'
import type { RuleResult, StructureResult } from './result.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

const proven = async (
  sql: string,
  plan: Architecture,
): Promise<{ readonly rule: RuleResult; readonly structures: readonly StructureResult[] }> => {
  const template = await server.createDatabase('holds')
  const owner = await server.connect(template, 'owner')
  await owner.query(sql)
  await owner.end()
  await server.admitRoles()
  try {
    const only = plan.tables.flatMap((t) => t.rules.filter((r) => r.kind === 'holds').map((r) => r.id))
    const result = await prove({
      architecture: plan,
      server,
      template,
      steps: ['red', 'green', 'mutate'],
      only,
      startSeconds: 0,
    })
    return { rule: result.rules.find((r) => r.kind === 'holds')!, structures: result.structures }
  } finally {
    await server.dropDatabase(template)
  }
}

const titles = (rule: RuleResult, holds: boolean): readonly string[] =>
  rule.experiments.filter((e) => e.holds === holds).map((e) => e.experiment.title)

const overlaps = [
  'two sessions at once keep it: 1 writes, 2 writes, 1 commits, 2 commits',
  'two sessions at once keep it: 1 writes, 2 writes, 2 commits, 1 commits',
  'two sessions at once keep it: 2 writes, 1 writes, 1 commits, 2 commits',
  'two sessions at once keep it: 2 writes, 1 writes, 2 commits, 1 commits',
]

describe('at most three users of a tenant, by a trigger', () => {
  const users = (guard: string): string => `
    create table tenants (id bigint primary key, name text not null unique);
    create table users (
      id bigint generated always as identity primary key,
      tenant_id bigint not null references tenants,
      email text not null unique check (email ~ '^[^@ ]+@[^@ ]+$')
    );
    ${guard}`

  const trigger = (lock: string): string => `
    create function at_most_three() returns trigger language plpgsql as $$
    begin
      ${lock}
      if (select count(*) from users where tenant_id = new.tenant_id) >= 3 then
        raise exception 'a tenant has at most three users' using errcode = '23514', constraint = 'at_most_three';
      end if;
      return new;
    end $$;
    create trigger at_most_three before insert on users for each row execute function at_most_three();`

  const plan = architecture('holds', {
    tables: {
      users: table('users', { id: 'bigint', tenant_id: 'bigint', email: 'text' }, (t) => [
        t.holds(
          'a tenant has at most three users',
          'select tenant_id from users group by tenant_id having count(*) > 3',
          { by: 'trigger:at_most_three' },
        ),
      ]),
    },
  })

  it('that locks holds in every order, and is proven red', async () => {
    const { rule, structures } = await proven(
      users(trigger('lock table users in share row exclusive mode;')),
      plan,
    )
    expect(rule.unsolved).toEqual([])
    expect(titles(rule, false)).toEqual([])
    expect(titles(rule, true)).toEqual([
      'write 4, which breaks it, does not get through',
      '3 writes are accepted',
      ...overlaps,
    ])
    expect(rule.experiments[0]!.experiment.then).toEqual({
      kind: 'rejected',
      by: { sqlstate: '23514', constraint: 'at_most_three' },
    })
    expect(rule.red).toMatchObject({ proven: true })
    const guard = structures.find((s) => s.kind === 'trigger')!
    expect(guard.mutants.filter((m) => m.verdict === 'survived')).toEqual([])
    expect(guard.mutants.some((m) => m.verdict === 'killed')).toBe(true)
  })

  it('that does not lock is green one after the other and fails for two sessions, with the mend', async () => {
    const { rule } = await proven(users(trigger('')), plan)
    expect(titles(rule, true)).toEqual([
      'write 4, which breaks it, does not get through',
      '3 writes are accepted',
    ])
    expect(titles(rule, false)).toEqual(overlaps)
    expect(rule.green).toBe(false)
    expect(rule.experiments.at(-1)!.experiment.mend).toMatch(/lock table "public"\."users"/u)
  })

  it('that is missing lets the violation through', async () => {
    const { rule } = await proven(users(''), plan)
    expect(rule.green).toBe(false)
    expect(rule.claims).toEqual([])
    expect(titles(rule, false)[0]).toBe('write 4, which breaks it, does not get through')
  })

  it('that is stricter than the rule is caught by the boundary', async () => {
    const strict = trigger('lock table users in share row exclusive mode;').replace('>= 3', '>= 2')
    const { rule } = await proven(users(strict), plan)
    expect(titles(rule, false)).toContain('3 writes are accepted')
  })
})

describe('debits equal credits, by a deferred constraint trigger', () => {
  const ledger = (guard: string): string => `
    create table entries (
      id bigint generated always as identity primary key,
      booking bigint not null,
      amount numeric(10, 2) not null check (amount <> 0)
    );
    create function balanced() returns trigger language plpgsql as $$
    begin
      if (select sum(amount) from entries where booking = new.booking) <> 0 then
        raise exception 'booking % is not balanced', new.booking;
      end if;
      return null;
    end $$;
    ${guard}`

  const plan = architecture('holds', {
    tables: {
      entries: table('entries', { id: 'bigint', booking: 'bigint', amount: 'numeric(10,2)' }, (t) => [
        t.holds(
          'debits equal credits',
          'select booking from entries group by booking having sum(amount) <> 0',
          {
            writes: [
              'insert into entries (booking, amount) values ({n}, 5)',
              'insert into entries (booking, amount) values ({n}, -5)',
            ],
            by: 'trigger:balanced',
          },
        ),
      ]),
    },
  })

  it('refuses one side alone and accepts both', async () => {
    const guard = `create constraint trigger balanced after insert on entries deferrable initially deferred
      for each row execute function balanced();`
    const { rule } = await proven(ledger(guard), plan)
    expect(rule.unsolved).toEqual([])
    expect(titles(rule, false)).toEqual([])
    expect(titles(rule, true)).toEqual([
      'a write that breaks it does not get through',
      '2 writes that keep it together are accepted',
    ])
    expect(rule.red).toMatchObject({ proven: true })
  })
})

describe('one doctor stays on call', () => {
  const doctors = (lock: string): string => `
    create table doctors (id bigint primary key, on_call boolean not null default true);
    create function one_on_call() returns trigger language plpgsql as $$
    begin
      ${lock}
      if not exists (select from doctors where on_call and id <> new.id) and not new.on_call then
        raise exception 'nobody would be on call';
      end if;
      return new;
    end $$;
    create trigger one_on_call before update on doctors for each row execute function one_on_call();`

  const plan = architecture('holds', {
    tables: {
      doctors: table('doctors', { id: 'bigint', on_call: 'boolean' }, (t) => [
        t.defaults({ on_call: 'true' }),
        t.holds(
          'one doctor stays on call',
          'select 1 from doctors having count(*) > 0 and count(*) filter (where on_call) = 0',
          {
            writes: [
              'update doctors set on_call = true',
              'update doctors set on_call = false where id = (select min(id) from doctors)',
              'update doctors set on_call = false where id = (select max(id) from doctors)',
            ],
            by: 'trigger:one_on_call',
          },
        ),
      ]),
    },
  })

  it('is broken by write skew without a lock and held with one', async () => {
    const { rule: bare } = await proven(doctors(''), plan)
    expect(bare.unsolved).toEqual([])
    expect(titles(bare, false)).toEqual(overlaps)
    const { rule: locked } = await proven(doctors('perform pg_advisory_xact_lock(1);'), plan)
    expect(titles(locked, false)).toEqual([])
  })
})

it('says what was tried when nothing breaks the rule', async () => {
  const plan = architecture('holds', {
    tables: {
      notes: table('notes', { id: 'bigint', text: 'text' }, (t) => [
        t.holds('there are no more than a thousand notes', 'select 1 from notes having count(*) > 1000'),
      ]),
    },
  })
  const { rule } = await proven('create table notes (id bigint primary key, text text)', plan)
  expect(rule.green).toBe(false)
  expect(rule.unsolved[0]).toMatchObject({
    summary: expect.stringMatching(/no violation could be brought about/u) as string,
    tried: 'inserts of rows of notes, up to 64: 64 writes were accepted without a violation',
  })
})
