/** What becomes of a run when the disk of the server is full: the same command goes on once there is room. */
import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AssayError } from '../../ground/errors.ts'
import { loadParser } from '../../postgres/parse.ts'
import { literal } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import { readMigrations } from '../files/read-migrations.ts'
import { readJournal } from './journal.ts'
import { runMigrations, type RunResult } from './migrate.ts'
import { openMigrationSession } from './session.ts'
import { statusOfAll } from './status.ts'

let server: Server
let directory = ''
let database = ''
let owner: Session

beforeAll(async () => {
  await loadParser()
  server = await startServer({})
  database = await server.createDatabase('trouble')
  owner = await server.connect(database, 'owner')
  directory = mkdtempSync(path.join(tmpdir(), 'assay-trouble-'))
})
afterAll(async () => {
  await owner?.end()
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
})

const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text)

const go = async (): Promise<RunResult> => {
  const session = await openMigrationSession(server.ownerUrl(database), 300)
  try {
    return await runMigrations(
      session,
      {
        migrations: readMigrations(directory),
        tested: { passes: [], problems: [] },
        ledger: { head: null, pages: [], problems: [] },
        leftAlone: [],
      },
      {
        direction: 'up',
        to: null,
        steps: null,
        allowed: ['untested', 'uncovered', 'loses'],
        waitSeconds: 30,
        retries: 0,
        assay: '1',
      },
    )
  } finally {
    await session.db.end()
  }
}

const faultOf = async (run: Promise<unknown>): Promise<AssayError> => {
  const cause = await run.then(
    () => null,
    (error: unknown) => error,
  )
  if (cause instanceof AssayError) return cause
  throw cause
}

const states = async (): Promise<readonly string[]> =>
  statusOfAll(readMigrations(directory), await readJournal(owner)).migrations.map(
    ({ name, standing, progress }) =>
      `${name} ${standing}${progress === null ? '' : ` ${progress.done}/${progress.of}`}`,
  )

/** Only root may mount, and not in every container. */
const mount = (place: string, options: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', place], { stdio: 'ignore' }).status === 0

const mayMount = (): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const place = mkdtempSync(path.join(tmpdir(), 'assay-mount-'))
  try {
    return mount(place, 'size=1m') && spawnSync('umount', [place]).status === 0
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

const canMount = process.env['ASSAY_TEST_ALL'] === '1' || mayMount()

/** The account of the server, which has to own the place of its tables. */
const accountOf = (pid: number): readonly [uid: number, gid: number] => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const idOf = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'mu').exec(status)?.[1])
  return [idOf('Uid'), idOf('Gid')]
}

test.skipIf(!canMount)(
  `a full disk is told as such, leaves nothing half done, and the same command goes on${canMount ? '' : ' (needs the right to mount)'}`,
  async () => {
    const place = path.join(directory, 'small')
    mkdirSync(place)
    expect(mount(place, 'size=4m')).toBe(true)
    const admin = await server.connect(database, 'administrator')
    try {
      chownSync(directory, ...accountOf(admin.pid))
      const inner = path.join(place, 'space')
      mkdirSync(inner)
      chownSync(inner, ...accountOf(admin.pid))
      await admin.query(`create tablespace assay_small location ${literal(inner)}`)
      await admin.query(`grant create on tablespace assay_small to public`)
      write('0001_small.sql', 'create table small (id integer, t text) tablespace assay_small;')
      write(
        '0002_fill.sql',
        `create table beside (id integer);
insert into small select i, (select string_agg(md5(i::text || j), '') from generate_series(1, 30) as j)
  from generate_series(1, 8000) as i;`,
      )
      write(
        '0003_index.sql',
        `-- assay: transaction none
create index concurrently small_t on small (t, id) tablespace assay_small;`,
      )
      const full = await faultOf(go())
      expect(full).toMatchObject({ code: 'migrate.statement', exit: 1 })
      expect(full.found).toMatch(/53100/u)
      expect(full.mend).toMatch(/^The disk of the server is full/u)
      expect(await states()).toEqual(['0001_small applied', '0002_fill failed 0/2', '0003_index pending'])
      expect(await owner.json(`select to_regclass('beside') as found`)).toEqual([{ found: null }])
      // Room for the rows, and not for the index of them.
      expect(mount(place, 'remount,size=18m')).toBe(true)
      const again = await faultOf(go())
      expect(again.found).toMatch(/53100/u)
      expect((await states())[1]).toBe('0002_fill applied')
      expect((await states()).at(-1)).toMatch(/^0003_index (?:failed|unfinished) 0\/1$/u)
      expect(mount(place, 'remount,size=200m')).toBe(true)
      expect((await go()).ran).toEqual(['0003_index'])
      expect(
        await owner.json(`select indisvalid as valid from pg_index where indrelid = 'small'::regclass`),
      ).toEqual([{ valid: true }])
      expect(await owner.json('select count(*) as rows from small')).toEqual([{ rows: 8_000 }])
      await owner.query('drop table small')
      await admin.query('drop tablespace assay_small')
    } finally {
      await admin.end()
      spawnSync('umount', [place])
    }
  },
)
