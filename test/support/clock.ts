/** Three months later: a server and a command line whose clock Debian's faketime has moved. */
import { spawnSync } from 'node:child_process'
import { startPostgres15, whyNoPostgres15, type TestServer } from './postgres15.ts'

const hasFaketime = spawnSync('faketime', ['--version']).status === 0

/** Empty when it can be tested; a reason to skip otherwise. With ASSAY_TEST_ALL=1 nothing is skipped. */
export const whyNoLater =
  whyNoPostgres15 || (hasFaketime || process.env['ASSAY_TEST_ALL'] === '1' ? '' : "needs Debian's faketime")

/** What stands before a command that is to run then. */
export const later: readonly string[] = ['faketime', '+92 days']

/** What `faketime` would set for a command, for processes that take this one's environment. */
const clockOf = (): Readonly<Record<string, string>> => {
  const { stdout } = spawnSync('faketime', ['+92 days', 'env'], { encoding: 'utf8' })
  return Object.fromEntries(
    stdout
      .split('\n')
      .map((line) => /^(LD_PRELOAD|FAKETIME\w*)=(.*)$/u.exec(line))
      .flatMap((match) => (match ? [[match[1]!, match[2]!]] : [])),
  )
}

export const startPostgres15Later = async (): Promise<TestServer> => {
  const clock = clockOf()
  if (!('LD_PRELOAD' in clock)) throw new Error('faketime moves no clock here')
  Object.assign(process.env, clock)
  try {
    return await startPostgres15()
  } finally {
    for (const name of Object.keys(clock)) delete process.env[name]
  }
}
