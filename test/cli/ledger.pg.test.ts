/**
 * The ledger says the same bytes on a server of the user's, and three months later; that it is what is committed:
 * test/commerce.pg.test.ts.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { later, startPostgres15Later, whyNoLater } from '../support/clock.ts'
import { withCommerce } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { startPostgres15, type TestServer } from '../support/postgres15.ts'
import { withProject, type ProjectFiles } from '../support/project.ts'

/** Every file of the ledger with its bytes. */
const ledgerOf = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(directory, 'ledger'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [file.slice(directory.length), readFileSync(file, 'utf8')]),
  )

/** Rules that the calendar decides on. */
const calendar: ProjectFiles = {
  'assay.config.ts': `import { architecture, defineConfig, table } from 'assay'

const bookings = table('bookings', { id: 'bigint', born_on: 'date', day: 'date', seen_at: 'timestamptz', ends_at: 'timestamptz' }, (t) => [
  t.identity('id'),
  t.primaryKey('id'),
  t.required('born_on', 'seen_at'),
  t.defaults({ seen_at: 'now()', day: "current_date + 1" }),
  t.check('grown_up', "born_on <= current_date - interval '18 years'"),
  t.check('ahead', "day > current_date and day < current_date + 365"),
  t.check('not_tomorrow', 'seen_at <= now()'),
  t.check('later', "ends_at > seen_at + interval '1 hour'"),
])

export default defineConfig({
  architecture: architecture('calendar', { tables: { bookings } }),
  schema: { migrations: 'migrations' },
})
`,
  'migrations/0001.sql': `create table bookings (
  id bigint generated always as identity primary key,
  born_on date not null constraint bookings_grown_up check (born_on <= current_date - interval '18 years'),
  day date default current_date + 1 constraint bookings_ahead check (day > current_date and day < current_date + 365),
  seen_at timestamptz not null default now() constraint bookings_not_tomorrow check (seen_at <= now()),
  ends_at timestamptz constraint bookings_later check (ends_at > seen_at + interval '1 hour')
);`,
}

describe.skipIf(whyNoLater !== '')(`on PostgreSQL 15, now and three months later ${whyNoLater}`, () => {
  let now: TestServer
  let future: TestServer
  beforeAll(async () => {
    now = await startPostgres15()
    future = await startPostgres15Later()
  })
  afterAll(async () => {
    await now?.stop()
    await future?.stop()
  })

  test('the clock of server and command line is moved', () => {
    const ask = (server: TestServer): number =>
      Number(
        spawnSync('psql', ['-X', '-At', '-c', 'select extract(epoch from now())', server.url], {
          encoding: 'utf8',
        }).stdout,
      )
    expect((ask(future) - ask(now)) / 86_400).toBeCloseTo(92, 1)
    const node = spawnSync(later[0]!, [later[1]!, process.execPath, '-p', 'Date.now()'], { encoding: 'utf8' })
    expect((Number(node.stdout) - Date.now()) / 86_400_000).toBeCloseTo(92, 1)
  })

  test('the example: the same figures, the same findings, the same ledger', async () => {
    const prove = (url: string, under: readonly string[]) =>
      withCommerce(async (directory) => {
        const { summary, findings } = await assayJson(['prove', directory, '--url', url], { under })
        const { seconds: _, ...figures } = summary
        const places = findings.map(({ where: __, ...finding }) => finding)
        return { figures, findings: places, ledger: ledgerOf(directory) }
      })
    const today = await prove(now.url, [])
    expect(today.figures.green).toBe(today.figures.rules)
    expect(today.findings).toEqual([])
    expect(await prove(future.url, later)).toEqual(today)
  })

  test('rules that the calendar decides on', async () => {
    const prove = (url: string, under: readonly string[]): Promise<Readonly<Record<string, string>>> =>
      withProject(calendar, async (directory) => {
        const { code, findings } = await assayJson(['prove', directory, '--url', url], { under })
        expect(findings).toEqual([])
        expect(code).toBe(0)
        return ledgerOf(directory)
      })
    expect(await prove(future.url, later)).toEqual(await prove(now.url, []))
  })
})
