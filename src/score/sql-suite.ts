/**
 * SQL files as a suite, pgTAP's among them: run inside the transaction of each mutant on one connection and rolled
 * back with it, so that thousands of mutants take a minute. Any error, and every test that is not ok, kills.
 */
import { createHash } from 'node:crypto'
import { ConnectionLost, PgError, type PgFault } from '../postgres/fault.ts'
import type { Server } from '../postgres/server.ts'
import type { Reply, Session } from '../postgres/session.ts'
import { stillbornReason } from '../prove/verdict.ts'
import type { SuiteFile } from './sql-suite-files.ts'
import type { Judge, Judgement, Suite } from './suite.ts'
import { judgeTap } from './tap.ts'

export interface SqlSuiteParts {
  readonly server: Server
  /** Nobody may be connected to it. */
  readonly template: string
  readonly files: readonly SuiteFile[]
  /** As the user wrote it. */
  readonly name: string
}

/** Past some thousands of rolled-back mutants every lookup pays for what they left behind. */
const mutantsBetweenCleanings = 2_000

const timedOut = '57014'

interface Failure {
  readonly why: string
  readonly isTimeout: boolean
}

const faultFailure = (file: SuiteFile, fault: PgFault): Failure => ({
  why: `${file.name}: ${fault.message} (${fault.sqlstate})`,
  isTimeout: fault.sqlstate === timedOut,
})

const linesOf = (reply: Reply): readonly string[] =>
  reply.commands.flatMap(({ rows }) =>
    rows.flatMap((row) =>
      row
        .map((v) => v ?? '')
        .join('|')
        .split('\n'),
    ),
  )

const runFile = async (db: Session, file: SuiteFile): Promise<Failure | null> => {
  const lines: string[] = []
  for (const step of file.steps) {
    if (step.kind === 'copy') {
      try {
        await db.copyIn(step.text, step.data)
      } catch (cause) {
        if (!(cause instanceof PgError)) throw cause
        return faultFailure(file, cause.fault)
      }
      continue
    }
    const replies = await db.batch(step.texts)
    lines.push(...replies.flatMap(linesOf))
    const fault = replies.find((reply) => reply.fault)?.fault
    // What was said before the error tells more than the error that it led to.
    if (fault) {
      const said = judgeTap(lines.filter((line) => !line.startsWith('1..'))).failure
      const earlier = said?.startsWith('not ok') ? said : null
      return earlier === null
        ? faultFailure(file, fault)
        : { why: `${file.name}: ${earlier}`, isTimeout: false }
    }
  }
  const { failure } = judgeTap(lines)
  return failure === null ? null : { why: `${file.name}: ${failure}`, isTimeout: false }
}

/** Files that speak of the table that the DDL begins with come first: most mutants are noticed there. */
const nearestFirst = (files: readonly SuiteFile[], ddl: readonly string[]): readonly SuiteFile[] => {
  const name = /"(?:[^"]|"")*"\."(?<name>(?:[^"]|"")*)"/u.exec(ddl[0] ?? '')?.groups?.['name']
  if (name === undefined) return files
  const speaks = ({ text }: SuiteFile): boolean => text.includes(name)
  return [...files.filter(speaks), ...files.filter((file) => !speaks(file))]
}

/** Prepared statements and advisory locks outlive a transaction. */
const forget = 'deallocate all; select pg_catalog.pg_advisory_unlock_all(); unlisten *'

const openJudge = async ({ server, template, files }: SqlSuiteParts, label: string): Promise<Judge> => {
  const database = await server.clone(template, label)
  const connect = async (): Promise<Session> => {
    const session = await server.connect(database, 'owner')
    await session.query('set client_min_messages = error')
    return session
  }
  let db = await connect()
  let sinceCleaning = 0
  let limit = 0

  const clean = async (): Promise<void> => {
    await db.end()
    const admin = await server.connect(database, 'administrator')
    try {
      await admin.query('vacuum')
    } finally {
      await admin.end()
    }
    db = await connect()
    limit = 0
    sinceCleaning = 0
  }

  const runFiles = async (ordered: readonly SuiteFile[]): Promise<Failure | null> => {
    for (const [n, file] of ordered.entries()) {
      const failure = await runFile(db, file)
      if (failure) return failure
      if (n < ordered.length - 1) await db.query(`rollback to savepoint assay_mutant; ${forget}`)
    }
    return null
  }

  const tryOn = async (ddl: readonly string[]): Promise<Omit<Judgement, 'seconds'>> => {
    const begun = await db.batch([
      'begin',
      ...(ddl.length === 0 ? [] : [ddl.join(';\n')]),
      'savepoint assay_mutant',
    ])
    const refusal = ddl.length === 0 ? null : begun[1]!.fault
    if (refusal) {
      const { verdict, why } = stillbornReason(refusal)
      return { verdict: verdict === 'stillborn' ? verdict : 'unsolved', why, output: '' }
    }
    const failure = await runFiles(nearestFirst(files, ddl))
    if (!failure) return { verdict: 'survived', why: 'every file passed', output: '' }
    return { verdict: failure.isTimeout ? 'timeout' : 'killed', why: failure.why, output: failure.why }
  }

  return {
    async judge(ddl, { limitSeconds }) {
      if (sinceCleaning++ >= mutantsBetweenCleanings) await clean()
      if (limit !== limitSeconds) await db.query(`set statement_timeout = ${Math.ceil(limitSeconds * 1000)}`)
      limit = limitSeconds
      const from = performance.now()
      const seconds = (): number => Math.round(performance.now() - from) / 1000
      try {
        const judgement = await tryOn(ddl)
        await db.query('rollback')
        await db.query(forget)
        return { ...judgement, seconds: seconds() }
      } catch (cause) {
        if (!(cause instanceof ConnectionLost)) throw cause
        db = await connect()
        limit = 0
        return {
          verdict: 'unsolved',
          why: `the connection was lost: ${cause.message}`,
          output: '',
          seconds: seconds(),
        }
      }
    },
    async close() {
      await db.end()
      await server.dropDatabase(database)
    },
  }
}

export const makeSqlSuite = (parts: SqlSuiteParts): Suite => ({
  name: parts.name,
  identity: createHash('sha256')
    .update(JSON.stringify(['sql', ...parts.files.map(({ name, text }) => [name, text])]))
    .digest('hex'),
  mend: "Make it pass on the migrated database first, inside one transaction. What it needs besides the migrations (pgTAP, seeds) can be given with --before FILE; files that cannot run inside a transaction are run with psql: --suite 'psql -X -q -v ON_ERROR_STOP=1 -f FILE'.",
  open: (label) => openJudge(parts, label),
})
