/** PostgreSQL 18 (the embedded binaries) or Debian's 15 on a free TCP port with wal_level = logical, with a password for everybody. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serviceAccount } from '../../src/postgres/embedded/account.ts'
import { findBinaries, lendBinaries, linkLibraries } from '../../src/postgres/embedded/binaries.ts'
import { eventually } from './processes.ts'

export interface LogicalServer {
  /** Of the superuser `admin`. */
  urlOf(database: string, user?: string, password?: string): string
  /** Ends it at once, as a power failure does. */
  kill(): Promise<void>
  start(): Promise<void>
  readonly log: () => string
  stop(): Promise<void>
}

export const adminPassword = `p@ss'word \\ of admin`

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

const debianBin = '/usr/lib/postgresql/15/bin'

export const startLogicalServer = async (major: 15 | 18, settings = ''): Promise<LogicalServer> => {
  const account = serviceAccount()
  const as = account === null ? {} : { uid: account.uid, gid: account.gid }
  const top = mkdtempSync(path.join(tmpdir(), `assay-logical${major}-`))
  const data = path.join(top, 'pg', 'data')
  mkdirSync(path.join(top, 'pg'))
  if (account !== null)
    for (const place of [top, path.join(top, 'pg')]) chownSync(place, account.uid, account.gid)
  let env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] }
  let [initdb, postgres] = ['initdb', 'postgres'].map((name) => path.join(debianBin, name)) as [
    string,
    string,
  ]
  if (major === 18) {
    const binaries = lendBinaries(findBinaries(), account, top)
    const libraries = path.join(top, 'lib')
    mkdirSync(libraries)
    linkLibraries(binaries, libraries)
    env = { ...env, LD_LIBRARY_PATH: `${libraries}:${path.join(binaries.native, 'lib')}` }
    ;({ initdb, postgres } = binaries)
  }
  const secret = path.join(top, 'password')
  writeFileSync(secret, adminPassword)
  const made = spawnSync(
    initdb,
    [
      '-D',
      data,
      '-U',
      'admin',
      '--pwfile',
      secret,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ],
    { cwd: '/', encoding: 'utf8', env, ...as },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  appendFileSync(
    path.join(data, 'postgresql.conf'),
    `
port = ${port}
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
wal_level = logical
fsync = off
shared_buffers = '64MB'
max_wal_senders = 10
max_replication_slots = 10
max_logical_replication_workers = 6
max_worker_processes = 12
wal_retrieve_retry_interval = '200ms'
log_statement = 'all'
log_destination = 'stderr'
dynamic_shared_memory_type = mmap
${settings}
`,
  )
  const log = path.join(top, 'pg', 'log')
  let child: ChildProcess | null = null
  const launch = async (): Promise<void> => {
    // What a killed one has left says that it is ready.
    rmSync(path.join(data, 'postmaster.pid'), { force: true })
    const started = spawn('/bin/sh', ['-c', 'exec "$0" -D "$1" >>"$2" 2>&1', postgres, data, log], {
      cwd: '/',
      stdio: 'ignore',
      env,
      detached: true,
      ...as,
    })
    child = started
    const isReady = (): boolean =>
      existsSync(path.join(data, 'postmaster.pid')) &&
      readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'ready'
    await eventually(isReady, `PostgreSQL ${major} accepts connections`)
  }
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      if (child === null || child.exitCode !== null) return resolve()
      child.once('exit', () => resolve())
      child.kill('SIGQUIT')
    })
  await launch()
  return {
    urlOf: (database, user = 'admin', password = adminPassword) =>
      `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    kill,
    start: launch,
    log: () => readFileSync(log, 'utf8'),
    stop: async () => {
      await kill()
      rmSync(top, { recursive: true, force: true })
    },
  }
}
