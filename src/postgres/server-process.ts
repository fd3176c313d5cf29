/**
 * Starts the programs of the embedded server with an environment and an account of their own, and explains why one
 * of them failed. Over it: data-directory.ts (initdb) and postmaster.ts (the server itself).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, statfsSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import type { Binaries } from './embedded/binaries.ts'
import type { ServiceAccount } from './embedded/account.ts'
import type { RunDirectory } from './run-directory.ts'

/** What initdb and the postmaster are started with. */
export interface Installation {
  readonly binaries: Binaries
  readonly account: ServiceAccount | null
  readonly run: RunDirectory
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
export const startProgram = (
  installation: Installation,
  program: string,
  args: readonly string[],
): ChildProcess => {
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

const isFull = (directory: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize < 1_048_576
  } catch {
    return false
  }
}

export const startFault = (what: string, { run }: Installation, ended: string): AssayError => {
  const log = lastLines(run.log)
  // A full disk has no room for the log either.
  const full = isFull(run.top) ? 'No space left on device' : ''
  const diagnosis = diagnoses.find(({ when }) => [log, ended, full].some((text) => when.test(text)))
  return new AssayError(`The local PostgreSQL could not be ${what}.`, {
    code: diagnosis?.code ?? 'server.start',
    exit: 3,
    asked: 'a local PostgreSQL for this run',
    found: `${ended}\n${log || full || 'its log is empty'}`,
    mend:
      diagnosis?.mend ??
      'Put right what its log names, or use a server of yours: assay … --url postgres://user@host/postgres',
  })
}

/** Resolves with how the child ended; a program that cannot even be started counts as ended. */
export const endOf = (child: ChildProcess): Promise<string | null> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(`it cannot be run: ${error.message}`))
    child.once('exit', (code, signal) =>
      resolve(code === 0 ? null : signal ? `it was ended by ${signal}` : `it exited with ${code}`),
    )
  })
