/** Removes what killed runs of the embedded server left behind: an orphaned postmaster, its directory, its shared memory. */
import { spawnSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import type { ServiceAccount } from './embedded/account.ts'
import { endProcess } from './postmaster.ts'
import { isAlive, processSpace, processStart, servesDirectory } from './process.ts'
import {
  ownerFile,
  removeRunDirectory,
  runParents,
  runParts,
  runPrefix,
  type RunOwner,
} from './run-directory.ts'

const readOwner = (top: string): RunOwner | null => {
  try {
    return JSON.parse(readFileSync(path.join(top, ownerFile), 'utf8')) as RunOwner
  } catch {
    return null
  }
}

const pidInName = (top: string): number =>
  Number(/^assay-run-(?<pid>\d+)-/u.exec(path.basename(top))?.groups?.['pid'])

/** Whether the process that made it is gone. In doubt it lives. */
const isDead = (top: string): boolean => {
  const owner = readOwner(top)
  // Being made just now, or killed before the file was written: the name alone tells.
  if (owner === null) return pidInName(top) > 0 && !isAlive(pidInName(top))
  if (owner.space !== processSpace()) return false
  if (!isAlive(owner.pid)) return true
  const started = processStart(owner.pid)
  return owner.started !== null && started !== null && owner.started !== started
}

/** Key and id of the System V segment by which PostgreSQL guards a data directory: line 7 of postmaster.pid. */
const removeSegment = (line: string, account: ServiceAccount | null): void => {
  const [key, id] = line.trim().split(/\s+/u)
  if (key === undefined || id === undefined) return
  let table: string
  try {
    table = readFileSync('/proc/sysvipc/shm', 'utf8')
  } catch {
    return
  }
  const found = table.split('\n').some((row) => {
    const columns = row.trim().split(/\s+/u)
    return columns[0] === key && columns[1] === id && columns[6] === '0'
  })
  if (found) spawnSync('ipcrm', ['-m', id], { stdio: 'ignore', ...account })
}

const sweepRun = (top: string, account: ServiceAccount | null): void => {
  try {
    const data = realpathSync(runParts(top).data)
    const lines = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(lines[0])
    // The id may be another process's by now: only one that works in this data directory is ended.
    if (pid > 1 && servesDirectory(pid, data)) endProcess(pid)
    removeSegment(lines[6] ?? '', account)
  } catch {
    // No server had been started, or it has ended in order: the directory is all that is left.
  }
  removeRunDirectory(top)
}

const namesIn = (parent: string): readonly string[] => {
  try {
    return readdirSync(parent)
  } catch {
    return []
  }
}

/** Directories of runs of this user whose process is gone. */
export const deadRuns = (): readonly string[] => {
  const own = process.getuid?.()
  return runParents().flatMap((parent) =>
    namesIn(parent)
      .filter((entry) => entry.startsWith(runPrefix))
      .map((name) => path.join(parent, name))
      .filter((top) => {
        const facts = lstatSync(top, { throwIfNoEntry: false })
        return facts?.isDirectory() === true && facts.uid === own && isDead(top)
      }),
  )
}

/** Looks at runs of this user only. */
export const sweepRuns = (account: ServiceAccount | null): void => {
  for (const top of deadRuns()) sweepRun(top, account)
}
