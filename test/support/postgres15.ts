/**
 * Debian's PostgreSQL 15 as a server of the user's: started by a test on a free port, with a password for everybody,
 * and gone afterwards. Where its binaries are not installed the tests that need it are skipped, and say so.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { eventually } from './processes.ts'

const bin = '/usr/lib/postgresql/15/bin'

const postgres15IsThere = existsSync(path.join(bin, 'postgres'))

/** Empty when it can be tested; a reason to skip otherwise. With ASSAY_TEST_ALL=1 nothing is skipped. */
export const whyNoPostgres15 =
  postgres15IsThere || process.env['ASSAY_TEST_ALL'] === '1' ? '' : `needs Debian's postgresql-15 (no ${bin})`

export interface TestServer {
  readonly directory: string
  readonly port: number
  /** Of the superuser `admin`, by TCP. */
  readonly url: string
  /** As another role, or to another place. */
  urlOf(user: string, password: string, rest?: string): string
  /** A certificate for `localhost` that the server shows; null where openssl is missing. */
  readonly certificate: string | null
  /** A streaming replica of it, gone with it. */
  startReplica(): Promise<Pick<TestServer, 'url' | 'urlOf' | 'stop'>>
  stop(): Promise<void>
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/** Everybody shows a password but `trusted`, who may stand behind a pooler of a test. */
const access = `
local all all scram-sha-256
host all trusted 127.0.0.1/32 trust
host all nobody_may 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
host replication admin 127.0.0.1/32 trust
`

const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

const run = (program: string, args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync(program, args, { cwd: '/', encoding: 'utf8', ...account })
  if (status !== 0) throw new Error(`${program} failed: ${stderr ?? error?.message}`)
}

const makeCertificate = (data: string): string | null => {
  const [key, certificate] = [path.join(data, 'server.key'), path.join(data, 'server.crt')]
  const made = spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  )
  if (made.status !== 0) return null
  for (const file of [key, certificate]) {
    if (account.uid !== undefined) chownSync(file, account.uid, account.gid)
  }
  chmodSync(key, 0o600)
  appendFileSync(path.join(data, 'postgresql.conf'), 'ssl = on\n')
  return certificate
}

/** Ends the server, and takes its directory away, once nobody holds its input: however the test ends, `kill -9` too. */
const guard = `"$0" -D "$1" & server=$!; cat > /dev/null; kill -QUIT $server; wait $server; rm -rf "$2"`

/** Starts the server of a data directory and waits until it takes connections; `directory` goes with it. */
const launch = async (data: string, directory: string): Promise<() => Promise<void>> => {
  const child = spawn('/bin/sh', ['-c', guard, path.join(bin, 'postgres'), data, directory], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...account,
  })
  const ready = (): boolean =>
    existsSync(path.join(data, 'postmaster.pid')) &&
    readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'ready'
  await eventually(ready, 'PostgreSQL 15 accepts connections')
  return () =>
    new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.stdin.end()
    })
}

const urlAt =
  (port: number): TestServer['urlOf'] =>
  (user, password, rest = `@localhost:${port}/postgres`) =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}${rest}`

export const startPostgres15 = async (): Promise<TestServer> => {
  if (!postgres15IsThere) throw new Error(`ASSAY_TEST_ALL=1 and there is no ${bin}`)
  const directory = mkdtempSync(path.join(tmpdir(), 'assay-pg15-'))
  const data = path.join(directory, 'data')
  if (account.uid !== undefined) chownSync(directory, account.uid, account.gid)
  const secret = path.join(directory, 'password')
  writeFileSync(secret, 'p@ss/word')
  run(path.join(bin, 'initdb'), [
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
  ])
  writeFileSync(path.join(data, 'pg_hba.conf'), access)
  const port = await freePort()
  appendFileSync(
    path.join(data, 'postgresql.conf'),
    `port = ${port}\nunix_socket_directories = '${directory}'\nlisten_addresses = 'localhost'\nfsync = off\ntimezone = 'Asia/Tokyo'\ndatestyle = 'german'\n`,
  )
  const certificate = makeCertificate(data)
  const end = await launch(data, directory)
  const replicas: (() => Promise<void>)[] = []
  const urlOf = urlAt(port)
  return {
    directory,
    port,
    url: urlOf('admin', 'p@ss/word'),
    urlOf,
    certificate,
    startReplica: async () => {
      const copy = path.join(directory, `replica${replicas.length}`)
      run(path.join(bin, 'pg_basebackup'), [
        `--dbname=postgres://admin@127.0.0.1:${port}`,
        `--pgdata=${copy}`,
        '--write-recovery-conf',
        '--wal-method=stream',
        '--checkpoint=fast',
        '--no-sync',
      ])
      const own = await freePort()
      appendFileSync(path.join(copy, 'postgresql.conf'), `port = ${own}\n`)
      const stop = await launch(copy, copy)
      replicas.push(stop)
      return { url: urlAt(own)('admin', 'p@ss/word'), urlOf: urlAt(own), stop }
    },
    stop: async () => {
      for (const stop of replicas) await stop()
      await end()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
