/** What stops a filling half way: a full disk, a session that is ended, a server that crashes, Ctrl-C. Then it goes on. */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { literal } from '../../src/postgres/quote.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'
import { startServer } from '../../src/postgres/start.ts'
import { endOf, startAssay, type Ended } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'

let server: Server
let database = ''
let admin: Session
let url = ''

const shop = `
  create table users (id bigint generated always as identity primary key, email text not null unique);
  create table orders (id bigint generated always as identity primary key, user_id bigint not null references users,
    total numeric(10,2) not null check (total >= 0), note text)`
/** Once there are two chunks, the next one waits for a lock that the test holds. */
const brake = `
  create function brake() returns trigger language plpgsql as $$
    declare chunks bigint;
    begin
      if to_regclass('assay.fill_chunks') is null then return null; end if;
      execute 'select count(*) from assay.fill_chunks' into chunks;
      if chunks > 1 then perform pg_advisory_xact_lock_shared(7); end if;
      return null;
    end $$;
  create trigger brake before insert on orders for each statement execute function brake()`
const digestSql = `select (select count(*)::int from users) as users, (select count(*)::int from orders) as orders,
  (select md5(string_agg(o::text, ',' order by id)) from orders o) as digest, to_regnamespace('assay') is null as is_over`

beforeAll(async () => {
  server = await startServer({})
  database = await server.createDatabase('stops')
  admin = await server.connect(database, 'administrator')
  url = server.ownerUrl(database)
  const owner = await server.connect(database, 'owner')
  await owner.query(`${shop}; ${brake}`)
  await owner.end()
})
afterAll(async () => {
  await admin?.end()
  await server?.stop()
})

const rows = ['--rows', 'orders=45000'] as const
const args = (...more: readonly string[]): readonly string[] => ['fill', '/', '--url', url, ...rows, ...more]

/** Runs until some chunks are noted, then does what stops it; answers how it ended. */
const stopped = async (stop: (pid: number) => unknown, ...more: readonly string[]): Promise<Ended> => {
  await admin.query('select pg_advisory_lock(7)')
  const child = startAssay(args('--json', '--sessions', '2', ...more))
  const ended = endOf(child)
  const isWaiting = async (): Promise<boolean> => {
    const waiting = await admin.json(`select from pg_locks where locktype = 'advisory' and not granted`)
    return waiting.length > 0
  }
  while (child.exitCode === null && !(await isWaiting())) await rest(5)
  await stop(child.pid!)
  // After a crash the lock is gone with its session.
  await admin.batch(['select pg_advisory_unlock(7)']).catch(() => [])
  return ended
}

const nextOf = ({ stdout }: Ended): readonly string[] =>
  (JSON.parse(stdout) as { next: readonly string[] }).next

const codesOf = ({ stdout }: Ended): readonly unknown[] =>
  (JSON.parse(stdout) as { findings: readonly { code: string }[] }).findings.map(({ code }) => code)

/** The same seed gives these rows, whatever happened on the way. */
let whole: unknown

describe('a filling that is stopped', () => {
  test('would have these rows', async () => {
    expect((await assayJson(args())).code).toBe(0)
    ;[whole] = await admin.json(digestSql)
    expect(whole).toMatchObject({ users: 4_500, orders: 45_000, is_over: true })
    await admin.query('truncate users, orders')
  })

  test('by Ctrl-C leaves whole chunks, and the same command goes on', async () => {
    const { signal, stdout, stderr } = await stopped((pid) => process.kill(pid, 'SIGINT'))
    expect({ signal, stdout }).toEqual({ signal: 'SIGINT', stdout: '' })
    expect(stderr).toMatch(/^Stopped\. .* the same command goes on/u)
    const again = await assayJson(args())
    expect(again.code).toBe(0)
    expect(await admin.json(digestSql)).toEqual([whole])
    await admin.query('truncate users, orders')
  })

  test('by the end of one of its sessions says so, and the same command goes on', async () => {
    const ended = await stopped(() =>
      admin.query(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted limit 1`,
      ),
    )
    expect({ code: ended.code, codes: codesOf(ended) }).toEqual({ code: 3, codes: ['fill.lost'] })
    expect(nextOf(ended)).toEqual(['npx assay fill / --url … --rows orders=45000 --json --sessions 2'])
    expect((await assayJson(args())).code).toBe(0)
    expect(await admin.json(digestSql)).toEqual([whole])
    await admin.query('truncate users, orders')
  })

  test('behind --truncate would begin anew if it were given again', async () => {
    const ended = await stopped(
      () =>
        admin.query(
          `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted limit 1`,
        ),
      '--truncate',
    )
    expect({ codes: codesOf(ended), next: nextOf(ended) }).toEqual({ codes: ['fill.lost'], next: [] })
    expect(ended.stdout).toContain('then run the same command again without --truncate: it goes on')
    expect((await assayJson(args())).code).toBe(0)
    expect(await admin.json(digestSql)).toEqual([whole])
    await admin.query('truncate users, orders')
  })
})

/** Only root may mount, and not in every container. */
const mount = (place: string, options: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', place], { stdio: 'ignore' }).status === 0

const mayMount = (): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const place = mkdtempSync(join(tmpdir(), 'assay-mount-'))
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
  `a full disk is told as such, in the plan and behind it, and the same command goes on${canMount ? '' : ' (needs the right to mount)'}`,
  async () => {
    const other = await server.createDatabase('full')
    const db = await server.connect(other, 'administrator')
    const place = mkdtempSync(join(tmpdir(), 'assay-small-'))
    try {
      expect(mount(place, 'size=1m')).toBe(true)
      chmodSync(place, 0o755)
      const inner = join(place, 'space')
      mkdirSync(inner)
      chownSync(inner, ...accountOf(db.pid))
      await db.query(`create tablespace assay_small location ${literal(inner)}`)
      await db.query('grant create on tablespace assay_small to public')
      const owner = await server.connect(other, 'owner')
      await owner.query(`set default_tablespace = assay_small; ${shop}`)
      await owner.end()
      const run = (): ReturnType<typeof assayJson> =>
        assayJson(['fill', '/', '--url', server.ownerUrl(other), ...rows])
      const refused = async (): Promise<unknown> => {
        const { code, findings } = await run()
        return { code, codes: findings.map((finding) => finding.code) }
      }
      // No room for the few rows that try the plan, then for the plan and not for its rows.
      const full = { code: 3, codes: ['fill.disk-full'] }
      const ballast = join(inner, 'ballast')
      spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'], { stdio: 'ignore' })
      expect(await refused()).toEqual(full)
      expect(await db.json(`select to_regnamespace('assay') is null as nothing`)).toEqual([{ nothing: true }])
      rmSync(ballast)
      expect(mount(place, 'remount,size=5m')).toBe(true)
      expect(await refused()).toEqual(full)
      expect(await db.json(`select to_regclass('assay.fills') is not null as noted`)).toEqual([
        { noted: true },
      ])
      expect(mount(place, 'remount,size=200m')).toBe(true)
      expect((await run()).code).toBe(0)
      expect(await db.json(digestSql)).toEqual([whole])
      await db.query('drop table orders, users')
      await db.query('drop tablespace assay_small')
    } finally {
      await db.end()
      spawnSync('umount', [place])
      rmSync(place, { recursive: true, force: true })
    }
  },
)

/** The last one: the server's own sessions are lost, too. */
test('a filling that is stopped by a crash of the server says so, and goes on when it is back', async () => {
  const ended = await stopped(async () => {
    const [found] = await admin.json<{ readonly pid: number }>(
      `select pid from pg_locks where locktype = 'advisory' and not granted limit 1`,
    )
    process.kill(found!.pid, 'SIGKILL')
  })
  expect({ code: ended.code, codes: codesOf(ended) }).toEqual({ code: 3, codes: ['fill.lost'] })
  await admin.end().catch(() => undefined)
  for (;;) {
    const back = await server.connect(database, 'administrator').catch(() => null)
    if (back !== null) {
      admin = back
      break
    }
    await rest(100)
  }
  expect((await assayJson(args())).code).toBe(0)
  expect(await admin.json(digestSql)).toEqual([whole])
})
