/**
 * Runs a suite's command once, in a process group of its own: what it leaves running is ended with it, also what left
 * the group, after its time is over too, and when this process goes away.
 */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, waitUntilGone } from '../postgres/process.ts'
import { atShutdown } from '../postgres/shutdown.ts'
import { makeMark, type Mark } from './marked-processes.ts'
import type { Watchdog } from './suite-watchdog.ts'

export interface SuiteEnd {
  /** Null: it passed. `timeout`: it did not end in time. Else in words. */
  readonly failure: string | null
  readonly isTimeout: boolean
  /** It could not be started at all, or the shell knows no such command. */
  readonly isUnknown: boolean
  readonly output: string
  readonly seconds: number
}

export interface SuiteCommand {
  readonly command: string
  readonly directory: string
  readonly env: NodeJS.ProcessEnv
  readonly limitSeconds: number
  readonly watchdog: Watchdog
}

const keptOutput = 65_536
/** What is asked to end has this long; what a suite leaves behind when it has ended itself is waited for less. */
const graceMs = 500
const leftoverGraceMs = 150

const signalGroup = (group: number, signal: 'SIGTERM' | 'SIGKILL'): boolean => {
  try {
    process.kill(-group, signal)
    return true
  } catch {
    return false
  }
}

/** Blocks; only for shutdown. */
const endGroupNow = (group: number): void => {
  if (!signalGroup(group, 'SIGTERM')) return
  waitUntilGone(group, graceMs)
  signalGroup(group, 'SIGKILL')
}

/** Politely first, so that a suite may put away what it made; nothing is waited for when nothing is left. */
const endGroup = async (group: number, grace: number): Promise<void> => {
  if (!signalGroup(group, 'SIGTERM')) return
  for (let waited = 0; waited < grace && signalGroupLives(group); waited += 10) await sleep(10)
  signalGroup(group, 'SIGKILL')
}

/** The shell may be gone while what it started goes on. */
const signalGroupLives = (group: number): boolean => {
  try {
    process.kill(-group, 0)
    return true
  } catch {
    return isAlive(group)
  }
}

const signalEach = (pids: readonly number[], signal: 'SIGTERM' | 'SIGKILL'): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Daemons, politely first too. */
const endMarked = async (mark: Mark): Promise<void> => {
  const left = mark.find()
  if (left.length === 0) return
  signalEach(left, 'SIGTERM')
  for (let waited = 0; waited < graceMs && left.some(isAlive); waited += 20) await sleep(20)
  // Those that they started while they ended are among them.
  signalEach(mark.find(), 'SIGKILL')
}

/** Shells answer so when there is no such program, or when it may not be run. */
const unknownCommand: ReadonlySet<number> = new Set([126, 127])

export const runSuiteCommand = ({
  command,
  directory,
  env,
  limitSeconds,
  watchdog,
}: SuiteCommand): Promise<SuiteEnd> =>
  new Promise((resolve) => {
    const from = performance.now()
    const seconds = (): number => Math.round(performance.now() - from) / 1000
    // No terminal, so that nothing asks.
    const mark = makeMark()
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: directory,
      env: { ...env, ...mark.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    const keep = (chunk: Buffer): void => {
      output = `${output}${chunk.toString('utf8')}`.slice(-keptOutput)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const group = child.pid
    if (group === undefined) {
      child.once('error', (error) =>
        resolve({ failure: error.message, isTimeout: false, isUnknown: true, output, seconds: seconds() }),
      )
      return
    }
    watchdog.began(group, mark.entry)
    const forget = atShutdown({
      now: () => {
        endGroupNow(group)
        signalEach(mark.find(), 'SIGKILL')
      },
    })
    let isTimeout = false
    const timer = setTimeout(() => {
      isTimeout = true
      void endGroup(group, graceMs)
    }, limitSeconds * 1000)
    // Not `close`: what the command leaves behind may hold its output open for ever.
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      const taken = seconds()
      void endGroup(group, leftoverGraceMs).then(async () => {
        await endMarked(mark)
        // What is in the pipes already.
        await Promise.race([new Promise((closed) => child.once('close', closed)), sleep(50)])
        child.stdout.destroy()
        child.stderr.destroy()
        watchdog.ended(group)
        forget()
        const failure = isTimeout
          ? `it did not end within ${limitSeconds} s`
          : code === 0
            ? null
            : signal
              ? `it was ended by ${signal}`
              : `it exited with ${code}`
        resolve({ failure, isTimeout, isUnknown: unknownCommand.has(code ?? 0), output, seconds: taken })
      })
    })
  })
