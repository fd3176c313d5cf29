/**
 * The directory of one run of the embedded server: who owns it, where its parts lie, how it is removed. sweep.ts
 * reads the same to find what dead runs left behind.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { mayRead, type ServiceAccount } from './embedded/account.ts'
import { memoryDirectory, roomInMemory } from './memory-directory.ts'
import { processSpace, processStart } from './process.ts'

export const runPrefix = 'assay-run-'
export const ownerFile = 'owner.json'

/** Written into the run directory, so that a sweep can tell a dead run from a living one. */
export interface RunOwner {
  readonly pid: number
  /** Start time of that process as the system tells it; process ids are used again. */
  readonly started: string | null
  /** In which numbering of processes `pid` counts: containers may share /tmp and have their own. */
  readonly space: string | null
}

export interface RunDirectory {
  /** Belongs to us; what only the service account may write to lies in `service`. */
  readonly top: string
  readonly libraries: string
  readonly settings: string
  readonly access: string
  readonly log: string
  readonly service: string
  readonly data: string
  readonly socket: string
}

/** Where the parts of a run lie. */
export const runParts = (top: string): RunDirectory => {
  const service = path.join(top, 'pg')
  return {
    top,
    libraries: path.join(top, 'lib'),
    settings: path.join(top, 'postgresql.conf'),
    access: path.join(top, 'pg_hba.conf'),
    log: path.join(top, 'log'),
    service,
    data: path.join(service, 'data'),
    socket: path.join(service, 's'),
  }
}

/** A socket's path has to fit into 104 bytes on macOS, 108 on Linux, with `.s.PGSQL.65535` at its end. */
export const socketFits = (directory: string): boolean =>
  Buffer.byteLength(directory) + '/.s.PGSQL.65535'.length < 100

/** Where runs lie when the user's own temporary directory cannot serve. */
const shortDirectory = '/tmp'

/** The directories in which runs may lie: here they are looked for. */
export const runParents = (): readonly string[] => [
  ...new Set([path.resolve(tmpdir()), shortDirectory, memoryDirectory]),
]

/** The directories in which this run may lie, best first. `isLarge`: more than memory should hold. */
export const parentsOfNextRun = (isLarge = false): readonly string[] => {
  const memory = isLarge ? null : roomInMemory()
  return [...new Set([...(memory === null ? [] : [memory]), path.resolve(tmpdir()), shortDirectory])]
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'it can only be read',
  EACCES: 'it cannot be written to',
  EPERM: 'it cannot be written to',
  ENOENT: 'there is no such directory',
  ENOTDIR: 'it is no directory',
}

const notMade = (parent: string, cause: unknown): AssayError => {
  const reason = (cause as NodeJS.ErrnoException).code ?? ''
  const full = reason === 'ENOSPC' || reason === 'EDQUOT'
  return new AssayError(`No directory for the local PostgreSQL could be made in ${parent}.`, {
    code: full ? 'server.disk-full' : 'server.directory',
    exit: 3,
    asked: 'a temporary directory with room for about 100 MB',
    found: reasons[reason] ?? String((cause as Error).message),
    mend: full
      ? 'Free some space, or name another directory: TMPDIR=/path/with/space assay …'
      : 'Name a directory that can be written to: TMPDIR=/path assay …',
    cause,
  })
}

const fill = (parts: RunDirectory, account: ServiceAccount | null): void => {
  const owner: RunOwner = { pid: process.pid, started: processStart(process.pid), space: processSpace() }
  writeFileSync(path.join(parts.top, ownerFile), JSON.stringify(owner), { mode: 0o600 })
  mkdirSync(parts.libraries, { mode: 0o755 })
  for (const directory of [parts.service, parts.socket]) mkdirSync(directory, { mode: 0o700 })
  if (!account) return
  chmodSync(parts.top, 0o711)
  // The inner one first: afterwards `service` is somebody else's, and root walks no path of somebody else's.
  for (const directory of [parts.socket, parts.service]) chownSync(directory, account.uid, account.gid)
}

const makeIn = (parent: string, account: ServiceAccount | null): RunDirectory => {
  let parts: RunDirectory | undefined
  try {
    parts = runParts(mkdtempSync(path.join(parent, `${runPrefix}${process.pid}-`)))
    fill(parts, account)
    return parts
  } catch (cause) {
    if (parts) removeRunDirectory(parts.top)
    throw notMade(parent, cause)
  }
}

/** Makes the directory of this run, owned by this process, with its inner part given to the service account. */
export const makeRunDirectory = (account: ServiceAccount | null, isLarge = false): RunDirectory => {
  const [preferred = shortDirectory] = parentsOfNextRun(isLarge)
  const sample = runParts(path.join(preferred, `${runPrefix}${process.pid}-XXXXXX`))
  if (!socketFits(sample.socket)) return makeIn(shortDirectory, account)
  const parts = makeIn(preferred, account)
  if (account === null || mayRead(account, parts.socket)) return parts
  // A directory below /root, say, which the server's account cannot enter.
  removeRunDirectory(parts.top)
  return makeIn(shortDirectory, account)
}

/** Removes it, whatever is in it. `rm` walks by open directories, so a planted link cannot lead it elsewhere. */
export const removeRunDirectory = (top: string): void => {
  spawnSync('rm', ['-rf', '--', top], { stdio: 'ignore' })
}
