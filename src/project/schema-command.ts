/** Runs the migration command of another tool (`npx prisma migrate deploy`) against a database of Assay's server. */
import { spawn, type ChildProcess } from 'node:child_process'
import { AssayError } from '../ground/errors.ts'
import { twoHeadsOf } from '../migrate/tools/tool-heads.ts'
import { parseConnectionUrl } from '../postgres/connection-url.ts'
import { waitUntilGone } from '../postgres/process.ts'
import type { Server } from '../postgres/server.ts'
import { atShutdown } from '../postgres/shutdown.ts'
import { findEnvFiles, readEnvFiles } from './env-file.ts'
import { redirectEnvironment } from './redirect-environment.ts'
import { assertRedirectable } from './schema-command-safety.ts'

/** What identifies the objects that are there; the catalog's own lie below 16384. */
const objectsThere = `
select count(*) as objects, coalesce(max(oid::bigint), 0) as newest
  from (select oid from pg_catalog.pg_class union all select oid from pg_catalog.pg_proc
        union all select oid from pg_catalog.pg_type union all select oid from pg_catalog.pg_namespace
        union all select oid from pg_catalog.pg_constraint union all select oid from pg_catalog.pg_policy
        union all select oid from pg_catalog.pg_trigger) o
 where oid >= 16384`

const readObjects = async (server: Server, database: string): Promise<string> => {
  const owner = await server.connect(database, 'owner')
  try {
    return JSON.stringify(await owner.json(objectsThere))
  } finally {
    await owner.end()
  }
}

const keptOutput = 65_536
const shownLines = 15

const withoutSecrets = (text: string, password: string | undefined): string => {
  const masked = text.replaceAll(/(\w:\/\/[^\s:@/]*):[^\s@]*@/gu, '$1:***@')
  return password === undefined || password === '' ? masked : masked.replaceAll(password, '***')
}

/** Ends the shell and everything that it started; only for shutdown, as it blocks for up to two seconds. */
const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined) return
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(-child.pid, signal)
    } catch {
      return
    }
    waitUntilGone(child.pid, 2000)
  }
}

interface Ended {
  /** Null when it went well. */
  readonly how: string | null
  readonly output: string
}

const run = (command: string, directory: string, env: NodeJS.ProcessEnv): Promise<Ended> =>
  new Promise((resolve) => {
    // A process group of its own, so that what the shell started ends with it; no terminal, so that nothing asks.
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const forget = atShutdown({ now: () => killGroup(child) })
    let output = ''
    const keep = (chunk: Buffer): void => {
      output = `${output}${chunk.toString('utf8')}`.slice(-keptOutput)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const end = (how: string | null): void => {
      forget()
      resolve({ how, output })
    }
    child.once('error', (error) => end(`it cannot be run: ${error.message}`))
    child.once('close', (code, signal) =>
      end(code === 0 ? null : signal ? `it was ended by ${signal}` : `it exited with ${code}`),
    )
  })

/** `url`: another way to the same database, such as one that is listened to. */
export const runSchemaCommand = async (
  server: Server,
  database: string,
  { directory, command }: { readonly directory: string; readonly command: string },
  url = server.ownerUrl(database),
): Promise<void> => {
  assertRedirectable(directory, command)
  const env = redirectEnvironment(process.env, readEnvFiles(findEnvFiles(directory)), url)
  const before = await readObjects(server, database)
  const { how, output } = await run(command, directory, env)
  const shown = withoutSecrets(output, parseConnectionUrl(url).password)
    .trimEnd()
    .split('\n')
    .slice(-shownLines)
    .join('\n')
  const said = shown === '' ? 'it printed nothing' : `its last lines:\n${shown}`
  if (how !== null) {
    const heads = twoHeadsOf(command, directory, shown)
    if (heads !== null) throw heads
    throw new AssayError('The schema command failed.', {
      code: 'schema.command-failed',
      exit: 3,
      asked: command,
      found: `${how}; ${said}`,
      mend: 'Put right what it says; it runs in the directory of assay.config.ts with DATABASE_URL and PG* set.',
    })
  }
  if ((await readObjects(server, database)) !== before) return
  throw new AssayError('The schema command changed nothing in the database that Assay gave it.', {
    code: 'schema.command-idle',
    exit: 3,
    asked: command,
    found: `no object was made in it; ${said}`,
    why: 'it may have worked on another database, or have had nothing to do',
    mend: 'See that the tool takes its connection string from DATABASE_URL, and that it has migrations to run.',
  })
}
