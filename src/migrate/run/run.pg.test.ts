import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { AssayError, AssayErrors } from '../../ground/errors.ts'
import { loadParser } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import type { Ledger } from '../../prove/ledger/page.ts'
import { readMigrations } from '../files/read-migrations.ts'
import { makeTested, type TestedMigration } from '../files/tested.ts'
import type { GateName } from './gate.ts'
import { readJournal } from './journal.ts'
import { planRun, runMigrations, type Repository, type RunResult, type RunWish } from './migrate.ts'
import { recordBaseline, resolveMigration } from './record.ts'
import { openMigrationSession } from './session.ts'
import { statusOfAll } from './status.ts'

let server: Server
let directory = ''
let lockTimeoutMs = 300
const noLedger: Ledger = { head: null, pages: [], problems: [] }

beforeAll(async () => {
  await loadParser()
  server = await startServer({})
})
afterAll(async () => {
  await server.stop()
})

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

interface Lab {
  readonly url: string
  readonly database: string
  readonly owner: Session
  readonly repository: (tested?: readonly TestedMigration[], ledger?: Ledger) => Repository
  readonly go: (
    wish?: Partial<RunWish>,
    tested?: readonly TestedMigration[],
    ledger?: Ledger,
  ) => Promise<RunResult>
  /** Codes of what is thrown; the names of what ran. */
  readonly tell: (
    wish?: Partial<RunWish>,
    tested?: readonly TestedMigration[],
    ledger?: Ledger,
  ) => Promise<readonly string[]>
  readonly states: () => Promise<readonly string[]>
}

const all: readonly GateName[] = ['untested', 'uncovered', 'loses']
const usual: RunWish = {
  direction: 'up',
  to: null,
  steps: null,
  allowed: all,
  waitSeconds: 0,
  retries: 0,
  assay: '1.2.3',
}

const faultsOf = (cause: unknown): readonly AssayError[] => {
  if (cause instanceof AssayErrors) return cause.errors
  if (cause instanceof AssayError) return [cause]
  throw cause
}

const inLab = async (
  files: Readonly<Record<string, string>>,
  work: (lab: Lab) => Promise<void>,
): Promise<void> => {
  const database = await server.createDatabase('run')
  directory = mkdtempSync(path.join(tmpdir(), 'assay-run-'))
  const owner = await server.connect(database, 'owner')
  write(files)
  const url = server.ownerUrl(database)
  const repository: Lab['repository'] = (passes = [], ledger = noLedger) => ({
    migrations: readMigrations(directory),
    tested: { passes, problems: [] },
    ledger,
    leftAlone: [],
  })
  const go: Lab['go'] = async (wish = {}, tested, ledger) => {
    const session = await openMigrationSession(url, lockTimeoutMs)
    try {
      return await runMigrations(session, repository(tested, ledger), { ...usual, ...wish })
    } finally {
      await session.db.end()
    }
  }
  try {
    await work({
      url,
      database,
      owner,
      repository,
      go,
      tell: (wish, tested, ledger) =>
        go(wish, tested, ledger).then(
          ({ ran }) => ran,
          (cause: unknown) => faultsOf(cause).map(({ code }) => code),
        ),
      states: async () =>
        statusOfAll(readMigrations(directory), await readJournal(owner)).migrations.map(
          ({ name, standing, progress }) =>
            `${name} ${standing}${progress === null ? '' : ` ${progress.done}/${progress.of}`}`,
        ),
    })
  } finally {
    await owner.end()
    await server.dropDatabase(database)
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What a test of each migration would have recorded: catalogs before and after, on a database of its own. */
const testAll = async (): Promise<readonly TestedMigration[]> => {
  const database = await server.createDatabase('tested')
  const db = await server.connect(database, 'owner')
  try {
    const passes: TestedMigration[] = []
    let before = await readCatalog(db)
    for (const migration of readMigrations(directory)) {
      await db.query(migration.up.text)
      const after = await readCatalog(db)
      passes.push(makeTested(migration, before, after))
      before = after
    }
    return passes
  } finally {
    await db.end()
    await server.dropDatabase(database)
  }
}

const two = {
  '0001_a/up.sql': 'create table a (x int);',
  '0001_a/down.sql': '-- assay: loses a because it is gone\ndrop table if exists a;',
  '0002_b.sql': 'create table b (y int);',
  '0002_b.down.sql': 'drop table if exists b;',
}

test('up, up again, down by one and by name, and repeatable files that change', () =>
  inLab({ ...two, 'repeatable/v.sql': 'create or replace view v as select 1 as one;' }, async (lab) => {
    expect(await lab.states()).toEqual(['0001_a pending', '0002_b pending', 'repeatable/v pending'])
    expect(await lab.tell({ to: '1' })).toEqual(['0001_a'])
    expect(await lab.tell()).toEqual(['0002_b', 'repeatable/v'])
    expect(await lab.tell()).toEqual([])
    write({ 'repeatable/v.sql': 'create or replace view v as select 2 as one;' })
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
    expect(row).toMatchObject({ assay: '1.2.3', runBy: server.owner, allowed: ['untested'] })
    expect(
      await lab.owner.json(`select name, allowed from assay.migrations order by name collate "C"`),
    ).toEqual([
      { name: '0001_a', allowed: ['loses', 'untested'] },
      { name: '0002_b', allowed: ['untested'] },
      { name: 'repeatable/v', allowed: ['untested'] },
    ])
  }))

test('what is tested and covered runs without being told so; by-hand changes and other texts do not', () =>
  inLab(two, async (lab) => {
    const passes = await testAll()
    expect(await lab.tell({ allowed: [] })).toEqual(['migrate.untested'])
    expect(await lab.tell({ allowed: [] }, passes)).toEqual(['migrate.uncovered'])
    const ledger: Ledger = {
      head: { architecture: 'x', major: server.major, locale: 'C', extensions: [] },
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
  inLab({ ...two, 'R__v.sql': 'create or replace view v as select 1 as one;' }, async (lab) => {
    const passes = await testAll()
    expect(passes.map(({ kind }) => kind)).toEqual(['versioned', 'versioned', 'repeatable'])
    await lab.go({ to: '1' }, passes)
    await lab.owner.query('create or replace view v as select 1 as one')
    expect(await lab.tell({ allowed: ['uncovered'] }, passes)).toEqual(['0002_b', 'R__v'])
  }))

test('files that are no longer those that ran', () =>
  inLab(two, async (lab) => {
    await lab.go()
    write({ '0002_b.sql': 'create table b (y int, z int);' })
    expect(await lab.tell()).toEqual(['migrate.edited'])
    expect(await lab.states()).toEqual(['0001_a applied', '0002_b edited'])
    const session = await openMigrationSession(lab.url, 300)
    await resolveMigration(session, lab.repository(), '0002_b', 'edited', usual)
    await session.db.end()
    expect(await lab.tell()).toEqual([])
    write({ '0003_c.sql': 'select 1', '0001_late.sql': 'select 2' })
    rmSync(path.join(directory, '0001_late.sql'))
    write({ '0005_e.sql': 'select 5' })
    expect(await lab.tell()).toEqual(['migrate.gap'])
    write({ '0005_e.sql': '-- assay: follows 0003\nselect 5' })
    expect(await lab.tell()).toEqual(['0003_c', '0005_e'])
    write({ '0004_d.sql': 'select 4' })
    expect(await lab.tell()).toEqual(['migrate.out-of-order'])
    expect(await lab.tell({ allowed: [...all, 'out-of-order'] })).toEqual(['0004_d'])
    rmSync(path.join(directory, '0004_d.sql'))
    expect(await lab.tell()).toEqual(['migrate.missing'])
    write({ '0004_other.sql': 'select 4' })
    expect(await lab.tell()).toEqual(['migrate.renamed', 'migrate.out-of-order'])
  }))

test('one runner at a time', () =>
  inLab({ ...two, '0003_slow.sql': 'select pg_sleep(0.4)' }, async (lab) => {
    const [one, other] = await Promise.all([lab.tell({ waitSeconds: 30 }), lab.tell({ waitSeconds: 30 })])
    expect([one.length, other.length].toSorted((a, b) => a - b)).toEqual([0, 3])
    await lab.owner.query('select pg_advisory_lock(1634956153, 1835624306)')
    expect(await lab.tell()).toEqual(['migrate.locked'])
    await lab.owner.query('select pg_advisory_unlock_all()')
    // A script that lets every lock go does not let in another runner unseen.
    write({ '0004_free.sql': 'select pg_advisory_unlock_all();', '0005_e.sql': 'select 1' })
    expect(await lab.tell()).toEqual(['0004_free', '0005_e'])
  }))

test('a lock that does not come is tried again, then told with who holds it', () =>
  inLab({ ...two, '0003_alter.sql': 'alter table a add column z int' }, async (lab) => {
    await lab.go({ to: '2' })
    await lab.owner.query('begin; lock table a in access share mode')
    const told: string[] = []
    const freed = lab.tell({
      retries: 5,
      onProgress: (what) => {
        if (!what.includes('no lock')) return
        told.push(what)
        if (told.length === 1) void lab.owner.query('commit')
      },
    })
    expect(await freed).toEqual(['0003_alter'])
    expect(told.length).toBeGreaterThan(0)
    write({ '0004_again.sql': 'alter table a add column zz int' })
    await lab.owner.query(`begin; lock table a in access share mode; select 'who''s "there"'`)
    const fault: unknown = await lab.go().catch((cause: unknown) => cause)
    await lab.owner.query('rollback')
    expect(fault).toMatchObject({ code: 'migrate.lock', exit: 3 })
    expect((fault as AssayError).found).toMatch(/process \d+ .*who''s "there"/u)
    expect(await lab.states()).toContain('0004_again failed 0/1')
    expect(await lab.tell()).toEqual(['0004_again'])
  }))

test('what holds a lock while it waits for another gives way before a writer may be ended; what holds none waits on', () =>
  inLab(
    { ...two, '0003_pair.sql': 'alter table a add column z int;\nalter table b add column z int' },
    async (lab) => {
      lockTimeoutMs = 60_000
      try {
        await lab.go({ to: '2' })
        // A writer that will want the other table: a circle, if the migration waited on.
        await lab.owner.query('begin; insert into b default values')
        const fault: unknown = await lab.go({ retries: 1 }).catch((cause: unknown) => cause)
        expect(fault).toMatchObject({
          code: 'migrate.lock',
          why: expect.stringContaining('it held locks while it waited'),
          where: { line: 2 },
        })
        await lab.owner.query('insert into a default values; rollback')
        write({ '0003_pair.sql': 'alter table a add column z int' })
        await lab.owner.query('begin; insert into a default values')
        const tries: string[] = []
        let isOver = false
        const waiting = lab
          .tell({ retries: 8, onProgress: (what) => void tries.push(what) })
          .finally(() => (isOver = true))
        const isThere = async (): Promise<boolean> => {
          // In a transaction it would tell the same for ever.
          await lab.owner.query('select pg_stat_clear_snapshot()')
          const [found] = await lab.owner.json<{ at: number }>(
            `select coalesce(max(extract(epoch from clock_timestamp() - query_start)), 0)::float as at from pg_stat_activity
              where wait_event_type = 'Lock' and application_name = 'assay migrate up 0003_pair'`,
          )
          return (found?.at ?? 0) > 0.7
        }
        while (!isOver && !(await isThere())) await new Promise((done) => void setTimeout(done, 20))
        await lab.owner.query('rollback')
        expect(await waiting).toEqual(['0003_pair'])
        // Twice it gave way at least: not seen yet, then seen to hold nothing.
        expect(tries.filter((what) => what.includes('no lock')).length).toBeGreaterThanOrEqual(2)
      } finally {
        lockTimeoutMs = 300
      }
    },
  ))

test('a statement that is refused: what is behind it may be mended, what is before it may not', () =>
  inLab(
    {
      '0001_a.sql':
        'create table a (x int); insert into a values (1), (1);\ncreate index concurrently a_x on a (x);\ncreate unique index concurrently "A; ö" on a (x);',
      '0001_a.down.sql': 'drop table if exists a',
    },
    async (lab) => {
      const fault: unknown = await lab.go().catch((cause: unknown) => cause)
      expect(fault).toMatchObject({
        code: 'migrate.statement',
        exit: 1,
        found: 'could not create unique index "A; ö" (SQLSTATE 23505)',
        where: { line: 3 },
      })
      expect(await lab.states()).toEqual(['0001_a failed 3/4'])
      // What the build left would slow down every write.
      expect(await lab.owner.json('select 1 from pg_index where not indisvalid')).toEqual([])
      write({
        '0001_a.sql':
          'create table a (x int, y int); insert into a values (1), (1);\ncreate index concurrently a_x on a (x);\nselect 1',
      })
      expect(await lab.tell()).toEqual(['migrate.changed-half-way'])
      write({
        '0001_a.sql':
          'create table a (x int); insert into a values (1), (1);\ncreate index concurrently a_x on a (x);\ncreate index concurrently "A; ö" on a (x);',
      })
      expect(await lab.tell()).toEqual(['0001_a'])
      expect(await lab.tell({ direction: 'down' })).toEqual(['0001_a'])
      // Half way up, and back.
      write({ '0001_a.sql': 'create table a (x int);\nvacuum a;\nselect 1 / 0' })
      expect(await lab.tell()).toEqual(['migrate.statement'])
      expect(await lab.tell({ direction: 'down' })).toEqual(['0001_a'])
      expect(await lab.states()).toEqual(['0001_a pending'])
      // Nothing of it stands: there is nothing to undo, even without a down.sql.
      rmSync(path.join(directory, '0001_a.down.sql'))
      write({ '0001_a.sql': 'select 1 / 0' })
      expect(await lab.tell()).toEqual(['migrate.statement'])
      expect(await lab.tell({ direction: 'down' })).toEqual(['0001_a'])
    },
  ))

test('roles, settings and temporary tables of a script end with it, and the journal is written all the same', () =>
  inLab(
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
  inLab(two, async (lab) => {
    const admin = await server.connect(lab.database, 'administrator')
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
  inLab(two, async (lab) => {
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

test('a step of which nobody knows whether it is done is told, and resolved by a person', () =>
  inLab(
    {
      '0001_a.sql':
        '-- assay: transaction none\ncreate table a (x int);\ndo $$ begin insert into a values (1); commit; end $$;\nselect 1',
    },
    async (lab) => {
      await lab.go()
      // As a kill within the DO block leaves it.
      await lab.owner
        .query(`update assay.migrations set state = 'running', steps_done = 1, step_begun = 2, step_note = '{}',
        done_hash = (select substr(encode(sha256('[["create table a (x int)",null]]'), 'hex'), 1, 16))`)
      const fault: unknown = await lab.go().catch((cause: unknown) => cause)
      expect(fault).toMatchObject({ code: 'migrate.unknown-outcome', exit: 4 })
      expect((fault as AssayError).mend).toContain('assay migrate resolve 0001_a --as step-done')
      const session = await openMigrationSession(lab.url, 300)
      await resolveMigration(session, lab.repository(), '0001_a', 'step-done', usual)
      await session.db.end()
      expect(await lab.tell()).toEqual(['0001_a'])
      expect(await lab.owner.json('select * from a')).toEqual([{ x: 1 }])
    },
  ))

test('a server that goes away in the middle: the next run goes on', () =>
  inLab({ ...two, '0003_c.sql': 'create table c (x int);\nvacuum c;\nselect pg_sleep(30)' }, async (lab) => {
    const lost = lab.tell()
    const ending = async (): Promise<void> => {
      const [found] = await lab.owner.json<{ ended: boolean }>(
        `select pg_terminate_backend(pid) as ended from pg_stat_activity
          where application_name = 'assay migrate up 0003_c' and query like '%pg_sleep%'`,
      )
      if (found?.ended !== true) return ending()
    }
    await ending()
    expect(await lost).toEqual(['migrate.connection-lost'])
    expect(await lab.states()).toContain('0003_c unfinished 2/3')
    write({ '0003_c.sql': 'create table c (x int);\nvacuum c;\nselect 1' })
    expect(await lab.tell()).toEqual(['0003_c'])
  }))

test('a plan writes nothing, not even the journal', () =>
  inLab(two, async (lab) => {
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
