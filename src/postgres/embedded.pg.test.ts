import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, processesIn } from '../../test/support/processes.ts'
import { parseConnectionUrl } from './connection-url.ts'
import { ConnectionLost, PgError } from './fault.ts'
import type { Server } from './server.ts'
import { openSession } from './session.ts'
import { startServer } from './start.ts'
import { sweepRuns } from './sweep.ts'

const fixture = path.resolve('test/support/hold-server.mjs')
const isRoot = process.getuid?.() === 0
const linux = process.platform === 'linux'

describe('the embedded server', () => {
  let server: Server
  let database: string
  beforeAll(async () => {
    server = await startServer({ tcp: true })
    database = await server.createDatabase('facts')
  })
  afterAll(() => server.stop())

  it('is PostgreSQL 18 with the same settings on every machine', async () => {
    const db = await server.connect(database, 'owner')
    const [facts] = await db.json<Record<string, unknown>>(`
      select current_setting('server_version_num')::int / 10000 as major, datcollate, datlocprovider, datlocale,
             pg_encoding_to_char(encoding) as encoding, pg_get_userbyid(datdba) as owner,
             current_setting('timezone') as timezone, current_setting('lc_messages') as messages,
             current_setting('jit') as jit, current_setting('autovacuum') as autovacuum, current_setting('fsync') as fsync,
             current_setting('unix_socket_permissions') as socket
        from pg_database where datname = current_database()`)
    expect(facts).toEqual({
      major: 18,
      datcollate: 'C',
      datlocprovider: 'b',
      datlocale: 'C.UTF-8',
      encoding: 'UTF8',
      owner: 'postgres',
      timezone: 'UTC',
      messages: 'C',
      jit: 'off',
      autovacuum: 'off',
      fsync: 'off',
      socket: '0700',
    })
    expect(server).toMatchObject({ major: 18, owner: 'postgres', prover: 'assay_prover' })
    await db.end()
  })

  it('gives sessions the rights of their own role and no more', async () => {
    const facts = await Promise.all(
      (['owner', 'prover', 'administrator'] as const).map(async (as) => {
        const db = await server.connect(database, as)
        const [row] = await db.json(`
          select session_user as "user", rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication
            from pg_roles where rolname = session_user`)
        await db.end()
        return row
      }),
    )
    const no = {
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolbypassrls: false,
      rolreplication: false,
    }
    expect(facts).toEqual([
      { ...no, user: 'postgres', rolcreaterole: true },
      { ...no, user: 'assay_prover', rolbypassrls: true },
      {
        user: 'assay_admin',
        rolsuper: true,
        rolcreaterole: true,
        rolcreatedb: true,
        rolbypassrls: true,
        rolreplication: true,
      },
    ])
  })

  it('lets the prover be every role that migrations made, and no reserved one', async () => {
    const owner = await server.connect(database, 'owner')
    await owner.query(
      `create role "web ""app"; create role nested in role "web ""app"; create table t (id int); grant select on t to nested`,
    )
    await server.admitRoles()
    await server.admitRoles()
    const prover = await server.connect(database, 'prover')
    await prover.query(
      `begin; set local role nested; select * from t; set local role "web ""app"; set local role postgres; create table t2 (); rollback`,
    )
    for (const role of ['pg_read_server_files', 'pg_execute_server_program', 'assay_admin']) {
      await expect(prover.query(`set role ${role}`)).rejects.toMatchObject({ fault: { sqlstate: '42501' } })
    }
    await prover.query(
      `begin; set local session_replication_role = replica; set local role postgres; drop table t; rollback`,
    )
    await owner.query('drop table t; drop role nested; drop role "web ""app"')
    await Promise.all([owner.end(), prover.end()])
  })

  it('copies a database, as often as asked', async () => {
    const owner = await server.connect(database, 'owner')
    await owner.query('create table copied as select 1 as id')
    await owner.end()
    const names = await Promise.all(
      ['A b-c', 'A b-c', 'ä'.repeat(100)].map((label) => server.clone(database, label)),
    )
    expect(new Set(names).size).toBe(3)
    for (const name of names) {
      expect(Buffer.byteLength(name)).toBeLessThan(64)
      const prover = await server.connect(name, 'prover')
      expect(await prover.json('select * from copied')).toEqual([{ id: 1 }])
      await server.dropDatabase(name)
      await expect(prover.query('select 1')).rejects.toThrow(/terminat/u)
    }
    await server.dropDatabase('assay_never_made')
  })

  const hostile = [
    'alter role postgres superuser',
    'create role evil superuser login',
    'create role evil in role assay_admin',
    'create role evil in role pg_execute_server_program',
    `alter role assay_admin password 'known'`,
    'alter role assay_admin nosuperuser',
    'grant assay_admin to postgres',
    'grant pg_read_server_files to postgres',
    'grant pg_write_server_files to postgres',
    'grant pg_execute_server_program to postgres',
    'set role assay_admin',
    'set session authorization assay_admin',
    `copy (select 1) to program 'id'`,
    `create temporary table f (t text); copy f from '/etc/passwd'`,
    `copy (select 1) to '/tmp/assay-hostile'`,
    `select pg_read_file('/etc/passwd')`,
    `select pg_read_binary_file('postgresql.auto.conf')`,
    `select pg_ls_dir('/')`,
    `select lo_import('/etc/passwd')`,
    `select lo_export(lo_creat(-1), '/tmp/assay-hostile')`,
    `select rolpassword from pg_authid`,
    `select * from pg_hba_file_rules`,
    `create extension file_fdw`,
    `create extension dblink`,
    `create extension plpython3u`,
    `create function f() returns int language c as 'libc', 'system'`,
    `create function f() returns int language internal as 'pg_backend_pid'`,
    `load 'auto_explain'`,
    `alter system set archive_command = 'id'`,
    `alter role assay_admin set session_preload_libraries = 'x'`,
    `alter database postgres owner to postgres`,
    `select pg_reload_conf()`,
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'assay_admin'`,
    `set session_preload_libraries = 'x'`,
    `update pg_authid set rolsuper = true`,
    `create event trigger e on ddl_command_end execute function f()`,
    `create tablespace t location '/tmp'`,
    `create subscription s connection 'host=/tmp' publication p`,
  ]
  it.each(['owner', 'prover'] as const)('refuses what would reach beyond it, as the %s', async (as) => {
    const db = await server.connect(database, as)
    const replies = await db.batch(hostile.flatMap((sql) => [`begin; ${sql}`, 'rollback']))
    const passed = hostile.filter((_, index) => replies[index * 2]?.fault === null)
    expect(passed).toEqual([])
    await db.end()
  })

  it('asks everybody for a password', async () => {
    const { host, port, user, password } = parseConnectionUrl(server.ownerUrl(database))
    const owner = await server.connect(database, 'owner')
    for (const where of [host, owner.address.host]) {
      const address = { host: where, port, user, database }
      await expect(openSession(address)).rejects.toThrow(/password/u)
      await expect(openSession({ ...address, password: 'wrong' })).rejects.toMatchObject({ code: '28P01' })
      await expect(openSession({ ...address, user: 'assay_admin', password: 'wrong' })).rejects.toMatchObject(
        { code: '28P01' },
      )
      const session = await openSession({ ...address, ...(password === undefined ? {} : { password }) })
      expect(await session.json('select session_user::text as who')).toEqual([{ who: 'postgres' }])
      await session.end()
    }
    await owner.end()
  })

  it.runIf(linux)('runs as somebody without rights, in a directory closed to others', async () => {
    const db = await server.connect(database, 'administrator')
    const [facts] = await db.json<{ directory: string }>(
      `select current_setting('data_directory') as directory`,
    )
    const { stdout } = spawnSync('stat', ['-c', '%u %a', facts?.directory ?? '', db.address.host], {
      encoding: 'utf8',
    })
    const uid = isRoot ? 65_534 : process.getuid?.()
    expect(stdout).toBe(`${uid} 700\n${uid} 700\n`)
    await db.end()
  })
})

describe('without tcp', () => {
  it('is reached by its socket only', async () => {
    const server = await startServer()
    const database = await server.createDatabase('d')
    const admin = await server.connect(database, 'administrator')
    expect(await admin.json(`select current_setting('listen_addresses') as listen`)).toEqual([{ listen: '' }])
    const address = parseConnectionUrl(server.ownerUrl(database))
    expect(address.host.startsWith('/')).toBe(true)
    const session = await openSession(address)
    expect(await session.json('select 1 as one')).toEqual([{ one: 1 }])
    await server.stop()
    await server.stop()
    await expect(session.query('select 1')).rejects.toBeInstanceOf(ConnectionLost)
    await expect(server.createDatabase('late')).rejects.toBeInstanceOf(ConnectionLost)
    expect(existsSync(address.host)).toBe(false)
  })
})

describe('afterwards', () => {
  let directory: string
  const children = new Set<ChildProcess>()

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'assay-life-'))
    chmodSync(directory, 0o755)
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    children.clear()
    await nothingLeft()
    rmSync(directory, { recursive: true })
  })

  const nothingLeft = async (): Promise<void> => {
    await eventually(
      () => processesIn(directory).length === 0 && readdirSync(directory).length === 0,
      `nothing is left in ${directory}`,
    )
  }

  const start = (
    then: string,
    env: NodeJS.ProcessEnv = {},
    account: { uid?: number; gid?: number } = {},
  ): ChildProcess => {
    const child = spawn(process.execPath, [fixture, then], {
      env: { ...process.env, TMPDIR: directory, HOME: directory, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...account,
    })
    children.add(child)
    return child
  }
  const said = (child: ChildProcess, word: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = ''
      let errors = ''
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes(word)) resolve(text)
      })
      child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
      child.once('exit', () =>
        setTimeout(() => reject(new Error(`It ended without "${word}": ${errors}`)), 100),
      )
    })
  const ended = (child: ChildProcess): Promise<number | NodeJS.Signals | null> =>
    new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))

  it.each([
    ['stop', 0],
    ['exit', 5],
    ['throw', 1],
  ])('of %s nothing is left, at once', async (then, code) => {
    const child = start(then)
    expect(await ended(child)).toBe(code)
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('of %s nothing is left, at once', async (signal) => {
    const child = start('hold')
    await said(child, 'ready')
    expect(processesIn(directory).length).toBeGreaterThan(2)
    child.kill(signal)
    expect(await ended(child)).toBe(signal)
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it.each([
    ['INT', '130'],
    ['TERM', '143'],
  ])('of SIG%s a shell sees %s', async (signal, code) => {
    const script = `"$0" "$1" hold & pid=$!; while ! ls "$TMPDIR"/assay-run-*/pg/s/.s.PGSQL.5432 >/dev/null 2>&1; do sleep 0.1; done; kill -${signal} $pid; wait $pid; echo $?`
    const shell = spawnSync('bash', ['-c', `set -m; ${script}`, process.execPath, fixture], {
      env: { ...process.env, TMPDIR: directory },
      encoding: 'utf8',
    })
    expect(shell.stdout.trim().split('\n').at(-1)).toBe(code)
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it('of a signal while a statement runs nothing is left', async () => {
    const child = start('busy')
    await said(child, 'ready')
    child.kill('SIGINT')
    expect(await ended(child)).toBe('SIGINT')
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it('of a signal while it is being set up nothing is left', async () => {
    const child = start('hold')
    await said(child, 'starting')
    await eventually(() => processesIn(directory).length > 0, 'initdb runs')
    child.kill('SIGTERM')
    expect(await ended(child)).toBe('SIGTERM')
    await nothingLeft()
  })

  it('of kill -9 the watchdog leaves nothing', async () => {
    const child = start('hold')
    await said(child, 'ready')
    expect(processesIn(directory).length).toBeGreaterThan(2)
    child.kill('SIGKILL')
    await ended(child)
    await nothingLeft()
  })

  const killAllButServer = async (): Promise<number> => {
    const child = start('hold')
    await said(child, 'ready')
    const [run = ''] = readdirSync(directory)
    const postmaster = Number(
      readFileSync(path.join(directory, run, 'pg/data/postmaster.pid'), 'utf8').split('\n')[0],
    )
    const watchdogs = processesIn(directory).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('assay-watchdog'),
    )
    for (const pid of watchdogs) process.kill(pid, 'SIGKILL')
    child.kill('SIGKILL')
    await ended(child)
    return postmaster
  }

  it.runIf(linux)('of kill -9 of everything but the server, the next start leaves nothing', async () => {
    await killAllButServer()
    expect(processesIn(directory).length).toBeGreaterThan(2)
    expect(await ended(start('stop'))).toBe(0)
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it.runIf(linux)(
    'of kill -9 of everything, the next start leaves nothing, nor a segment of shared memory',
    async () => {
      const segments = (): string[] =>
        readFileSync('/proc/sysvipc/shm', 'utf8')
          .split('\n')
          .map((line) => line.trim().split(/\s+/u)[1] ?? '')
      const before = segments()
      const postmaster = await killAllButServer()
      process.kill(postmaster, 'SIGKILL')
      await eventually(() => processesIn(directory).length === 0, 'the server is gone')
      expect(readdirSync(directory).length).toBe(1)
      const [run = ''] = readdirSync(directory)
      const segment = readFileSync(path.join(directory, run, 'pg/data/postmaster.pid'), 'utf8')
        .split('\n')[6]
        ?.trim()
        .split(/\s+/u)[1]
      expect(segments()).toContain(segment)
      expect(await ended(start('stop'))).toBe(0)
      expect(readdirSync(directory)).toEqual([])
      expect(before).not.toContain(segment)
      expect(segments()).not.toContain(segment)
    },
  )

  it('living runs and runs of other process spaces are not swept', async () => {
    const living = start('hold')
    await said(living, 'ready')
    const [run] = readdirSync(directory)
    const foreign = path.join(directory, 'assay-run-999999999-abc')
    mkdirSync(foreign)
    writeFileSync(path.join(foreign, 'owner.json'), '{"pid":999999999,"started":"1","space":"pid:[1]"}')
    expect(await ended(start('stop'))).toBe(0)
    expect(readdirSync(directory).sort()).toEqual([run, 'assay-run-999999999-abc'].sort())
    expect(processesIn(path.join(directory, run ?? '')).length).toBeGreaterThan(2)
    living.kill('SIGINT')
    await ended(living)
    rmSync(foreign, { recursive: true })
  })

  it('a run whose process id is another process’s by now is swept', () => {
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = directory
    const reused = path.join(directory, `assay-run-${process.pid}-abc`)
    mkdirSync(path.join(reused, 'pg/data'), { recursive: true })
    const space = linux
      ? JSON.stringify(spawnSync('readlink', ['/proc/self/ns/pid'], { encoding: 'utf8' }).stdout.trim())
      : 'null'
    writeFileSync(path.join(reused, 'owner.json'), `{"pid":${process.pid},"started":"1","space":${space}}`)
    // A postmaster.pid that names us: it is not a server of that directory, so nobody is killed.
    writeFileSync(path.join(reused, 'pg/data/postmaster.pid'), `${process.pid}\n`)
    sweepRuns(null)
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    expect(readdirSync(directory)).toEqual([])
  })

  it('two at once do not disturb each other', async () => {
    const [one, two] = [start('hold'), start('hold')]
    await Promise.all([said(one, 'ready'), said(two, 'ready')])
    expect(readdirSync(directory).length).toBe(2)
    one.kill('SIGTERM')
    await ended(one)
    expect(readdirSync(directory).length).toBe(1)
    expect(processesIn(directory).length).toBeGreaterThan(2)
    two.kill('SIGTERM')
    await ended(two)
  })

  it.runIf(isRoot)('also as somebody who is not root', async () => {
    chmodSync(directory, 0o777)
    const child = start('stop', {}, { uid: 1, gid: 1 })
    expect(await said(child, 'ready')).toContain(directory)
    expect(await ended(child)).toBe(0)
  })

  it.runIf(isRoot && linux)('a user id without a name is a clear fault', async () => {
    chmodSync(directory, 0o777)
    const child = start('stop', {}, { uid: 51_234, gid: 51_234 })
    await expect(said(child, 'ready')).rejects.toThrow(/server\.nameless-user[\s\S]*etc\/passwd/u)
  })

  it.runIf(isRoot)('also in a directory that only root can enter', async () => {
    chmodSync(directory, 0o700)
    const child = start('stop')
    expect(await said(child, 'ready')).toContain('/tmp/assay-run-')
    expect(await ended(child)).toBe(0)
  })

  it('a path that is too long for a socket is left for a shorter one', async () => {
    const long = path.join(directory, 'x'.repeat(80))
    mkdirSync(long)
    const child = start('stop', { TMPDIR: long })
    expect(await said(child, 'ready')).toContain('/tmp/assay-run-')
    expect(await ended(child)).toBe(0)
    rmSync(long, { recursive: true })
  })

  it.each([
    ['does not exist', '/nowhere/at/all', /no such directory/u],
    ['cannot be written to', '/proc', /no such directory|cannot be written to/u],
  ])('a temporary directory that %s is a clear fault', async (_, place, found) => {
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = place
    const error = await startServer().catch((cause: unknown) => cause)
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    expect(error).toMatchObject({
      name: 'AssayError',
      exit: 3,
      code: 'server.directory',
      found: expect.stringMatching(found),
    })
  })

  const small = (): boolean =>
    isRoot &&
    linux &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'assay-small', directory]).status === 0
  it('a full disk is a clear fault', async ({ skip }) => {
    if (!small()) skip('a small file system cannot be mounted here')
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = directory
    const error = await startServer().catch((cause: unknown) => cause)
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    const left = readdirSync(directory)
    spawnSync('umount', [directory])
    expect(error).toMatchObject({ name: 'AssayError', exit: 3, code: 'server.disk-full' })
    expect(left).toEqual([])
  })
})

describe('a fault of PostgreSQL', () => {
  it('is a PgError for the caller', async () => {
    const server = await startServer()
    await expect(server.clone('assay_local_none', 'x')).rejects.toBeInstanceOf(PgError)
    await server.stop()
  })
})
