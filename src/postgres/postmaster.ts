/**
 * The postmaster of the embedded server, and a watchdog that ends it when this process is killed. embedded/embedded.ts turns
 * the running postmaster into a Server.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostAccess, serverSettings } from './embedded/settings.ts'
import { isAlive, waitUntilGone } from './process.ts'
import type { RunDirectory } from './run-directory.ts'
import { endOf, startFault, startProgram, type Installation } from './server-process.ts'

export interface Postmaster {
  readonly pid: number
  /** Ends it at once, without a checkpoint: its data is thrown away. Blocks until it is gone. */
  kill(): void
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
  const child = startProgram(installation, binaries.postgres, [
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
      throw startFault('started', installation, ended ?? 'it cannot be run')
    if (waited > startupLimitMs) throw startFault('started', installation, 'it was not ready after a minute')
    await sleep(10)
  }
  if (pid === undefined) throw startFault('started', installation, 'it cannot be run')
  child.unref()
  const dog = startWatchdog(pid, run)
  return {
    pid,
    kill() {
      endProcess(pid)
      dog.stdin?.end('done\n')
      dog.kill('SIGTERM')
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
