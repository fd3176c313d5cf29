/**
 * Any command as a suite (`npm test`, `pg_prove`, `pytest`): each mutant is made in a fresh clone of the migrated
 * database, the command is run there, and the clone is dropped, whatever was written into it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { AssayError } from '../ground/errors.ts'
import { PgError, type PgFault } from '../postgres/fault.ts'
import { literal } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import { stillbornReason } from '../prove/verdict.ts'
import type { Judge, Judgement, Suite } from './suite.ts'
import { runSuiteCommand } from './suite-process.ts'
import type { Watchdog } from './suite-watchdog.ts'

export interface CommandSuiteParts {
  readonly server: Server
  /** Nobody may be connected to it. */
  readonly template: string
  readonly command: string
  readonly directory: string
  /** The whole environment that points the command at this connection string, and nowhere else. */
  readonly environment: (url: string) => NodeJS.ProcessEnv
  readonly watchdog: Watchdog
}

/** What a suite prints may hold the connection string that it was given. */
const withoutPasswords = (text: string): string => text.replaceAll(/(\w:\/\/[^\s:@/]*):[^\s@]*@/gu, '$1:***@')

/** The statistics of a session reach the server's when it has ended, which may be a moment after its client has. */
const waitForStatistics = 40
const pauseMs = 50

const elsewhere = (command: string): AssayError =>
  new AssayError('The suite never connected to the database that Assay gave it.', {
    code: 'score.suite-elsewhere',
    exit: 4,
    asked: command,
    found: 'it passed, and no session was opened in the database that DATABASE_URL and PG* named',
    why: 'it tests another database, or none: every mutant would survive, and the other database would be written to',
    mend: 'Let the suite take its connection from DATABASE_URL or PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, and make no database of its own.',
  })

/** What PostgreSQL says when the mutant is made for good; null when it takes it. */
const apply = async (server: Server, database: string, ddl: readonly string[]): Promise<PgFault | null> => {
  const owner = await server.connect(database, 'owner')
  try {
    // One message is one transaction.
    await owner.query(ddl.join(';\n'))
    return null
  } catch (cause) {
    if (cause instanceof PgError) return cause.fault
    throw cause
  } finally {
    await owner.end()
  }
}

/** Whether anybody was in a database; asked from a copy of its own, so that the asking is not counted. */
const wasEntered = async (server: Server, desk: string, database: string): Promise<boolean> => {
  const asker = await server.connect(desk, 'administrator')
  const sessions = `select sessions from pg_catalog.pg_stat_database where datname = ${literal(database)}`
  try {
    for (let n = 0; n < waitForStatistics; n++) {
      const [found] = await asker.json<{ readonly sessions: number }>(sessions)
      if ((found?.sessions ?? 0) > 0) return true
      await sleep(pauseMs)
    }
    return false
  } finally {
    await asker.end()
  }
}

const openJudge = async (parts: CommandSuiteParts, label: string): Promise<Judge> => {
  const { server, template, command, directory, environment, watchdog } = parts
  const make = (): Promise<string> => {
    const made = server.clone(template, label)
    // Looked at when it is taken.
    made.catch(() => undefined)
    return made
  }
  let spare = make()

  const run = async (database: string, limitSeconds: number): Promise<Judgement> => {
    const env = environment(server.ownerUrl(database))
    const end = await runSuiteCommand({ command, directory, env, limitSeconds, watchdog })
    const verdict = end.isTimeout ? 'timeout' : end.failure === null ? 'survived' : 'killed'
    const output = withoutPasswords(end.output)
    const { isUnknown, seconds } = end
    return { verdict, why: end.failure ?? 'it passed', output, seconds, isUnknown }
  }

  const assertEntered = async (database: string): Promise<void> => {
    const desk = await server.clone(template, `${label}-desk`)
    try {
      if (!(await wasEntered(server, desk, database))) throw elsewhere(command)
    } finally {
      await server.dropDatabase(desk)
    }
  }

  return {
    async judge(ddl, { limitSeconds }) {
      const database = await spare
      // The next clone is made while the suite runs in this one.
      spare = make()
      try {
        if (ddl.length === 0) {
          const judgement = await run(database, limitSeconds)
          if (judgement.verdict === 'survived') await assertEntered(database)
          return judgement
        }
        const fault = await apply(server, database, ddl)
        if (!fault) return await run(database, limitSeconds)
        const { verdict, why } = stillbornReason(fault)
        return { verdict: verdict === 'stillborn' ? verdict : 'unsolved', why, output: '', seconds: 0 }
      } finally {
        await server.dropDatabase(database)
      }
    },
    async close() {
      await server.dropDatabase(await spare)
    },
  }
}

export const makeCommandSuite = (parts: CommandSuiteParts): Suite => ({
  name: parts.command,
  identity: JSON.stringify(['command', parts.directory, parts.command]),
  mend: `Make it pass on the migrated database first; it runs in ${parts.directory} with DATABASE_URL and PG* set. What it needs besides the migrations (pgTAP, seeds) can be given with --before FILE.`,
  startMend: `Correct the command: the shell finds no such program, or may not run it. It is run by /bin/sh in ${parts.directory} with the PATH of this shell.`,
  open: (label) => openJudge(parts, label),
})
