/** Tables with rewrite rules, and with deferred constraint triggers: their rules are proven past both. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothServers } from '../../test/support/both-servers.ts'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import { architecture } from '../architecture/declare.ts'
import { disabledRule } from '../architecture/objects/word-for-word.ts'
import { table } from '../architecture/table.ts'

const app = 'past "rewrites"'

const schema = `
  do $$ begin create role "past ""rewrites"""; exception when duplicate_object then null; end $$;
  create table rooms (id integer primary key);
  create table "shelf ""one" (id integer primary key, room integer not null references rooms on delete cascade, tenant text);
  create rule "ke""ep" as on delete to "shelf ""one" do instead nothing;
  alter table "shelf ""one" enable row level security;
  create policy mine on "shelf ""one" to "past ""rewrites""" using (tenant = current_setting('app.tenant', true));
  grant select, insert, update, delete on "shelf ""one" to "past ""rewrites""";
  create table fixed (id integer primary key, room integer not null references rooms on update cascade, code text unique);
  create rule no_update as on update to fixed do instead nothing;
  create rule no_delete as on delete to fixed do instead nothing;
  create table shut (id integer primary key, room integer not null references rooms, note text check (note <> ''));
  create rule low as on insert to shut where new.id < 5 do instead nothing;
  create rule high as on insert to shut where new.id >= 5 do instead nothing;
  create table alone (a integer, b integer, n integer not null, primary key (a, b));
  create function one() returns trigger language plpgsql as $$ begin
    if (select count(*) from alone) > 1 then raise exception 'only one'; end if; return null; end $$;
  create constraint trigger one after insert on alone deferrable initially deferred for each row execute function one();
  create table asleep (id integer primary key);
  create rule "as'leep" as on delete to asleep do instead nothing; alter table asleep disable rule "as'leep";
`

const declared = architecture('past rewrites', {
  tables: {
    rooms: table('rooms', { id: 'integer' }, (t) => [t.primaryKey('id')]),
    shelf: table('shelf "one', { id: 'integer', room: 'integer', tenant: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('room'),
      t.references('room', 'rooms', { onDelete: 'cascade' }),
      t.policies({ mine: { to: app, using: `tenant = current_setting('app.tenant', true)` } }),
      t.visibleTo(app, ['select', 'insert', 'update', 'delete']),
    ]),
    fixed: table('fixed', { id: 'integer', room: 'integer', code: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('room'),
      t.unique('code'),
      t.references('room', 'rooms', { onUpdate: 'cascade' }),
    ]),
    shut: table('shut', { id: 'integer', room: 'integer', note: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('room'),
      t.check('note_check', `note <> ''`),
      t.references('room', 'rooms'),
    ]),
    alone: table('alone', { a: 'integer', b: 'integer', n: 'integer' }, (t) => [
      t.primaryKey('a', 'b'),
      t.required('n'),
    ]),
    asleep: table('asleep', { id: 'integer' }, (t) => [t.primaryKey('id')]),
  },
  objects: [
    disabledRule(
      "asleep/rule:as'leep",
      'asleep',
      "as'leep",
      `CREATE RULE "as'leep" AS\n    ON DELETE TO public.asleep DO INSTEAD NOTHING;`,
    ),
  ],
})

describe.each(bothServers)('on PostgreSQL $major', ({ whyNot, start }) => {
  let lab: RuleLab
  let stop: () => Promise<void>
  beforeAll(async () => {
    if (whyNot !== '') return
    const started = await start()
    stop = started.stop
    lab = await openRuleLab(started.server, declared, schema)
  })
  afterAll(async () => {
    await lab?.close()
    await stop?.()
  })

  test.skipIf(whyNot !== '')('every rule is green, and was red', async () => {
    expect(lab.faults()).toEqual([])
    expect([...(await lab.red())].flatMap(([id, { proven }]) => (proven ? [] : [id]))).toEqual([])
  })

  test.skipIf(whyNot !== '')('no broken key, policy or check goes unnoticed', async () => {
    const { left, killed } = await lab.left(
      ({ kind, id }) =>
        /^(?:references|policy|rowSecurity|unique|primaryKey|check)$/u.test(kind) ||
        id.startsWith('asleep/rule'),
    )
    expect(left.filter((one) => one.startsWith('survived'))).toEqual([])
    expect(killed).toBeGreaterThan(30)
  })

  test.skipIf(whyNot !== '')('rules that keep every row out are named, one after the other', () => {
    const { experiments } = lab.rule('shut/check:note_check')
    expect(experiments.length).toBeGreaterThan(0)
    for (const { world } of experiments)
      expect(world.asides?.map(({ structure }) => structure)).toEqual(['shut/rule:high', 'shut/rule:low'])
  })
})
