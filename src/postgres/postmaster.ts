/**
 * The operating system side of the embedded server: initdb, the postmaster, and a watchdog that ends both when this
 * process is killed. embedded.ts turns the running postmaster into a Server.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { closeSync, fchownSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AssayError } from '../ground/errors.ts'
import type { Binaries } from './embedded-binaries.ts'
import type { ServiceAccount } from './embedded-account.ts'
import { hostAccess, serverSettings } from './embedded-settings.ts'
import { isAlive, waitUntilGone } from './process.ts'
import type { RunDirectory } from './run-directory.ts'

/** What initdb and the postmaster are started with. */
export interface Installation {
  readonly binaries: Binaries
  readonly account: ServiceAccount | null
  readonly run: RunDirectory
}

export interface Postmaster {
  readonly pid: number
  /** Ends it at once, without a checkpoint: its data is thrown away. Blocks until it is gone. */
  kill(): void
}

/** The server's own environment: nothing of the user's (PGDATA, LC_ALL …) comes in. */
const environment = ({ binaries, run }: Installation): NodeJS.ProcessEnv => {
  const libraries = `${run.libraries}:${path.join(binaries.native, 'lib')}`
  return {
    PATH: '/usr/bin:/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
    [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: libraries,
  }
}

/** Detached: a Ctrl-C in the terminal reaches us alone, and we end the server in order. */
const start = (installation: Installation, program: string, args: readonly string[]): ChildProcess => {
  const log = openSync(installation.run.log, 'a', 0o600)
  const child = spawn(program, args, {
    cwd: installation.run.top,
    env: environment(installation),
    stdio: ['ignore', log, log],
    detached: true,
    ...installation.account,
  })
  closeSync(log)
  return child
}

const lastLines = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n')
  } catch {
    return ''
  }
}

interface Diagnosis {
  readonly when: RegExp
  readonly code: string
  readonly mend: string
}

/** What the log may say, and what to do then. */
const diagnoses: readonly Diagnosis[] = [
  {
    when: /No space left on device|Disk quota exceeded/u,
    code: 'server.disk-full',
    mend: 'Free some space, or name another directory: TMPDIR=/path/with/space assay …',
  },
  {
    when: /could not look up effective user ID (?<uid>\d+)/u,
    code: 'server.nameless-user',
    mend: 'Give your user id a name (echo "assay:x:$(id -u):$(id -g)::/tmp:/bin/sh" >> /etc/passwd), run as another user, or use a server of yours: assay … --url postgres://user@host/postgres',
  },
  {
    when: /could not create lock file|could not bind|Address already in use/u,
    code: 'server.socket',
    mend: 'Run it again: the port or the socket was taken in the meantime.',
  },
  {
    when: /GLIBC|error while loading shared libraries|not found \(required by/u,
    code: 'server.libraries',
    mend: 'The embedded binaries need glibc (not musl, as in Alpine); take another image, or use a server of yours: assay … --url postgres://user@host/postgres',
  },
  {
    when: /could not (?:create shared memory|map anonymous shared memory|create semaphores)/u,
    code: 'server.memory',
    mend: 'Give this machine or container about 200 MB of free memory, or raise its limits of shared memory.',
  },
]

const failed = (what: string, { run }: Installation, ended: string): AssayError => {
  const log = lastLines(run.log)
  const diagnosis = diagnoses.find(({ when }) => when.test(log) || when.test(ended))
  return new AssayError(`The local PostgreSQL could not be ${what}.`, {
    code: diagnosis?.code ?? 'server.start',
    exit: 3,
    asked: 'a local PostgreSQL for this run',
    found: `${ended}\n${log === '' ? 'its log is empty' : log}`,
    mend:
      diagnosis?.mend ??
      'Put right what its log names, or use a server of yours: assay … --url postgres://user@host/postgres',
  })
}

/** Resolves with how the child ended; a program that cannot even be started counts as ended. */
const endOf = (child: ChildProcess): Promise<string | null> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(`it cannot be run: ${error.message}`))
    child.once('exit', (code, signal) =>
      resolve(code === 0 ? null : signal ? `it was ended by ${signal}` : `it exited with ${code}`),
    )
  })

const writePassword = (file: string, password: string, account: ServiceAccount | null): void => {
  const descriptor = openSync(file, 'wx', 0o600)
  writeSync(descriptor, password)
  if (account) fchownSync(descriptor, account.uid, account.gid)
  closeSync(descriptor)
}

/** Makes the data directory. `onStart` is told the child, so that a shutdown can end it. */
export const initialize = async (
  installation: Installation,
  superuser: { readonly name: string; readonly password: string },
  onStart: (child: ChildProcess) => void,
): Promise<void> => {
  const { run, binaries, account } = installation
  const passwordFile = path.join(run.top, 'password')
  writePassword(passwordFile, superuser.password, account)
  const child = start(installation, binaries.initdb, [
    `--pgdata=${run.data}`,
    `--username=${superuser.name}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--text-search-config=english',
    '--wal-segsize=1',
    '--no-data-checksums',
    '--no-sync',
    '--no-instructions',
  ])
  onStart(child)
  const ended = await endOf(child)
  if (ended !== null) throw failed('set up', installation, `initdb: ${ended}`)
}

/** The eighth line of postmaster.pid is `ready` once connections are accepted. */
const isReady = (dataDirectory: string): boolean => {
  try {
    const lines = readFileSync(path.join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
    return lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}

/**
 * Waits on a pipe that only this process holds open. End of file without a word means that we died: it then ends the
 * postmaster, if that is still the one of this data directory, and removes the run.
 */
const watchdogScript = `
read -r word
[ "$word" = done ] && exit 0
if [ "$(head -n 1 "$2/pg/data/postmaster.pid" 2>/dev/null)" = "$1" ]; then
  kill -QUIT "$1"
  n=0
  while kill -0 "$1" 2>/dev/null && [ $n -lt 200 ]; do sleep 0.05; n=$((n + 1)); done
fi
rm -rf -- "$2"
`

const startWatchdog = (pid: number, run: RunDirectory): ChildProcess => {
  const dog = spawn('/bin/sh', ['-c', watchdogScript, 'assay-watchdog', String(pid), run.top], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  dog.on('error', () => undefined)
  dog.stdin?.on('error', () => undefined)
  dog.unref()
  // A pipe of a child is a socket that can be left out of the count of what keeps this process alive.
  ;(dog.stdin as unknown as { unref?(): void } | null)?.unref?.()
  return dog
}

const startupLimitMs = 60_000

/** Starts the postmaster and waits until it accepts connections. */
export const startPostmaster = async (
  installation: Installation,
  listening: { readonly port: number; readonly tcp: boolean },
  onStart: (child: ChildProcess) => void,
): Promise<Postmaster> => {
  const { run, binaries } = installation
  writeFileSync(run.settings, serverSettings({ socketDirectory: run.socket, ...listening }), { mode: 0o644 })
  writeFileSync(run.access, hostAccess, { mode: 0o644 })
  const child = start(installation, binaries.postgres, [
    '-D',
    run.data,
    '-c',
    `config_file=${run.settings}`,
    '-c',
    `hba_file=${run.access}`,
  ])
  onStart(child)
  let ended: string | null | undefined
  void endOf(child).then((how) => (ended = how ?? 'it ended'))
  const pid = child.pid
  for (let waited = 0; !isReady(run.data); waited += 10) {
    if (ended !== undefined || pid === undefined)
      throw failed('started', installation, ended ?? 'it cannot be run')
    if (waited > startupLimitMs) throw failed('started', installation, 'it was not ready after a minute')
    await sleep(10)
  }
  if (pid === undefined) throw failed('started', installation, 'it cannot be run')
  child.unref()
  const dog = startWatchdog(pid, run)
  return {
    pid,
    kill() {
      endProcess(pid)
      dog.stdin?.end('done\n')
      if (dog.pid !== undefined) spawnSync('kill', ['-TERM', String(dog.pid)], { stdio: 'ignore' })
    },
  }
}

/** SIGQUIT is PostgreSQL's immediate shutdown; SIGKILL only when it does not follow. */
export const endProcess = (pid: number): void => {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    if (!isAlive(pid)) return
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    if (waitUntilGone(pid, 5500)) return
  }
}
