/** Columns that move from table to table: ways to write either side, two sessions at once, rights, and what is refused. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, table } from 'assay'
import type { Architecture } from '../../../architecture/architecture.ts'
import { PgError } from '../../../postgres/fault.ts'
import type { Server } from '../../../postgres/server.ts'
import type { Session } from '../../../postgres/session.ts'
import { startServer } from '../../../postgres/start.ts'
import { runBackfill, type BackfillOutcome, type BackfillWish } from '../../backfill/run-backfill.ts'
import { readBackfillStatement } from '../../backfill/statement.ts'
import { bothServers } from '../../../../test/support/both-servers.ts'
import { declared, withShapeProject, type ShapeProject } from '../../../../test/support/shape-lab.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

const stateOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (cause: unknown) => (cause instanceof PgError ? cause.fault.sqlstate : String(cause)),
  )

/** Its file by `assay migrate backfill`, in small batches; its session is ended after each of these many. */
const fillByFile = async (
  project: ShapeProject,
  kills: readonly number[],
  more: Partial<BackfillWish> = {},
): Promise<BackfillOutcome> => {
  const { database } = project
  const phase = project.migrations().find(({ name }) => name.endsWith('_backfill'))
  const text = readFileSync(path.join(path.dirname(phase?.up.file ?? ''), 'backfill.sql'), 'utf8')
  for (const kill of [...kills, Number.POSITIVE_INFINITY]) {
    const own = await server.connect(database, 'owner')
    const killer = await server.connect(database, 'administrator')
    let batches = 0
    let killed: Promise<unknown> = Promise.resolve()
    try {
      return await runBackfill(own, {
        name: 'move',
        statement: readBackfillStatement({ file: null, text }),
        key: null,
        again: false,
        limits: { lagSeconds: 10, active: null },
        pace: { target: 50, smallest: 1, largest: 100 },
        onProgress: () => {
          batches += 1
          if (batches === kill) killed = killer.query(`select pg_terminate_backend(${own.pid})`)
        },
        ...more,
      })
    } catch (cause) {
      if (kill === Number.POSITIVE_INFINITY) throw cause
    } finally {
      await own.end()
      await killed
      await killer.end()
    }
  }
  throw new Error('it was ended each time')
}

/** Something of theirs stands in the way of another session, which waits. */
const untilOneWaits = async ({ db }: ShapeProject, holder: Session): Promise<void> => {
  for (;;) {
    const [found] = await db.json<{ readonly is: boolean }>(
      `select exists (select from pg_stat_activity where ${holder.pid} = any (pg_blocking_pids(pid))) as is`,
    )
    if (found?.is === true) return
  }
}

const users = table('users', { id: 'bigint', name: 'text' }, (t) => [t.primaryKey('id')])

const openAll = async (project: ShapeProject): Promise<void> => {
  for (const phase of ['expand', 'backfill', 'switch']) await project.run(phase)
}

/** `id: bio tag | bio tag`: a row at home, and its other row; `-` for none. */
const rowsOf = async ({ db }: ShapeProject, where = 'true'): Promise<readonly string[]> => {
  const rows = await db.json<{ readonly says: string }>(
    `select concat(u.id, ': ', coalesce(u.bio::text, '∅'), ' ', coalesce(u.tag::text, '∅'), ' | ',
        case when p.user_id is null then '-' else coalesce(p.bio::text, '∅') || ' ' || coalesce(p.tag::text, '∅') end) as says
      from users u left join profiles p on p.user_id = u.id where ${where} order by u.id`,
  )
  return rows.map(({ says }) => says)
}

describe('columns that move to a new table', () => {
  it('say the same on both sides, however either is written', async () => {
    const sql = `create table users (id bigint primary key, name text, bio text default 'none', tag json);
      create function tidy() returns trigger language plpgsql as $$ begin new.bio := trim(new.bio); return new; end $$;
      create trigger tidy before insert or update on users for each row execute function tidy();`
    const profiles = table(
      'profiles',
      { user_id: 'bigint', bio: 'text', tag: 'json', visits: 'int' },
      (t) => [
        t.primaryKey('user_id'),
        t.references('user_id', 'users'),
        t.required('visits'),
        t.defaults({ visits: '0' }),
      ],
    )
    await withShapeProject(server, { sql, architecture: declared(users, profiles) }, async (project) => {
      const { db } = project
      const run = (statement: string): Promise<unknown> => db.query(statement)
      await run(`insert into users select n, 'n', ' b' || n, '{}' from generate_series(1, 3000) n`)
      await run('insert into users (id, bio) values (3001, null)')
      expect(
        (await project.expand({ move: ['users.bio=profiles.bio', 'users.tag=profiles.tag'] })).findings,
      ).toEqual([])
      await openAll(project)
      expect(await rowsOf(project, 'u.id in (7, 3001)')).toEqual(['7: b7 {} | b7 {}', '3001: ∅ ∅ | -'])

      // The old application.
      await run("insert into users values (4001, 'n', ' x', '[1]'), (4002, 'n', null, null)")
      await run('insert into users (id) values (4003)')
      await run("update users set bio = 'y ' where id = 4001")
      await run("update users set bio = 'late' where id = 4002")
      await run(
        "insert into users (id, bio) values (4003, 'up') on conflict (id) do update set bio = excluded.bio",
      )
      await db.copyIn('copy users (id, bio) from stdin', '4004\t copied\n4005\t\\N\n')
      expect(await rowsOf(project, 'u.id between 4001 and 4005')).toEqual([
        '4001: y [1] | y [1]',
        '4002: late ∅ | late ∅',
        '4003: up ∅ | up ∅',
        '4004: copied ∅ | copied ∅',
        '4005: ∅ ∅ | -',
      ])
      await run('update users set bio = null, tag = null where id = 4001')
      await run('update users set id = 5001 where id = 4002')
      await run('delete from users where id = 4003')
      await run(
        "merge into users u using (select 4004 as id) s on u.id = s.id when matched then update set bio = 'merged'",
      )
      expect(await rowsOf(project, 'u.id between 4001 and 5001')).toEqual([
        '4001: ∅ ∅ | ∅ ∅',
        '4004: merged ∅ | merged ∅',
        '4005: ∅ ∅ | -',
        '5001: late ∅ | late ∅',
      ])
      expect(await db.json('select count(*)::int as n from profiles where user_id in (4002, 4003)')).toEqual([
        { n: 0 },
      ])

      // The new one: its own rows, over what the defaults of the old columns have made, and in any order.
      await run("insert into users (id, name) values (6001, 'a')")
      expect(await rowsOf(project, 'u.id = 6001')).toEqual(['6001: none ∅ | none ∅'])
      await run("insert into profiles (user_id, bio, visits) values (6001, ' mine ', 5)")
      await run(
        "with u as (insert into users (id) values (6002) returning id) insert into profiles select id, 'with' from u",
      )
      await run(
        "insert into users (id) values (6003); insert into profiles (user_id, bio) values (6003, 'x') on conflict (user_id) do update set bio = 'no'",
      )
      await run(
        'insert into profiles (user_id, visits) values (6003, 1) on conflict (user_id) do update set bio = excluded.bio, visits = excluded.visits',
      )
      await run(
        "insert into users (id) values (6004); insert into profiles (user_id, bio) values (6004, 'kept') on conflict do nothing",
      )
      expect(await stateOf(run("insert into profiles (user_id, bio) values (6001, 'twice')"))).toBe('23505')
      expect(await rowsOf(project, 'u.id between 6001 and 6004')).toEqual([
        '6001: mine ∅ | mine ∅',
        '6002: with ∅ | with ∅',
        '6003: ∅ ∅ | ∅ ∅',
        '6004: kept ∅ | kept ∅',
      ])
      expect(await db.json('select visits from profiles where user_id = 6001')).toEqual([{ visits: 5 }])
      await db.copyIn('copy profiles (user_id, bio) from stdin', '3001\tcopied\n')
      await run("update profiles set bio = 'many ' || user_id where user_id <= 3")
      await run('update profiles set user_id = 4005 where user_id = 6001')
      await run('delete from profiles where user_id = 6002')
      expect(await rowsOf(project, 'u.id in (2, 3001, 4005, 6001, 6002)')).toEqual([
        '2: many 2 {} | many 2 {}',
        '3001: copied ∅ | copied ∅',
        '4005: mine ∅ | mine ∅',
        '6001: ∅ ∅ | -',
        '6002: ∅ ∅ | -',
      ])
      await run('truncate profiles')
      expect(await db.json('select count(*)::int as n from users where bio is not null')).toEqual([{ n: 0 }])
      await run("insert into profiles (user_id, bio) values (2, 'again')")

      // After the contract what was put aside follows, and a way back has it.
      const stopped = await project.contract()
      expect(stopped.findings.map(({ code, summary }) => `${code} ${summary}`)).toEqual([
        'expand.named-in-function users: tidy() names bio or tag, and fires on every write',
      ])
      await project.before('drop trigger tidy on users')
      expect((await project.contract()).findings).toEqual([])
      await project.run('contract')
      await run(
        "update profiles set bio = 'late' where user_id = 2; insert into profiles (user_id, tag) values (3, '[]')",
      )
      expect(await stateOf(run('delete from users where id = 2'))).toBe('23503')
      await project.run('contract', 'down')
      expect(await rowsOf(project, 'u.id < 4')).toEqual([
        '1: ∅ ∅ | -',
        '2: late ∅ | late ∅',
        '3: ∅ [] | ∅ []',
      ])
      await run('delete from users where id = 2')
      await project.run('switch', 'down')
      await project.run('backfill', 'down')
      await project.run('expand', 'down')
      expect(await db.json('select bio, tag from users where id = 3')).toEqual([{ bio: null, tag: [] }])
    })
  })

  it('are written by two sessions at once, and none loses what the other wrote', async () => {
    const sql = `create table users (id bigint primary key, name text, bio int not null default 0, tag int)`
    const profiles = table('profiles', { user_id: 'bigint', bio: 'int', tag: 'int' }, (t) => [
      t.primaryKey('user_id'),
      t.references('user_id', 'users', { onDelete: 'cascade' }),
      t.required('bio'),
      t.defaults({ bio: '0' }),
    ])
    await withShapeProject(server, { sql, architecture: declared(users, profiles) }, async (project) => {
      const { db, database } = project
      await db.query('insert into users (id, tag) select n, 0 from generate_series(1, 3000) n')
      await project.expand({ move: ['users.bio=profiles.bio', 'users.tag=profiles.tag'] })
      await project.run('expand')
      let ended = 0
      /** Each adds one, and tries again what PostgreSQL has ended for the other's sake. */
      const writer = async (statement: (id: number) => string, times: number): Promise<void> => {
        const own = await server.connect(database, 'owner')
        try {
          for (let i = 0; i < times;) {
            const state = await stateOf(own.query(statement(1 + (i % 3))))
            if (state === 'done') i += 1
            else {
              expect(state).toBe('40P01')
              ended += 1
            }
          }
        } finally {
          await own.end()
        }
      }
      const times = 90
      // Before the backfill has come by, a row of the new table is made by whatever updates the old one.
      await writer((id) => `update users set tag = tag where id = ${id}`, 3)
      await db.query('update users set tag = 1 where id <= 3; update users set tag = 0 where id <= 3')
      let filled: BackfillOutcome | null = null
      const fill = async (): Promise<void> => {
        filled = await fillByFile(project, [4, 9])
        await project.run('backfill')
      }
      await Promise.all([
        fill(),
        writer((id) => `update users set bio = bio + 1 where id = ${id}`, times),
        writer((id) => `update profiles set bio = bio + 1 where user_id = ${id}`, times),
        writer(
          (id) =>
            `insert into profiles (user_id, tag) values (${id}, 1) on conflict (user_id) do update set tag = profiles.tag + 1`,
          times,
        ),
      ])
      expect(filled).toMatchObject({ state: 'complete', resumed: true, walked: 3000, dead: 0 })
      await project.run('switch')
      const added = (times * 2) / 3
      expect(await rowsOf(project, 'u.id <= 3')).toEqual(
        [1, 2, 3].map((id) => `${id}: ${added} ${times / 3} | ${added} ${times / 3}`),
      )
      // Where each holds its row when it asks for the other's, one is ended: seldom.
      expect(ended).toBeLessThan(times / 3)
      expect(await db.json('select count(*)::int as n from profiles')).toEqual([{ n: 3000 }])
    })
  })

  it('are written with the rights of the tables’ owner, also where row-level security binds it', async () => {
    const sql = `create table users (id bigint primary key, tenant_id bigint not null, name text, bio text, tag text);
      alter table users enable row level security; alter table users force row level security;
      create role move_old; create role move_new; create role move_evil;
      grant select, insert, update, delete on users to move_old; grant select, insert on users to move_new;
      create policy own on users to move_old, move_new using (tenant_id = nullif(current_setting('app.tenant', true), '')::bigint);`
    const home = table('users', { id: 'bigint', tenant_id: 'bigint', name: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('tenant_id'),
    ])
    const profiles = table(
      'profiles',
      { user_id: 'bigint', tenant_id: 'bigint', bio: 'text', tag: 'text' },
      (t) => [
        t.primaryKey('user_id'),
        t.required('tenant_id'),
        t.references('user_id', 'users'),
        t.isolatedBy('tenant_id'),
      ],
    )
    const guarded = architecture('shop', {
      tables: { home, profiles },
      identity: {
        role: 'move_new',
        settings: (who: { tenant: string }) => ({ 'app.tenant': who.tenant }),
      },
    }) as Architecture
    await withShapeProject(server, { sql, architecture: guarded }, async (project) => {
      const { db } = project
      const move = ['users.bio=profiles.bio', 'users.tag=profiles.tag']
      const asked = await project.expand({ move })
      expect(asked.findings.map(({ code, fix }) => `${code}: ${fix}`)).toEqual([
        'expand.move-required: give it a default, or say from which columns of users it is told: --set "profiles.tenant_id = …"',
      ])
      const set = [{ table: 'profiles', column: 'tenant_id', sql: 'tenant_id' }]
      expect((await project.expand({ move, set })).findings.map(({ code }) => code)).toEqual([
        'expand.bound-owner',
      ])
      await project.run('expand')
      const as = async (role: string, statement: string): Promise<string> => {
        const state = await stateOf(
          db.query(`begin; set local app.tenant = '7'; set local role ${role}; ${statement}; commit`),
        )
        await db.query('rollback')
        return state
      }
      const admin = await server.connect(project.database, 'administrator')
      try {
        await admin.query(
          'grant select, insert, update, delete on profiles to move_new; create policy own on profiles to move_new using (tenant_id = 7)',
        )
        // It knows nothing of the new table.
        expect(await as('move_old', "insert into users values (1, 7, 'n', 'b', 't')")).toBe('done')
        expect(await as('move_old', "update users set bio = 'c' where id = 1")).toBe('done')
        expect(await as('move_old', 'select from profiles')).toBe('42501')
        // It may not write the old columns.
        expect(await as('move_new', "update profiles set tag = 'u' where user_id = 1")).toBe('done')
        expect(await as('move_new', "update users set tag = 'x'")).toBe('42501')
        const both =
          'select u.bio, u.tag, p.tenant_id, p.bio as b, p.tag as t from users u join profiles p on p.user_id = u.id'
        expect(await admin.json(both)).toEqual([{ bio: 'c', tag: 'u', tenant_id: 7, b: 'c', t: 'u' }])
        await admin.query('update users set tenant_id = 8')
        expect(await admin.json(both)).toEqual([{ bio: 'c', tag: 'u', tenant_id: 8, b: 'c', t: 'u' }])
        // A row of its own does not lead into somebody else's.
        await admin.query("insert into users values (2, 8, 'n', null, null)")
        expect(await as('move_new', "insert into profiles values (2, 7, 'mine', null)")).toBe('42501')
        // Nobody else runs a function of theirs with the owner's rights.
        await admin.query('create schema evil authorization move_evil')
        expect(
          await as(
            'move_evil',
            'create table evil.t (id bigint, bio text, tag text); create trigger t after insert on evil.t for each row execute function public.assay_users_to_profiles_home()',
          ),
        ).toBe('42501')
        // The phases see what a session of the owner does not: the second user has none of the columns.
        await project.run('backfill')
        await project.run('switch')
        // Outside of triggers and phases the owner is bound as before.
        expect(await db.json('select count(*)::int as n from users')).toEqual([{ n: 0 }])
      } finally {
        await admin.end()
      }
    })
  })
})

describe('a table that is merged', () => {
  it('says the same as the columns, however either is written, and comes back with what was written since', async () => {
    const sql = `create table users (id bigint primary key, name text);
      create table countries (code text primary key);
      create table profiles (user_id bigint primary key references users deferrable initially deferred, bio text not null references countries,
        tag timestamptz not null default now());`
    const merged = table('users', { id: 'bigint', name: 'text', bio: 'text', tag: 'timestamptz' }, (t) => [
      t.primaryKey('id'),
      t.required('bio', 'tag'),
      t.references('bio', 'countries'),
      t.defaults({ bio: `'xx'`, tag: 'now()' }),
    ])
    const countries = table('countries', { code: 'text' }, (t) => [t.primaryKey('code')])
    await withShapeProject(server, { sql, architecture: declared(merged, countries) }, async (project) => {
      const { db } = project
      const run = (statement: string): Promise<unknown> => db.query(statement)
      const rows = (where: string) =>
        db.json(
          `select u.id, u.bio, u.tag is not distinct from p.tag as same, p.bio as other from users u left join profiles p on p.user_id = u.id where ${where} order by u.id`,
        )
      await run(
        "insert into countries values ('de'), ('fr'), ('xx'); insert into users select n from generate_series(1, 300) n; insert into profiles select n, 'de' from generate_series(1, 299) n",
      )
      const move = ['profiles.bio=users.bio', 'profiles.tag=users.tag']
      expect((await project.expand({ move })).findings).toEqual([])
      await project.run('expand')
      // What is written while the batch waits for it is what it fills.
      const late = await server.connect(project.database, 'owner')
      await late.query("begin; update profiles set bio = 'fr' where user_id = 7")
      const filling = fillByFile(project, [], { lockTimeoutMs: 60_000 })
      await untilOneWaits(project, late)
      await late.query('commit')
      await late.end()
      expect(await filling).toMatchObject({ state: 'complete', walked: 300, dead: 0, table: 'users' })
      expect(await rows('u.id in (7, 8)')).toEqual([
        { id: 7, bio: 'fr', same: true, other: 'fr' },
        { id: 8, bio: 'de', same: true, other: 'de' },
      ])
      await project.run('backfill')
      await expect(project.run('switch')).rejects.toThrow(
        'users: rows without bio, tag, which will be required: 300',
      )
      await run("update users set bio = 'xx' where id = 300")
      await project.run('switch')
      expect(await rows('u.id >= 299')).toEqual([
        { id: 299, bio: 'de', same: true, other: 'de' },
        { id: 300, bio: 'xx', same: true, other: 'xx' },
      ])
      // Its default has made a row: the old application's own takes its place, and may come first.
      await run("insert into users (id) values (400); insert into profiles values (400, 'fr')")
      await run("begin; insert into profiles values (401, 'fr'); insert into users (id) values (401); commit")
      await run("insert into users (id, bio) values (402, 'de')")
      await run(
        "update users set tag = '2020-01-01' where id = 402; update users set bio = 'fr' where id = 1",
      )
      await run('update users set bio = null, tag = null where id = 2')
      await run(
        'delete from profiles where user_id = 3; delete from users where id = 4; update users set id = 500 where id = 5',
      )
      expect(await rows('u.id >= 400 or u.id < 6')).toEqual([
        { id: 1, bio: 'fr', same: true, other: 'fr' },
        { id: 2, bio: null, same: true, other: null },
        { id: 3, bio: null, same: true, other: null },
        { id: 400, bio: 'fr', same: true, other: 'fr' },
        { id: 401, bio: 'fr', same: true, other: 'fr' },
        { id: 402, bio: 'de', same: true, other: 'de' },
        { id: 500, bio: 'de', same: true, other: 'de' },
      ])
      await run("update users set bio = 'xx' where bio is null")
      expect((await project.contract()).findings).toEqual([])
      await project.run('contract')
      expect(await stateOf(run('update users set bio = null where id = 1'))).toBe('23502')
      await run(
        "insert into users (id) values (600); delete from users where id = 6; update users set bio = 'fr' where id = 7",
      )
      await run("delete from countries where code not in ('fr', 'de', 'xx')")
      await project.run('contract', 'down')
      expect(await rows('u.id in (6, 7, 600)')).toEqual([
        { id: 7, bio: 'fr', same: true, other: 'fr' },
        { id: 600, bio: 'xx', same: true, other: 'xx' },
      ])
      await project.run('switch', 'down')
      await project.run('expand', 'down')
      expect(await db.json('select bio from profiles where user_id in (6, 7, 600) order by 1')).toEqual([
        { bio: 'fr' },
        { bio: 'xx' },
      ])
    })
  })
})

const runs = Number(process.env['ASSAY_RUNS'] ?? 1)

describe.each(bothServers)('the phases of a move on PostgreSQL $major', ({ start, whyNot }) => {
  it.runIf(runs > 1 && whyNot === '')('pass migrate test', async () => {
    const { server: other, stop } = await start()
    try {
      const sql = `create table users (id bigint primary key, name text not null, bio text not null default 'none', tag int);
        create table notes (user_id bigint primary key references users on delete cascade, body text not null, made timestamptz not null default now());`
      const home = table('users', { id: 'bigint', name: 'text', body: 'text', made: 'timestamptz' }, (t) => [
        t.primaryKey('id'),
        t.required('name'),
        t.defaults({ made: 'now()' }),
      ])
      const profiles = table('profiles', { user_id: 'bigint', bio: 'text', tag: 'int' }, (t) => [
        t.primaryKey('user_id'),
        t.references('user_id', 'users'),
        t.required('bio'),
        t.check('bio_is_short', 'length(bio) < 1000'),
      ])
      await withShapeProject(other, { sql, architecture: declared(home, profiles) }, async (project) => {
        const move = ['users.bio=profiles.bio', 'users.tag=profiles.tag', 'notes.body=users.body']
        expect((await project.expand({ move: [...move, 'notes.made=users.made'] })).findings).toEqual([])
        await project.contract()
        await project.contract()
        const told = await project.test()
        expect(told.filter((line) => !line.includes('down-needs-old-rows'))).toEqual([])
      })
    } finally {
      await stop()
    }
  })
})
