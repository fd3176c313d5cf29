/** Runs the built command line as a user would, and copies of the example to break. */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const commerce = fileURLToPath(new URL('../../examples/commerce', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Environment without what would steer PostgreSQL, colour or CI behaviour. */
const cleanEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || /^(?:PG|DATABASE_URL|CI$|NO_COLOR|FORCE_COLOR|ASSAY_)/u.test(name)
        ? []
        : [[name, value]],
    ),
  )

/** Waits for the end; never throws for an exit code. */
export const assay = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: options.cwd,
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })

/** A copy of examples/commerce in a directory of its own, for as long as `work` takes. */
export const withCommerce = async <T>(work: (directory: string) => Promise<T>): Promise<T> => {
  const directory = mkdtempSync(join(tmpdir(), 'assay-commerce-'))
  try {
    cpSync(commerce, directory, { recursive: true })
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
