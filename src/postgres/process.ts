/** Questions about other processes, answered by the system: alive, since when, whose data directory. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'

/** Also true for a process that is not ours to signal. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

const hasProc = (): boolean => existsSync('/proc/self/stat')

/** The fields of /proc/PID/stat after the command's name, which may itself hold spaces and brackets. */
const procStat = (pid: number): readonly string[] | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

const ps = (pid: number, column: string): string | null => {
  const answer = spawnSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' })
  const text = typeof answer.stdout === 'string' ? answer.stdout.trim() : ''
  return text === '' ? null : text
}

/** Ended, but not yet taken note of by its parent. */
const isZombie = (pid: number): boolean =>
  hasProc() ? procStat(pid)?.[0] === 'Z' : (ps(pid, 'stat') ?? '').startsWith('Z')

/** When it was started, as text to compare; null when it is gone or the system does not tell. */
export const processStart = (pid: number): string | null =>
  hasProc() ? (procStat(pid)?.[19] ?? null) : ps(pid, 'lstart')

/** The numbering that process ids belong to (a container has its own); null where there is but one. */
export const processSpace = (): string | null => {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return null
  }
}

/** Whether it is a postmaster of this data directory: its working directory there, or `-D` in its command line. */
export const servesDirectory = (pid: number, dataDirectory: string): boolean => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === dataDirectory
  } catch {
    return hasProc() ? false : (ps(pid, 'command') ?? '').includes(`-D ${dataDirectory}`)
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread until the process is gone or the time is over; only for shutdown. Answers whether it is gone. */
export const waitUntilGone = (pid: number, milliseconds: number): boolean => {
  for (let waited = 0; waited < milliseconds; waited += 5) {
    if (!isAlive(pid)) return true
    Atomics.wait(pause, 0, 0, 5)
  }
  return !isAlive(pid)
}
