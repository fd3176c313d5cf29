/** Makes the data directory of a run: a copy of the cached template, or initdb's own work where there is no cache. */
import type { ChildProcess } from 'node:child_process'
import { closeSync, fchownSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { dataTemplate, readTemplatePassword } from './data-template.ts'
import type { ServiceAccount } from './embedded/account.ts'
import { endOf, startFault, startProgram, type Installation } from './server-process.ts'

/** Told each child while it runs, so that a shutdown can end it. */
export type OnStart = (child: ChildProcess) => void

/** Everything that decides about what initdb makes, but the place and the password. */
const initdbArgs = (superuser: string): readonly string[] => [
  `--username=${superuser}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--text-search-config=english',
  '--wal-segsize=1',
  '--no-data-checksums',
  '--no-sync',
  '--no-instructions',
]

const runToEnd = async (
  installation: Installation,
  program: string,
  args: readonly string[],
  onStart: OnStart,
): Promise<void> => {
  const child = startProgram(installation, program, args)
  onStart(child)
  const ended = await endOf(child)
  if (ended !== null) throw startFault('set up', installation, `${path.basename(program)}: ${ended}`)
}

const writePassword = (file: string, password: string, account: ServiceAccount | null): void => {
  const descriptor = openSync(file, 'wx', 0o600)
  writeSync(descriptor, password)
  if (account) fchownSync(descriptor, account.uid, account.gid)
  closeSync(descriptor)
}

/** Answers the superuser's password in it. */
export const makeDataDirectory = async (
  installation: Installation,
  superuser: string,
  onStart: OnStart,
): Promise<string> => {
  const { run, binaries, account } = installation
  const args = initdbArgs(superuser)
  const initdb = async (data: string, password: string): Promise<void> => {
    const passwordFile = path.join(run.top, `password-${randomBytes(4).toString('hex')}`)
    writePassword(passwordFile, password, account)
    await runToEnd(
      installation,
      binaries.initdb,
      [`--pgdata=${data}`, `--pwfile=${passwordFile}`, ...args],
      onStart,
    )
  }
  const template = await dataTemplate({ binary: binaries.postgres, args, account }, (build, password) =>
    initdb(build.data, password),
  )
  if (template === null) {
    const password = randomBytes(24).toString('base64url')
    await initdb(run.data, password)
    return password
  }
  await runToEnd(installation, 'cp', ['-R', '-p', template.data, run.data], onStart)
  return readTemplatePassword(template)
}
