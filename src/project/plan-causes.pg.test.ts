/** Which change made a plan another one: taken back alone on real servers, with what git has of the recorded state. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../../test/support/postgres15.ts'
import { relationId } from '../ground/names.ts'
import { architecture, sql, table } from '../index.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Finding } from '../prove/result.ts'
import { makeProjector } from '../rows/projected/projection.ts'
import { scaleStatistics } from '../rows/projected/scale/scale.ts'
import type { DatabaseStatistics } from '../rows/projected/statistics.ts'
import { checkMigrated } from './check-project.ts'
import type { Migrated } from './migrated.ts'
import { applySchema } from './migrations.ts'
import { proveMigrated } from './prove-project.ts'

const home = mkdtempSync(join(tmpdir(), 'assay-causes-'))
const odd = 'Odd "order"'

const shop = () => {
  const orders = table(
    { schema: 'public', name: odd },
    { id: 'bigint', 'the user': 'bigint', state: 'text', at: 'timestamptz' },
    (t) => [t.primaryKey('id'), t.required('the user', 'state', 'at')],
  )
  const users = table('users', { id: 'bigint', name: 'text' }, (t) => [
    t.primaryKey('id'),
    t.required('name'),
    t.indexed('name'),
  ])
  const made = architecture('shop', { tables: { orders, users } })
  made.query(
    'orders of a user',
    [odd],
    sql('select id from "Odd ""order""" where "the user" = :user order by at, id limit 20', {
      user: 'bigint',
    }),
    { budget: { buffers: 30 } },
  )
  // Since 16 a sorted input saves sorting before an aggregate that is ordered or distinct.
  made.query('names in order', ['users'], sql('select count(distinct name) as names from users', {}), {
    budget: { never: [] },
  })
  return made
}

// Roles belong to the whole server, which the tests of Debian's share.
const first = `do $$ begin create role shop_reader nologin; exception when duplicate_object then null; end $$;
  create table "Odd ""order""" (id bigint primary key, "the user" bigint not null, state text not null, at timestamptz not null);
  create index "odd ""i""" on "Odd ""order""" ("the user", at, id);
  create table users (id bigint primary key, name text not null);
  create index users_name on users (name);`

const git = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync('git', ['-C', home, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

const write = (file: string, text: string): void => {
  mkdirSync(join(home, 'migrations'), { recursive: true })
  writeFileSync(join(home, 'migrations', file), text)
}

const statisticsFile = join(home, 'statistics.json')

/** As a production of so many orders would have them exported. */
const writeStatistics = (sample: DatabaseStatistics, orders: number): void => {
  const { statistics } = scaleStatistics(sample, {
    sizes: { [relationId({ schema: 'public', name: odd })]: orders },
  })
  writeFileSync(statisticsFile, JSON.stringify(statistics))
}

/** Of a few rows. */
const sampleOn = async (server: Server): Promise<DatabaseStatistics> => {
  const database = await server.createDatabase('sample')
  await applySchema(server, database, { directory: home, migrations: 'migrations' })
  const owner = await server.connect(database, 'owner')
  await owner.query(`insert into "Odd ""order""" select n, n % 100, 'a', '2024-01-01' from generate_series(1, 3000) n;
    insert into users select n, n::text from generate_series(1, 3000) n; analyze`)
  await owner.end()
  return (await makeProjector(server, database)).local
}

let sample: DatabaseStatistics

const migrateOn = async (server: Server): Promise<Migrated> => {
  const schema = { directory: home, migrations: 'migrations' }
  const template = await server.createDatabase('shop')
  await applySchema(server, template, schema)
  await server.admitRoles()
  const part = { architecture: shop(), schema, ledger: join(home, 'ledger'), statistics: statisticsFile }
  return { server, template, part, seconds: 0 }
}

/** On a server of its own, as each run of the command line has one. */
const checkWith = async (
  migrations: Readonly<Record<string, string>>,
  url?: string,
): Promise<readonly Finding[]> => {
  for (const [file, text] of Object.entries(migrations)) write(file, text)
  const server = await startServer(url === undefined ? {} : { url })
  try {
    const { findings } = await checkMigrated(await migrateOn(server), null)
    return findings.filter(({ code }) => code === 'plan.changed')
  } finally {
    await server.stop()
    for (const file of Object.keys(migrations)) rmSync(join(home, 'migrations', file))
  }
}

const causesOf = ({ plan }: Finding): readonly string[] =>
  plan!.causes!.filter(({ isProven }) => isProven).map(({ what }) => what)

beforeAll(async () => {
  write('0001_first.sql', first)
  const server = await startServer({})
  try {
    sample = await sampleOn(server)
    writeStatistics(sample, 1e8)
    await proveMigrated(await migrateOn(server), { command: 'prove', only: [] }).then(({ result }) =>
      expect(result.findings.filter(({ severity }) => severity === 'error')).toEqual([]),
    )
  } finally {
    await server.stop()
  }
  expect(readdirSync(join(home, 'ledger'))).toContain('head.txt')
  git('init', '-q')
  git('add', '-A')
  git('-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '-q', '-m', 'proven')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('of several changes', () => {
  it('the index that is gone is made again from git, and proven to be the cause', async () => {
    const [found, ...more] = await checkWith({
      '0002_other.sql': `drop index "odd ""i""";
        create index users_name_id on users (name, id);
        alter table "Odd ""order""" add column note text;`,
    })
    // With the exported statistics too, though they do not know the new column: no query reads it.
    expect(more.map(({ rule, summary }) => [rule, summary.includes('with the exported statistics')])).toEqual(
      [
        ['queries/orders of a user', true],
        ['queries/names in order', true],
      ],
    )
    expect(causesOf(found!)).toEqual([`"Odd ""order"""/index:"the user",at,id is gone`])
    expect(found!.why).toContain('is gone: with this taken back alone, the old plan comes back; also since')
  })
})

describe('exported statistics', () => {
  it('are those of the commit again, and proven to be the cause beside a migration that is not', async () => {
    writeStatistics(sample, 3)
    const findings = await checkWith({ '0002_other.sql': 'create index users_name_id on users (name, id);' })
    writeStatistics(sample, 1e8)
    const own = findings.filter(({ rule }) => rule === 'queries/orders of a user')
    expect(own.map(({ summary }) => summary)).toEqual([
      '"orders of a user", with the exported statistics: PostgreSQL takes another plan than in the ledger',
    ])
    expect(causesOf(own[0]!)).toEqual(['the exported statistics differ'])
  })
})

describe.skipIf(whyNoPostgres15 !== '')(`another major version ${whyNoPostgres15}`, () => {
  let debian: TestServer
  beforeAll(async () => {
    debian = await startPostgres15()
  })
  afterAll(() => debian?.stop())

  it('is named where it alone changed the plan of a query, and no other query is told', async () => {
    const findings = await checkWith({}, debian.url)
    expect(findings.map(({ rule, why }) => [rule, why])).toEqual([
      [
        'queries/names in order',
        expect.stringMatching(
          /^since the ledger was written: PostgreSQL 18 became 15.*, and nothing else that plans/u,
        ),
      ],
    ])
  })

  it('is proven to be the cause beside a migration that is not', async () => {
    const findings = await checkWith(
      { '0002_new.sql': 'create index odd_state on "Odd ""order""" (state);' },
      debian.url,
    )
    expect(findings.map(({ rule }) => rule)).toEqual(['queries/names in order'])
    expect(causesOf(findings[0]!)).toEqual([expect.stringContaining('PostgreSQL 18 became 15')])
  })
})
