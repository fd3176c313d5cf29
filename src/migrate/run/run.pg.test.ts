import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  startRunServer,
  twoMigrations as two,
  usualWish as usual,
  type RunServer,
} from '../../../test/support/run-lab.ts'
import { AssayError } from '../../ground/errors.ts'
import { ident } from '../../postgres/quote.ts'
import type { Ledger } from '../../prove/ledger/page.ts'
import type { GateName } from './gate.ts'
import { readJournal } from './journal.ts'
import { planRun, runMigrations } from './migrate.ts'
import { recordBaseline, resolveMigration } from './record.ts'
import { openMigrationSession } from './session.ts'

let runs: RunServer

beforeAll(async () => {
  runs = await startRunServer()
})
afterAll(() => runs?.stop())

test('up, up again, down by one and by name, and repeatable files that change', () =>
  runs.inLab({ ...two, 'repeatable/v.sql': 'create or replace view v as select 1 as one;' }, async (lab) => {
    expect(await lab.states()).toEqual(['0001_a pending', '0002_b pending', 'repeatable/v pending'])
    expect(await lab.tell({ to: '1' })).toEqual(['0001_a'])
    expect(await lab.tell()).toEqual(['0002_b', 'repeatable/v'])
    expect(await lab.tell()).toEqual([])
    lab.write({ 'repeatable/v.sql': 'create or replace view v as select 2 as one;' })
    expect(await lab.states()).toEqual(['0001_a applied', '0002_b applied', 'repeatable/v changed'])
    expect(await lab.tell()).toEqual(['repeatable/v'])
    expect(await lab.owner.json('select one from v')).toEqual([{ one: 2 }])
    expect(await lab.tell({ direction: 'down' })).toEqual(['0002_b'])
    expect(await lab.tell({ direction: 'down', allowed: ['untested'] })).toEqual(['migrate.loses'])
    expect(await lab.tell({ direction: 'down', to: '0' })).toEqual(['0001_a'])
    expect(await lab.tell({ direction: 'down' })).toEqual([])
    // What it makes may have gone with what was taken back.
    expect(await lab.states()).toEqual(['0001_a pending', '0002_b pending', 'repeatable/v changed'])
    expect(await lab.tell({ to: 'b' })).toEqual(['usage.migration'])
    const [row] = (await readJournal(lab.owner)) ?? []
    expect(row).toMatchObject({ assay: '1.2.3', runBy: runs.server.owner, allowed: ['untested'] })
    expect(
      await lab.owner.json(`select name, allowed from assay.migrations order by name collate "C"`),
    ).toEqual([
      { name: '0001_a', allowed: ['loses', 'untested'] },
      { name: '0002_b', allowed: ['untested'] },
      { name: 'repeatable/v', allowed: ['untested'] },
    ])
  }))

test('refused behind nothing but settings it has left nothing: its file may go, and others run and go back', () =>
  runs.inLab(two, async (lab) => {
    await lab.go({ to: '1' })
    const waits = `-- assay: transaction none
set lock_timeout = '1s';
select set_config('row_security', 'off', false);
do $$ begin raise exception using message = 'not yet', errcode = '55000', hint = 'Wait.'; end $$;`
    lab.write({ '0003_c/up.sql': waits })
    const fault = await lab.go().catch((cause: AssayError) => cause)
    expect(fault).toMatchObject({ mend: 'Wait.', next: ['assay migrate status --url …'] })
    expect(await lab.states()).toEqual(['0001_a applied', '0002_b applied', '0003_c failed 0/3'])
    lab.remove('0003_c')
    lab.write({ '0004_d.sql': '-- assay: follows 0002\nselect 1', '0004_d.down.sql': 'select 1' })
    expect(await lab.tell()).toEqual(['0004_d'])
    expect(await lab.tell({ direction: 'down', to: '1' })).toEqual(['0004_d', '0002_b'])
  }))

test('what a drop takes along with it is made again by its repeatable file', () =>
  runs.inLab(
    {
      ...two,
      'repeatable/1 base.sql': 'create or replace view base as select x from a;',
      'repeatable/2 "on" top.sql': 'create or replace view "on top" as select x from base;',
    },
    async (lab) => {
      const views = () =>
        lab.owner.json(
          `select relname as is from pg_class where relkind = 'v' and relnamespace = 'public'::regnamespace order by 1`,
        )
      await lab.go()
      lab.write({ 'repeatable/1 base.sql': 'create or replace view base as select x from a where x > 0;' })
      // Nothing is gone: only what has changed runs.
      expect(await lab.tell()).toEqual(['repeatable/1 base'])
      const dropped = 'drop view if exists base cascade; create view base as select x, 1 as one from a;'
      lab.write({ 'repeatable/1 base.sql': dropped })
      expect(await lab.tell()).toEqual(['repeatable/1 base', 'repeatable/2 "on" top'])
      expect(await views()).toEqual([{ is: 'base' }, { is: 'on top' }])
      expect(await lab.tell()).toEqual([])
      // By a migration, too, and by one behind which not all have run yet.
      lab.write({
        '0003_c.sql': 'drop table a cascade; create table a (x bigint);',
        '0004_d.sql': 'select 1;',
      })
      expect(await lab.tell({ to: '3' })).toEqual(['0003_c'])
      expect((await lab.states()).filter((state) => state.endsWith('changed')).length).toBe(2)
      expect(await lab.tell()).toEqual(['0004_d', 'repeatable/1 base', 'repeatable/2 "on" top'])
      expect(await views()).toEqual([{ is: 'base' }, { is: 'on top' }])
      expect(await lab.tell()).toEqual([])
    },
  ))

test('a repeatable file that is refused says what repeatable files have to keep to', () =>
  runs.inLab({ ...two, 'R__a.sql': 'create or replace view v as select * from w;' }, async (lab) => {
    const mend = () => lab.go().then(String, (cause: unknown) => (cause as AssayError).mend)
    expect(await mend()).toContain('in the order of their names')
    lab.write({ 'R__a.sql': 'create or replace view v as select 1 as one, 2 as two;' })
    expect(await lab.tell()).toEqual(['R__a'])
    lab.write({ 'R__a.sql': 'create or replace view v as select 1 as one;' })
    expect(await mend()).toContain('drop view if exists')
    lab.write({ '0003_c.sql': 'create view on_a as select * from a;', '0004_d.sql': 'drop table a;' })
    expect(await mend()).toContain('the file runs again behind this migration')
  }))

test('a repeatable file that takes away what migrations made is told', () =>
  runs.inLab(
    {
      '0001_a.sql':
        'create table a (x int); create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger "t ü" before insert on a for each row execute function f();',
      'R__f.sql':
        'create or replace function f() returns trigger language plpgsql as $$ begin return new; end $$;',
    },
    async (lab) => {
      const tested = await lab.testAll()
      await lab.go({}, tested)
      lab.write({
        'R__f.sql':
          'drop function f cascade; create function f() returns trigger language plpgsql as $$ begin return null; end $$;',
      })
      const fault: unknown = await lab.go({}, tested).catch((cause: unknown) => cause)
      expect(fault).toMatchObject({
        code: 'migrate.unexpected-result',
        exit: 1,
        found: expect.stringContaining('t ü'),
      })
    },
  ))

test('what is tested and covered runs without being told so; by-hand changes and other texts do not', () =>
  runs.inLab(two, async (lab) => {
    const passes = await lab.testAll()
    expect(await lab.tell({ allowed: [] })).toEqual(['migrate.untested'])
    expect(await lab.tell({ allowed: [] }, passes)).toEqual(['migrate.uncovered'])
    const ledger: Ledger = {
      head: { architecture: 'x', major: runs.server.major, locale: 'C', extensions: [] },
      problems: [],
      pages: [
        {
          table: 'a',
          rules: [],
          structures: passes.flatMap(({ changes }) =>
            changes.map(({ id, fingerprint }) => ({
              id,
              definition: '',
              fingerprint: fingerprint ?? '',
              proven: true,
              rules: ['r'],
              killed: { count: 0, digest: '' },
              others: [],
            })),
          ),
        },
      ],
    }
    const [first] = ledger.pages
    const other: Ledger = {
      ...ledger,
      pages: [{ table: 'a', rules: [], structures: (first?.structures ?? []).slice(1) }],
    }
    expect(await lab.tell({ allowed: [] }, passes, other)).toEqual(['migrate.uncovered'])
    // Up to an earlier one the ledger, which tells of the last, cannot cover it.
    expect(await lab.tell({ allowed: [], to: '0001' }, passes)).toEqual(['0001_a'])
    await lab.owner.query('create table by_hand (x int)')
    expect(await lab.tell({ allowed: [] }, passes, ledger)).toEqual(['migrate.drift'])
    await lab.owner.query('drop table by_hand')
    // A journal, and the tables of other tools, are no drift.
    await lab.owner.query(
      'create table _prisma_migrations (id text, checksum text, migration_name text, started_at text)',
    )
    expect(await lab.tell({ allowed: [] }, passes, ledger)).toEqual(['0002_b'])
    expect(await lab.owner.json('select distinct allowed from assay.migrations')).toEqual([{ allowed: [] }])
    expect(await lab.tell({ allowed: [], direction: 'down' }, passes, ledger)).toEqual(['0002_b'])
    const lying = passes.map((pass) => ({ ...pass, after: '0'.repeat(16) }))
    expect(await lab.tell({ allowed: ['uncovered'], direction: 'up' }, lying)).toEqual([
      'migrate.unexpected-result',
    ])
    expect(await lab.states()).toEqual(['0001_a applied', '0002_b applied'])
  }))

test('what repeatable files make is no drift for the migration after them', () =>
  runs.inLab({ ...two, 'R__v.sql': 'create or replace view v as select 1 as one;' }, async (lab) => {
    const passes = await lab.testAll()
    expect(passes.map(({ kind }) => kind)).toEqual(['versioned', 'versioned', 'repeatable'])
    await lab.go({ to: '1' }, passes)
    await lab.owner.query('create or replace view v as select 1 as one')
    expect(await lab.tell({ allowed: ['uncovered'] }, passes)).toEqual(['0002_b', 'R__v'])
  }))

test('nothing is resolved where no journal says what stands before it', () =>
  runs.inLab(two, async (lab) => {
    const resolved = async (name: string): Promise<string> => {
      const session = await openMigrationSession(lab.url, 300)
      try {
        await resolveMigration(session, lab.repository(), name, 'applied', usual)
        return 'done'
      } catch (cause) {
        return cause instanceof AssayError ? `${cause.code}: ${cause.next.join()}` : String(cause)
      } finally {
        await session.db.end()
      }
    }
    expect(await resolved('0002_b')).toBe('migrate.resolve: assay migrate baseline --to 0002_b --url …')
    await lab.owner
      .query(`create table _prisma_migrations (migration_name text, finished_at timestamptz, rolled_back_at timestamptz);
      insert into _prisma_migrations values ('0001_a', now(), null)`)
    expect(await resolved('0002_b')).toBe('migrate.other-history: assay migrate baseline --to 0001_a --url …')
    expect(await lab.states()).toEqual(['0001_a pending', '0002_b pending'])
    await lab.owner.query('drop table _prisma_migrations')
  }))

test('files that are no longer those that ran', () =>
  runs.inLab(two, async (lab) => {
    await lab.go()
    lab.write({ '0002_b.sql': 'create table b (y int, z int);' })
    expect(await lab.tell()).toEqual(['migrate.edited'])
    expect(await lab.states()).toEqual(['0001_a applied', '0002_b edited'])
    const session = await openMigrationSession(lab.url, 300)
    await resolveMigration(session, lab.repository(), '0002_b', 'edited', usual)
    await session.db.end()
    expect(await lab.tell()).toEqual([])
    lab.write({ '0003_c.sql': 'select 1', '0001_late.sql': 'select 2' })
    lab.remove('0001_late.sql')
    lab.write({ '0005_e.sql': 'select 5' })
    expect(await lab.tell()).toEqual(['migrate.gap'])
    lab.write({ '0005_e.sql': '-- assay: follows 0003\nselect 5' })
    expect(await lab.tell()).toEqual(['0003_c', '0005_e'])
    lab.write({ '0004_d.sql': 'select 4' })
    expect(await lab.tell()).toEqual(['migrate.out-of-order'])
    expect(await lab.tell({ allowed: [...usual.allowed, 'out-of-order'] })).toEqual(['0004_d'])
    lab.remove('0004_d.sql')
    expect(await lab.tell()).toEqual(['migrate.missing'])
    lab.write({ '0004_other.sql': 'select 4' })
    expect(await lab.tell()).toEqual(['migrate.renamed', 'migrate.out-of-order'])
  }))

test('roles, settings and temporary tables of a script end with it, and the journal is written all the same', () =>
  runs.inLab(
    {
      '0001_a.sql': `create role ${ident('m3 "odd" role')}; grant all on schema public to ${ident('m3 "odd" role')};
        set role ${ident('m3 "odd" role')}; set search_path = nowhere; set lock_timeout = '7s';
        create temp table t (x int); create table public.own (x int);
        reset role; alter table public.own owner to current_user;`,
      '0002_b.sql': 'create table b (x int); create temp table t (x int);',
    },
    async (lab) => {
      expect(await lab.tell()).toEqual(['0001_a', '0002_b'])
      expect(await lab.owner.json(`select to_regclass('public.b') is not null as is`)).toEqual([{ is: true }])
      await lab.owner.query(`drop owned by ${ident('m3 "odd" role')}; drop role ${ident('m3 "odd" role')}`)
    },
  ))

test('a role that may not make the journal is told the grant that is missing', () =>
  runs.inLab(two, async (lab) => {
    const admin = await runs.server.connect(lab.database, 'administrator')
    const role = 'm3_weak'
    await admin.query(
      `create role ${role} login password 'x'; revoke create on database ${ident(lab.database)} from public`,
    )
    const url = new URL(lab.url)
    url.username = role
    url.password = 'x'
    const session = await openMigrationSession(url.href, 300)
    const fault: unknown = await runMigrations(session, lab.repository(), usual).catch(
      (cause: unknown) => cause,
    )
    await session.db.end()
    expect(fault).toMatchObject({ code: 'migrate.no-right', exit: 3 })
    expect((fault as AssayError).mend).toContain(
      `grant create on database ${ident(lab.database)} to "${role}";`,
    )
    await admin.query(`drop role ${role}`)
    await admin.end()
  }))

test('a database of another tool needs a baseline, which runs nothing', () =>
  runs.inLab(two, async (lab) => {
    await lab.owner
      .query(`create table a (x int); create table _prisma_migrations (migration_name text, finished_at timestamptz, rolled_back_at timestamptz);
      insert into _prisma_migrations values ('0001_a', now(), null)`)
    const fault: unknown = await lab.go().catch((cause: unknown) => cause)
    expect(fault).toMatchObject({ code: 'migrate.other-history', exit: 4 })
    expect((fault as AssayError).mend).toContain('assay migrate baseline --to 0001_a')
    const session = await openMigrationSession(lab.url, 300)
    const record = (allowed: readonly GateName[]) =>
      recordBaseline(session, lab.repository(), '0001_a', { ...usual, allowed })
    await expect(record([])).rejects.toMatchObject({ errors: [{ code: 'migrate.untested' }] })
    expect(await record(['untested'])).toEqual(['0001_a'])
    expect(await record(['untested'])).toEqual([])
    await session.db.end()
    expect(await lab.tell()).toEqual(['0002_b'])
  }))

test('a plan writes nothing, not even the journal', () =>
  runs.inLab(two, async (lab) => {
    const session = await openMigrationSession(lab.url, 300)
    const { plan, gates } = await planRun(session, lab.repository(), { ...usual, allowed: [] })
    await session.db.end()
    expect(plan.map(({ migration, stages }) => [migration.name, stages.length])).toEqual([
      ['0001_a', 1],
      ['0002_b', 1],
    ])
    expect(gates.map(({ code, migrations }) => [code, migrations])).toEqual([
      ['migrate.untested', ['0001_a', '0002_b']],
    ])
    expect(await readJournal(lab.owner)).toBeNull()
  }))
