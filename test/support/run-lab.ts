/** Runs migrations that are written down as text on a database of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import { AssayError, AssayErrors } from '../../src/ground/errors.ts'
import { readMigrations } from '../../src/migrate/files/read-migrations.ts'
import { makeTested, type TestedMigration } from '../../src/migrate/files/tested.ts'
import type { GateName } from '../../src/migrate/run/gate.ts'
import { readJournal } from '../../src/migrate/run/journal.ts'
import {
  runMigrations,
  type Repository,
  type RunResult,
  type RunWish,
} from '../../src/migrate/run/migrate.ts'
import { openMigrationSession } from '../../src/migrate/run/session.ts'
import { statusOfAll } from '../../src/migrate/run/status.ts'
import { loadParser } from '../../src/postgres/parse.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'
import { startServer } from '../../src/postgres/start.ts'
import type { Ledger } from '../../src/prove/ledger/page.ts'

type Files = Readonly<Record<string, string>>

export interface RunLab {
  readonly url: string
  readonly database: string
  readonly owner: Session
  /** 300 until a test says otherwise. */
  lockTimeoutMs: number
  readonly write: (files: Files) => void
  readonly remove: (name: string) => void
  readonly repository: (tested?: readonly TestedMigration[], ledger?: Ledger) => Repository
  readonly go: (
    wish?: Partial<RunWish>,
    tested?: readonly TestedMigration[],
    ledger?: Ledger,
  ) => Promise<RunResult>
  /** Codes of what is thrown; the names of what ran. */
  readonly tell: (
    wish?: Partial<RunWish>,
    tested?: readonly TestedMigration[],
    ledger?: Ledger,
  ) => Promise<readonly string[]>
  /** Of each migration how it stands. */
  readonly states: () => Promise<readonly string[]>
  /** What a test of each migration would have recorded: catalogs before and after, on a database of its own. */
  readonly testAll: () => Promise<readonly TestedMigration[]>
}

const noLedger: Ledger = { head: null, pages: [], problems: [] }
const all: readonly GateName[] = ['untested', 'uncovered', 'loses']

export const usualWish: RunWish = {
  direction: 'up',
  to: null,
  steps: null,
  allowed: all,
  waitSeconds: 0,
  retries: 0,
  assay: '1.2.3',
}

export const twoMigrations: Files = {
  '0001_a/up.sql': 'create table a (x int);',
  '0001_a/down.sql': '-- assay: loses a because it is gone\ndrop table if exists a;',
  '0002_b.sql': 'create table b (y int);',
  '0002_b.down.sql': 'drop table if exists b;',
}

const faultsOf = (cause: unknown): readonly AssayError[] => {
  if (cause instanceof AssayErrors) return cause.errors
  if (cause instanceof AssayError) return [cause]
  throw cause
}

const testAllIn = async (server: Server, directory: string): Promise<readonly TestedMigration[]> => {
  const database = await server.createDatabase('tested')
  const db = await server.connect(database, 'owner')
  try {
    const passes: TestedMigration[] = []
    let before = await readCatalog(db)
    for (const migration of readMigrations(directory)) {
      await db.query(migration.up.text)
      const after = await readCatalog(db)
      passes.push(makeTested(migration, before, after))
      before = after
    }
    return passes
  } finally {
    await db.end()
    await server.dropDatabase(database)
  }
}

const inRunLab = async (
  server: Server,
  files: Files,
  work: (lab: RunLab) => Promise<void>,
): Promise<void> => {
  const database = await server.createDatabase('run')
  const directory = mkdtempSync(path.join(tmpdir(), 'assay-run-'))
  const owner = await server.connect(database, 'owner')
  const url = server.ownerUrl(database)
  const repository: RunLab['repository'] = (passes = [], ledger = noLedger) => ({
    migrations: readMigrations(directory),
    tested: { passes, problems: [] },
    ledger,
    leftAlone: [],
  })
  const lab: RunLab = {
    url,
    database,
    owner,
    lockTimeoutMs: 300,
    repository,
    write: (written) => {
      for (const [name, text] of Object.entries(written)) {
        const file = path.join(directory, name)
        mkdirSync(path.dirname(file), { recursive: true })
        writeFileSync(file, text)
      }
    },
    remove: (name) => rmSync(path.join(directory, name), { recursive: true }),
    go: async (wish = {}, tested, ledger) => {
      const session = await openMigrationSession(url, lab.lockTimeoutMs)
      try {
        return await runMigrations(session, repository(tested, ledger), { ...usualWish, ...wish })
      } finally {
        await session.db.end()
      }
    },
    tell: (wish, tested, ledger) =>
      lab.go(wish, tested, ledger).then(
        ({ ran }) => ran,
        (cause: unknown) => faultsOf(cause).map(({ code }) => code),
      ),
    states: async () =>
      statusOfAll(readMigrations(directory), await readJournal(owner)).migrations.map(
        ({ name, standing, progress }) =>
          `${name} ${standing}${progress === null ? '' : `${progress.direction === 'down' ? ' back' : ''} ${progress.done}/${progress.of}`}`,
      ),
    testAll: () => testAllIn(server, directory),
  }
  try {
    lab.write(files)
    await work(lab)
  } finally {
    await owner.end()
    await server.dropDatabase(database)
    rmSync(directory, { recursive: true, force: true })
  }
}

export interface RunServer {
  readonly server: Server
  readonly inLab: (files: Files, work: (lab: RunLab) => Promise<void>) => Promise<void>
  readonly stop: () => Promise<void>
}

/** A server on which each lab has a database of its own. */
export const startRunServer = async (): Promise<RunServer> => {
  await loadParser()
  const server = await startServer({})
  return {
    server,
    inLab: (files, work) => inRunLab(server, files, work),
    stop: () => server.stop(),
  }
}
