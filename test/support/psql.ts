/** Debian's psql, pg_prove's way of calling it, and what an exported script prints through it. */
import { spawn } from 'node:child_process'
import type { Address } from '../../src/postgres/address.ts'
import type { Ran } from './command-line.ts'

const program = '/usr/lib/postgresql/15/bin/psql'

/** pgTAP as Debian brings it, for a server that does not have the extension. */
export const pgtapSql = '/usr/share/postgresql/15/extension/pgtap--1.2.0.sql'

/** As pg_prove calls it. */
export const proveFlags: readonly string[] = [
  '--quiet',
  '--no-align',
  '--tuples-only',
  '--pset',
  'pager=off',
  '--set',
  'ON_ERROR_ROLLBACK=1',
  '--set',
  'ON_ERROR_STOP=1',
]

/** Gives the script on stdin when there is one; never throws for an exit code. */
export const psql = (address: Address, args: readonly string[], script?: string): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const { host, port, user, database, password = '' } = address
    const child = spawn(program, ['-X', '-h', host, '-p', `${port}`, '-U', user, '-d', database, ...args], {
      env: { ...process.env, PGPASSWORD: password, PGSSLMODE: 'disable' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    // A script that stops at a fault is not read to its end.
    child.stdin.on('error', () => undefined)
    child.stdin.end(script ?? '')
  })

export interface Tap {
  readonly planned: number | null
  readonly ok: readonly string[]
  readonly notOk: readonly string[]
  readonly skipped: readonly string[]
}

/** Titles as they were before TAP's escapes. */
export const readTap = (text: string): Tap => {
  const lines = [...text.matchAll(/^(ok|not ok) \d+ (?:- (.*?))?(?:\s*(?<!\\)# SKIP ?(.*))?$/gmu)]
  const titled = lines.map(([, result, title = '', reason]) => ({
    result,
    title: title.replaceAll(String.raw`\#`, '#'),
    reason,
  }))
  const of = (wanted: string): readonly string[] =>
    titled.flatMap(({ result, title, reason }) => (result === wanted && reason === undefined ? [title] : []))
  const plan = /^1\.\.(\d+)$/mu.exec(text)?.[1]
  return {
    planned: plan === undefined ? null : Number(plan),
    ok: of('ok'),
    notOk: of('not ok'),
    skipped: titled.flatMap(({ title, reason }) => (reason === undefined ? [] : [`${title}${reason}`])),
  }
}
