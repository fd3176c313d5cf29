import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'

const declared = architecture('past triggers', {
  tables: {
    notes: table('notes', { id: 'integer', email: 'text', note: 'text', 'made at': 'timestamptz' }, (t) => [
      t.primaryKey('id'),
      t.required('email', 'note', 'made at'),
      t.defaults({ 'made at': 'now()', note: `'none'` }),
      t.unique('email', 'note'),
    ]),
    seats: table('seats', { id: 'integer', free: 'integer' }, (t) => [
      t.primaryKey('id'),
      t.required('free'),
    ]),
    members: table('members', { seat_id: 'integer', name: 'text' }, (t) => [
      t.primaryKey('seat_id', 'name'),
      t.references('seat_id', 'seats'),
    ]),
    events: table('events', { id: 'integer', at: 'date' }, (t) => [
      t.primaryKey('id', 'at'),
      t.partitions('range (at)', {
        one: `from ('2024-01-01') to ('2024-02-01')`,
        two: `from ('2024-02-01') to ('2024-03-01')`,
      }),
    ]),
    archive: table('archive', { id: 'integer', at: 'date' }, (t) => [t.primaryKey('id'), t.required('at')]),
    jobs: table('jobs', { id: 'integer', payload: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('payload'),
      t.check('short', 'char_length(payload) < 9'),
    ]),
  },
})

const schema = `
create table notes (id integer primary key, email text not null, note text not null default 'none',
  "made at" timestamptz not null default now(), unique (email, note));
create function stamp() returns trigger language plpgsql as $$ begin new."made at" = now(); return new; end $$;
create trigger stamp before insert or update on notes for each row execute function stamp();
create function once() returns trigger language plpgsql as $$ begin
  if exists (select from notes where email = new.email) then raise exception 'taken' using errcode = 'EMTKN'; end if;
  return new; end $$;
create trigger once before insert on notes for each row execute function once();
create table seats (id integer primary key, free integer not null);
create table members (seat_id integer references seats, name text, primary key (seat_id, name));
create function few() returns trigger language plpgsql as $$ begin
  if exists (select from members where seat_id = new.seat_id) then raise exception 'full' using errcode = '23514'; end if;
  return new; end $$;
create trigger few before insert on members for each row execute function few();
create table events (id integer, at date, primary key (id, at)) partition by range (at);
create table events_one partition of events for values from ('2024-01-01') to ('2024-02-01');
create table events_two partition of events for values from ('2024-02-01') to ('2024-03-01');
create table archive (id integer primary key, at date not null);
create function keep() returns trigger language plpgsql as $$ begin insert into archive values (new.id, new.at); return null; end $$;
create trigger keep after insert on events for each row execute function keep();
create table jobs (id integer primary key, payload text not null, constraint short check (char_length(payload) < 9));
create function push() returns trigger language plpgsql as $$ begin perform queue.push(new.payload); return new; end $$;
create trigger push after insert on jobs for each row execute function push();
`

let server: Server
let lab: RuleLab
beforeAll(async () => {
  server = await startServer({})
  lab = await openRuleLab(server, declared, schema)
})
afterAll(async () => {
  await lab.close()
  await server.stop()
})

describe('rules of a table whose triggers answer in their place', () => {
  test('are green and red', async () => {
    expect(lab.faults()).toEqual([])
    expect([...(await lab.red())].flatMap(([id, { proven }]) => (proven ? [] : [id]))).toEqual([])
  })

  test('leave no mutant of their structures unnoticed', async () => {
    const { left } = await lab.left(({ kind }) =>
      /^(?:default|unique|check|not-null|primary-key)$/u.test(kind),
    )
    expect(left).toEqual([])
  })

  test('a default that a trigger overwrites is shown without the triggers, and a note says that nobody sees it', () => {
    const { experiments, notes } = lab.rule('notes/default:"made at"')
    expect(experiments.flatMap((e) => e.given)).toContain('alter table "public"."notes" disable trigger user')
    expect(notes?.map((note) => note.mend)).toEqual([
      'alter table "public"."notes" alter column "made at" drop default;',
    ])
    expect(lab.rule('notes/default:note').notes ?? []).toEqual([])
  })

  test('the trigger that takes no row is named in every experiment that does without it', () => {
    const asides = lab
      .rule('jobs/check:short')
      .experiments.map(({ world }) => world.asides?.map((one) => one.structure))
    expect(asides.length).toBeGreaterThan(0)
    for (const one of asides) expect(one).toEqual(['jobs/trigger:push'])
  })
})

test('what says what a write does is not shown without the triggers', async () => {
  const told = architecture('heeded', {
    tables: {
      jobs: table('jobs', { id: 'integer', payload: 'text' }, (t) => [
        t.accepts('any job is taken', { payload: `'x'` }),
      ]),
      notes: table('notes', { id: 'integer', email: 'text', note: 'text', 'made at': 'timestamptz' }, (t) => [
        t.accepts('a note of somebody', { email: `'somebody'` }),
        t.accepts('a note of nobody', { email: `'nobody'` }),
        t.rejects('a note of nobody is refused', { email: `'nobody'` }, 'NBODY', { by: 'trigger:known' }),
      ]),
    },
  })
  const known = `create function known() returns trigger language plpgsql as $$ begin
      if new.email = 'nobody' then raise exception 'who?' using errcode = 'NBODY'; end if; return new; end $$;
    create trigger known before insert on notes for each row execute function known();`
  const heeded = await openRuleLab(server, told, `${schema}${known}`)
  try {
    expect(heeded.faults().filter((fault) => fault.includes('/accepts'))).toEqual([
      expect.stringMatching(/^jobs\/accepts:"any job is taken".* 3F000/u),
      expect.stringMatching(/^notes\/accepts:"a note of nobody".* NBODY/u),
    ])
    expect(heeded.faults().filter((fault) => fault.includes('/rejects'))).toEqual([])
  } finally {
    await heeded.close()
  }
})
