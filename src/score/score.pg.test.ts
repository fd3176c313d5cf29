/** Real suites against real mutants: commands with psql, SQL files, pgTAP; one that hangs, one that is flaky, one that leaves children. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, processesIn } from '../../test/support/processes.ts'
import { mutantsOf } from '../catalog/operator-set/sets.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import { ConnectionLost } from '../postgres/fault.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { isAskedFor } from '../prove/asked.ts'
import { makeCommandSuite } from './command-suite.ts'
import { openJournal } from './journal.ts'
import { scoreSuite, type ScoreOptions } from './score.ts'
import { protectionOf, type ScoreResult } from './score-result.ts'
import { makeSqlSuite } from './sql-suite.ts'
import { readSuiteFile } from './sql-suite-files.ts'
import { startWatchdog, type Watchdog } from './suite-watchdog.ts'
import type { Suite } from './suite.ts'

const schema = `
  create role score_app;
  create schema "odd ""name""";
  create table products (
    id bigint generated always as identity primary key,
    slug varchar(20) not null unique,
    price numeric(10,2) not null constraint price_not_negative check (price >= 0)
  );
  create table "odd ""name"""."Ta'ble" (
    id int primary key,
    "par ent" bigint references products deferrable initially deferred,
    unchanged boolean,
    constraint seen check (unchanged) not enforced
  );
  create table notes (tenant text not null, body text);
  alter table notes enable row level security;
  create policy own on notes using (tenant = current_setting('app.tenant', true));
  grant select, insert on notes to score_app;`

const pgtap = '/usr/share/postgresql/15/extension/pgtap--1.2.0.sql'
const psqlDirectory = '/usr/lib/postgresql/15/bin'
const noPsql = existsSync(`${psqlDirectory}/psql`) ? '' : '(skipped: no psql of Debian here)'
const noPgtap = existsSync(pgtap) ? '' : '(skipped: no pgTAP of Debian here)'
const mustRun = process.env['ASSAY_TEST_ALL'] === '1'

const refuses = (insert: string, condition: string): string =>
  `do $$ begin ${insert}; raise exception 'it was taken' using errcode = 'P0002'; exception when ${condition} then null; end $$;`
const product = (slug: string, price: number): string =>
  `insert into products (slug, price) values (${slug}, ${price})`

describe('a suite judged by mutants', () => {
  let server: Server
  let template: string
  let catalog: Catalog
  let directory: string
  let watchdog: Watchdog

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'assay-score-'))
    server = await startServer({ tcp: true })
    template = await server.createDatabase('score')
    const owner = await server.connect(template, 'owner')
    await owner.query(schema)
    await owner.end()
    await server.admitRoles()
    const reader = await server.connect(template, 'prover')
    catalog = await readCatalog(reader)
    await reader.end()
    watchdog = startWatchdog()
  })
  afterAll(async () => {
    watchdog?.dismiss()
    await server?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const command = (text: string): Suite =>
    makeCommandSuite({
      server,
      template,
      command: text,
      directory,
      environment: (url) => ({
        PATH: `${process.env['PATH'] ?? ''}:${psqlDirectory}`,
        DATABASE_URL: url,
        TMPDIR: directory,
      }),
      watchdog,
    })
  const write = (name: string, text: string): string => {
    writeFileSync(path.join(directory, name), text)
    return name
  }
  /** Runs SQL with psql, as a script of somebody's would. */
  const psqlSuite = (name: string, sql: string, before = ''): Suite => {
    write(`${name}.sql`, sql)
    return command(`${before}psql -X -q -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f ${name}.sql`)
  }
  const sqlSuite = (files: Readonly<Record<string, string>>, from = template): Suite =>
    makeSqlSuite({
      server,
      template: from,
      files: Object.entries(files).map(([name, text]) => readSuiteFile(write(name, text), directory)),
      name: Object.keys(files).join(' '),
    })
  const score = (
    suite: Suite,
    only: readonly string[] = [],
    options: Partial<ScoreOptions> = {},
  ): Promise<ScoreResult> =>
    scoreSuite({
      name: 'shop',
      catalog,
      suite,
      structures: [...catalog.structures.values()]
        .filter((s) => isAskedFor(s.id, s.table, only))
        .map((structure) => ({ structure, mutants: mutantsOf(structure, catalog) }))
        .filter(({ mutants }) => mutants.length > 0),
      workers: 2,
      limitSeconds: null,
      atLeast: null,
      journal: () =>
        openJournal({
          directory: path.join(directory, 'j', 'score'),
          question: [suite.identity],
          restart: false,
        }),
      ...options,
    })
  const verdictsOf = ({ structures }: ScoreResult): Readonly<Record<string, string>> =>
    Object.fromEntries(structures.flatMap((s) => s.mutants.map((m) => [m.id, m.verdict])))
  /** Databases of this server besides the template. */
  const databases = async (): Promise<readonly string[]> => {
    const admin = await server.connect(template, 'administrator')
    try {
      const found = await admin.json<{ readonly name: string }>(
        `select datname as name from pg_catalog.pg_database where not datistemplate and datname <> 'postgres' and datname <> current_database()`,
      )
      return found.map(({ name }) => name)
    } finally {
      await admin.end()
    }
  }

  const checked = {
    'a.sql': `begin;\n${refuses(product(`'a'`, -0.01), 'check_violation')}\n${product(`'a'`, 0)};\nrollback;\n`,
    'b.sql': `${product(`'b'`, 1)};\n${refuses(product(`'b'`, 2), 'unique_violation')}\n`,
  }

  test('SQL files: what they protect, what not at all, and each survivor', async () => {
    const result = await score(sqlSuite(checked), ['products'])
    const verdicts = verdictsOf(result)
    expect(verdicts['products/check:price_not_negative~removed']).toBe('killed')
    expect(verdicts['products/unique:slug~removed']).toBe('killed')
    expect(verdicts['products/required:slug~removed']).toBe('survived')
    const bare = result.structures.find(({ id }) => id === 'products/required:slug')
    expect(bare && protectionOf(bare)).toBe('none')
    const finding = result.findings.find(({ structure }) => structure === 'products/required:slug')
    expect(finding).toMatchObject({ code: 'score.unprotected', severity: 'warning' })
    expect(finding?.fix).toContain('drop not null;')
    const why = result.structures
      .flatMap(({ mutants }) => mutants)
      .find(({ id }) => id === 'products/check:price_not_negative~removed')?.why
    expect(why).toBe('a.sql: it was taken (P0002)')
    expect(await databases()).toEqual([])
  })

  test.skipIf(noPsql !== '' && !mustRun)(
    `a command gives the same verdicts as its SQL inside the transaction ${noPsql}`,
    async () => {
      const text = checked['a.sql'] + checked['b.sql']
      const asked = ['products/check', 'products/unique', 'products/required']
      const result = await score(psqlSuite('both', text), asked)
      expect(verdictsOf(result)).toEqual(verdictsOf(await score(sqlSuite({ 'both.sql': text }), asked)))
      expect(result.counts.killed).toBeGreaterThan(5)
      expect(await databases()).toEqual([])
      expect(existsSync(path.join(directory, 'j'))).toBe(false)
    },
  )

  test('stillborn and equivalent mutants are no runs of the suite, whatever the names', async () => {
    const result = await score(sqlSuite({ 'odd.sql': `select 1 from "odd ""name"""."Ta'ble"` }), [
      String.raw`"odd ""name""".Ta'ble`,
    ])
    const all = result.structures.flatMap(({ mutants }) => mutants)
    expect(all.find(({ id }) => id.endsWith('/check:seen~removed'))).toMatchObject({
      verdict: 'equivalent',
      why: expect.stringContaining('NOT ENFORCED') as string,
    })
    expect(all.find(({ id }) => id.endsWith('/required:id~removed'))?.verdict).toBe('stillborn')
    expect(all.find(({ id }) => id.endsWith('/table~removed'))?.verdict).toBe('killed')
    expect(result.counts.unsolved).toBe(0)
  })

  test('a deferred constraint is asked where the file commits', async () => {
    const orphan = `insert into "odd ""name"""."Ta'ble" (id, "par ent") values (1, 77)`
    const late = `begin; ${orphan}; update "odd ""name"""."Ta'ble" set "par ent" = null; commit; select 1;`
    const id = String.raw`"odd ""name""".Ta'ble/references`
    const verdicts = verdictsOf(await score(sqlSuite({ 'late.sql': late }), [id]))
    const flipped = Object.entries(verdicts).filter(([key]) => key.includes('~deferrability-flipped'))
    expect(flipped.map(([, verdict]) => verdict)).toEqual(['killed', 'killed'])
    await expect(score(sqlSuite({ 'late.sql': `begin; ${orphan}; commit;` }), [id])).rejects.toMatchObject({
      code: 'score.suite-fails',
    })
  })

  test('files may become other roles, and notice a policy that lets more through', async () => {
    const file = `begin;
      insert into notes values ('a', 'mine'), ('b', 'theirs');
      set local role score_app;
      select set_config('app.tenant', 'a', true);
      do $$ begin assert (select count(*) from notes) = 1, 'it sees more'; end $$;
      rollback;`
    const result = await score(sqlSuite({ 'notes.sql': file }), ['notes/policy', 'notes/rowSecurity'])
    const verdicts = Object.entries(verdictsOf(result))
    expect(verdicts.find(([id]) => id.endsWith('~using-true'))?.[1]).toBe('killed')
    expect(verdicts.find(([id]) => id.endsWith('~disabled'))?.[1]).toBe('killed')
    expect(result.counts.unsolved).toBe(0)
  })

  describe.skipIf(noPgtap !== '' && !mustRun)(`pgTAP ${noPgtap}`, () => {
    let withPgtap: string
    beforeAll(async () => {
      withPgtap = await server.clone(template, 'pgtap')
      const owner = await server.connect(withPgtap, 'owner')
      await owner.query(readFileSync(pgtap, 'utf8'))
      await owner.end()
    })
    afterAll(() => server.dropDatabase(withPgtap))

    const tap = `\\set QUIET 1
\\pset format unaligned
\\pset tuples_only true
\\set ON_ERROR_STOP true
BEGIN;
SELECT plan(3);
SELECT col_not_null('products', 'slug', 'a slug is there');
PREPARE negative AS insert into products (slug, price) values ('a', -1);
SELECT throws_ok('negative', '23514', null, 'no negative price');
SELECT lives_ok($$insert into products (slug, price) values ('b', 0)$$, 'free is fine');
SELECT * FROM finish();
ROLLBACK;
`

    test('every test that is not ok kills, and says so', async () => {
      const asked = ['products/required', 'products/check', 'products/table']
      const result = await score(sqlSuite({ 'shop.sql': tap }, withPgtap), asked)
      const said = Object.fromEntries(
        result.structures.flatMap((s) => s.mutants.map((m) => [m.id, `${m.verdict}: ${m.why}`])),
      )
      expect(said['products/required:slug~removed']).toBe('killed: shop.sql: not ok 1 - a slug is there')
      expect(said['products/check:price_not_negative~removed']).toBe(
        'killed: shop.sql: not ok 2 - no negative price',
      )
      expect(said['products/required:price~removed']).toMatch(/^survived/u)
      expect(said['products/table~removed']).toMatch(/^killed/u)
      expect(result.structures.map(({ id }) => id).filter((id) => id.includes('throws_ok'))).toEqual([])
    })

    test('tests that are planned and not run are a failure', async () => {
      const short = tap.replace('plan(3)', 'plan(4)')
      await expect(score(sqlSuite({ 'short.sql': short }, withPgtap))).rejects.toMatchObject({
        code: 'score.suite-fails',
        exit: 1,
        found: 'short.sql: 4 tests were planned, and 3 were run',
      })
    })

    test.skipIf(noPsql !== '' && !mustRun)('psql and its flags give the same', async () => {
      const suite = makeCommandSuite({
        server,
        template: withPgtap,
        // What pg_prove does: TAP on stdout, and a harness that reads it.
        command:
          'psql -X -q -A -t -d "$DATABASE_URL" -f shop.sql | tee out.$$ ; ! grep -q "^not ok" out.$$ || { rm out.$$; exit 1; }; rm out.$$',
        directory,
        environment: (url) => ({
          PATH: `${process.env['PATH'] ?? ''}:${psqlDirectory}`,
          DATABASE_URL: url,
        }),
        watchdog,
      })
      const asked = ['products/required', 'products/check']
      const inside = verdictsOf(await score(sqlSuite({ 'shop.sql': tap }, withPgtap), asked))
      expect(verdictsOf(await score(suite, asked))).toEqual(inside)
    })
  })

  describe.skipIf(noPsql !== '' && !mustRun)(`commands that misbehave ${noPsql}`, () => {
    const look = 'psql -X -q -A -t -d "$DATABASE_URL" -c'

    test('one that fails already is refused with its last words', async () => {
      const fault = score(command(`${look} 'select 1'; echo 'slug is missing' >&2; exit 3`))
      await expect(fault).rejects.toMatchObject({
        code: 'score.suite-fails',
        exit: 1,
        found: expect.stringMatching(/^it exited with 3; its last lines:\n1\nslug is missing$/u) as string,
      })
      expect(await databases()).toEqual([])
    })

    test('one that fails each second time is called flaky', async () => {
      const text = `${look} 'select 1'; [ -e flag ] && { rm flag; exit 1; }; touch flag`
      await expect(score(command(text), ['products/check'], { workers: 1 })).rejects.toMatchObject({
        code: 'score.suite-flaky',
      })
      rmSync(path.join(directory, 'flag'), { force: true })
    })

    test('one that cannot run beside itself is told apart', async () => {
      const text = `${look} 'select 1'; mkdir lock || exit 1; sleep 0.3; rmdir lock`
      await expect(score(command(text), ['products/check'])).rejects.toMatchObject({
        code: 'score.suite-not-parallel',
        mend: expect.stringContaining('--workers 1') as string,
      })
    })

    test('one that never looks at the database is refused', async () => {
      await expect(score(command('true'), ['products/check'])).rejects.toMatchObject({
        code: 'score.suite-elsewhere',
        exit: 4,
      })
      expect(await databases()).toEqual([])
    })

    test('one that hangs on a mutant is ended, with all that it started, and counts as noticed', async () => {
      const hang = `select count(*) from pg_constraint where conname = 'price_not_negative'`
      const text = `[ "$(${look} "${hang}")" = 1 ] || { (trap '' TERM; sleep 71) & sleep 71; }`
      const result = await score(command(text), ['products/check:price_not_negative'], { limitSeconds: 5 })
      expect(verdictsOf(result)['products/check:price_not_negative~removed']).toBe('timeout')
      expect(result.counts).toMatchObject({ timeout: 1, killed: 0 })
      await eventually(() => processesIn(directory).length === 0, 'nothing of the suite is left')
    })

    test('one that leaves a process behind is not waited for, and the process is ended', async () => {
      const text = `${look} 'select 1'; sleep 72 &`
      const result = await score(command(text), ['products/required'], { workers: 1 })
      expect(result.counts.survived).toBe(2)
      await eventually(() => processesIn(directory).length === 0, 'nothing of the suite is left')
    })

    test.skipIf(!existsSync('/proc/self/environ'))('a daemon that left its group is ended too', async () => {
      const text = `${look} 'select 1'; (setsid sh -c "trap '' TERM; sleep 73" >/dev/null 2>&1 &)`
      const result = await score(command(text), ['products/required:slug'], { workers: 1 })
      expect(result.counts.survived).toBe(1)
      expect(processesIn(directory)).toEqual([])
    })

    test('what it writes is gone for the next mutant', async () => {
      const text = `${look} "insert into products (slug, price) values ('once', 1)"`
      const result = await score(command(text), ['products/check'])
      expect(result.counts.unsolved).toBe(0)
      expect(verdictsOf(result)['products/check:price_not_negative~removed']).toBe('survived')
    })

    test('one that fails at the end, where it passed, makes the result an error', async () => {
      const text = `${look} 'select 1'; n=$(ls | grep -c '^ran'); touch ran$n; [ "$n" -lt 7 ]`
      const asked = ['products/required']
      const steady = await score(command(text), asked, { workers: 1 })
      expect(steady.findings.filter(({ code }) => code === 'score.unsteady')).toEqual([])
      const worn = await score(command(text), asked, { workers: 1 }).catch((fault: unknown) => fault)
      for (const name of readdirSync(directory).filter((file) => file.startsWith('ran')))
        rmSync(path.join(directory, name))
      expect(worn).toMatchObject({
        findings: expect.arrayContaining([expect.objectContaining({ code: 'score.unsteady' })]) as unknown,
      })
    })
  })

  test('what an interrupted run knew is not run again', async () => {
    const suite = sqlSuite(checked)
    const asked = ['products/check', 'products/unique']
    const whole = verdictsOf(await score(suite, asked))
    const place = path.join(directory, 'kept', 'score')
    const open = () => openJournal({ directory: place, question: ['q'], restart: false })
    let asks = 0
    const stopping: Suite = {
      ...suite,
      async open(label) {
        const judge = await suite.open(label)
        return {
          ...judge,
          judge(ddl, settings) {
            if (ddl.length > 0 && ++asks > 6) throw new Error('the power is gone')
            return judge.judge(ddl, settings)
          },
        }
      },
    }
    await expect(score(stopping, asked, { journal: open, workers: 1 })).rejects.toThrow('the power is gone')
    asks = -1000
    const result = await score(stopping, asked, { journal: open, workers: 1 })
    expect(result.resumed).toBe(6)
    const made = Object.keys(whole).length
    expect(asks).toBe(-1000 + made - 6 - result.counts.equivalent)
    expect(verdictsOf(result)).toEqual(whole)
    expect(existsSync(place)).toBe(false)
  })

  test('a server that goes away under a suite is no verdict, and the next run gets past that mutant', async () => {
    const suite = sqlSuite(checked)
    const asked = ['products/check']
    const place = path.join(directory, 'lost', 'score')
    const options = {
      journal: () => openJournal({ directory: place, question: ['q'], restart: false }),
      workers: 1,
    }
    let isWell = false
    const fragile: Suite = {
      ...suite,
      async open(label) {
        const judge = await suite.open(label)
        return {
          judge(ddl, settings) {
            if (isWell || !ddl.some((sql) => sql.includes('drop constraint')))
              return judge.judge(ddl, settings)
            throw new ConnectionLost('Connection terminated unexpectedly')
          },
          async close() {
            await judge.close()
            if (!isWell) throw new ConnectionLost('Connection terminated unexpectedly')
          },
        }
      },
    }
    await expect(score(fragile, asked, options)).rejects.toMatchObject({
      code: 'score.server-lost',
      exit: 3,
      asked: expect.stringMatching(/^products\/check:price_not_negative~/u) as string,
    })
    isWell = true
    const result = await score(fragile, asked, options)
    expect(result.counts.unsolved).toBe(1)
    expect(result.findings).toContainEqual(
      expect.objectContaining({
        code: 'score.unsolved',
        why: 'the server went away while the suite ran on it',
      }),
    )
  })

  test('a score that is asked for and not reached is an error, and nothing to ask is not', async () => {
    const low = await score(sqlSuite(checked), ['products'], { atLeast: 99 })
    expect(low.findings[0]).toMatchObject({ code: 'score.below', severity: 'error' })
    const enough = await score(sqlSuite(checked), ['products'], { atLeast: 10 })
    expect(enough.findings.filter(({ severity }) => severity === 'error')).toEqual([])
    const nothing = await score(sqlSuite(checked), ['nothing'])
    expect(nothing).toMatchObject({ structures: [], workers: 0, findings: [] })
  })

  test('the verdicts are the same with one worker and with three', async () => {
    const three = await score(sqlSuite(checked), ['products'], { workers: 3 })
    const one = await score(sqlSuite(checked), ['products'], { workers: 1 })
    expect(three.structures).toEqual(one.structures)
  })
})
