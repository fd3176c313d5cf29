/** Runs the built command line as a user would, and copies of the example to break. */
import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
export const commerce = fileURLToPath(new URL('../../examples/commerce', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  /** Over the usual environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Another user's, which only root may ask for. */
  readonly uid?: number
  readonly gid?: number
  /** What stands before node, such as `faketime`. */
  readonly under?: readonly string[]
  /** Node's own options. */
  readonly node?: readonly string[]
}

/** Environment without what would steer PostgreSQL, colour or CI behaviour. */
const cleanEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ||
      /^(?:PG|DATABASE_URL|CI$|NO_COLOR|FORCE_COLOR|ASSAY_|npm_|NODE_OPTIONS|VITEST|GITHUB_)/u.test(name)
        ? []
        : [[name, value]],
    ),
  )

/** Started, and not waited for. */
export const startAssay = (args: readonly string[], options: RunOptions = {}): ChildProcess => {
  const { cwd, env, uid, gid, under = [], node = [] } = options
  const [program = process.execPath, ...words] = [...under, process.execPath, ...node, main, ...args]
  return spawn(program, words, {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
}

export interface Ended extends Ran {
  readonly signal: NodeJS.Signals | null
}

export const endOf = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })

/** Waits for the end; never throws for an exit code. */
export const assay = async (args: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const { code, stdout, stderr } = await endOf(startAssay(args, options))
  return { code, stdout, stderr }
}

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
