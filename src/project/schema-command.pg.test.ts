import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { eventually, processesIn } from '../../test/support/processes.ts'

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends the command with everything that it started, and the server',
  async (signal) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'assay-command-'))
    const work = path.join(directory, 'work')
    const temporary = path.join(directory, 'tmp')
    mkdirSync(work)
    mkdirSync(temporary, { mode: 0o755 })
    const child = spawn(process.execPath, [path.resolve('test/support/hold-command.mjs'), work], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('exit', (code, by) => resolve(by ?? code)))
    await eventually(() => existsSync(path.join(work, 'running')), 'the command runs')
    expect(processesIn(work).length).toBeGreaterThan(1)
    child.kill(signal)
    expect(await ended).toBe(signal)
    expect(processesIn(work)).toEqual([])
    expect(readdirSync(temporary)).toEqual([])
    rmSync(directory, { recursive: true })
  },
)
