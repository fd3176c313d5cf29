/**
 * The local PostgreSQL of one run: started from the binaries in node_modules, reached by a Unix socket that nobody
 * else can open, gone afterwards. start.ts chooses between it and remote/remote.ts.
 */
import { randomBytes } from 'node:crypto'
import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { formatConnectionUrl } from '../connection-url.ts'
import { orLost } from '../connect-fault.ts'
import { makeDatabaseNames } from '../database-names.ts'
import { makeDataDirectory } from '../data-directory.ts'
import { findBinaries, lendBinaries, linkLibraries } from './binaries.ts'
import { serviceAccount } from './account.ts'
import { trackSessions } from '../open-sessions.ts'
import { endProcess, startPostmaster } from '../postmaster.ts'
import { ident } from '../quote.ts'
import { admitRoles, createRoles } from '../roles.ts'
import { makeRunDirectory, removeRunDirectory } from '../run-directory.ts'
import type { Server } from '../server.ts'
import type { Session } from '../session.ts'
import type { Installation } from '../server-process.ts'
import { ownOwner } from '../remote/marker.ts'
import { atShutdown } from '../shutdown.ts'
import { sweepRuns } from '../sweep.ts'

const administrator = 'assay_admin'
const names = { owner: ownOwner, prover: 'assay_prover' } as const

const makePassword = (): string => randomBytes(24).toString('base64url')

/** A port that is free now, on the loopback interface. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 5432))
    })
  })

export interface EmbeddedOptions {
  readonly tcp?: boolean
  /** It will hold more than memory should: its files lie on disk. */
  readonly isLarge?: boolean
}

export const startEmbedded = async (options: EmbeddedOptions = {}): Promise<Server> => {
  const found = findBinaries()
  const account = serviceAccount()
  sweepRuns(account)
  const passwords = { administrator: '', owner: makePassword(), prover: makePassword() }
  const tcp = options.tcp === true

  let made: string | undefined
  let child: ChildProcess | undefined
  const onStart = (started: ChildProcess): void => void (child = started)
  let kill = (): void => {
    if (child?.pid !== undefined && child.exitCode === null) endProcess(child.pid)
  }
  const putAway = (): void => {
    kill()
    if (made !== undefined) removeRunDirectory(made)
  }
  // Before there is anything to put away: a signal in between would leave the directory behind.
  const forget = atShutdown({ now: putAway })

  try {
    const run = makeRunDirectory(account, options.isLarge)
    made = run.top
    const port = tcp ? await freePort() : 5432
    const sessions = trackSessions()
    const open = (database: string, user: string, password: string): Promise<Session> =>
      sessions.open({ host: run.socket, port, database, user, password })
    const binaries = lendBinaries(found, account, run.top)
    linkLibraries(binaries, run.libraries)
    const installation: Installation = { binaries, account, run }
    passwords.administrator = await makeDataDirectory(installation, administrator, onStart)
    const postmaster = await startPostmaster(installation, { port, tcp }, onStart)
    kill = () => postmaster.kill()
    const admin = await open('postgres', administrator, passwords.administrator)
    const version = Number((await admin.query('show server_version_num')).at(-1)?.rows[0]?.[0])
    const major = Math.floor(version / 10_000)
    await createRoles(admin, names, passwords, { major, grantsReplicationRole: true, grantsStackDepth: true })
    const nameDatabase = makeDatabaseNames('local')

    const makeDatabase = async (label: string, template: string): Promise<string> => {
      const name = nameDatabase(label)
      await admin.query(
        `create database ${ident(name)} owner ${ident(names.owner)} template ${ident(template)} strategy file_copy`,
      )
      return name
    }
    let stopped = false
    return {
      version,
      major,
      isOwn: true,
      ...names,
      createDatabase: (label) => makeDatabase(label, 'template1'),
      clone: (template, label) => makeDatabase(label, template),
      async dropDatabase(name) {
        await admin.query(`drop database if exists ${ident(name)} with (force)`)
      },
      connect(database, as) {
        const user = as === 'administrator' ? administrator : names[as]
        return open(database, user, passwords[as]).catch((cause: unknown) => {
          throw orLost(cause)
        })
      },
      ownerUrl: (database) =>
        formatConnectionUrl({
          host: tcp ? '127.0.0.1' : run.socket,
          port,
          database,
          user: names.owner,
          password: passwords.owner,
        }),
      admitRoles: () => admitRoles(admin, names),
      async stop() {
        if (stopped) return
        stopped = true
        await sessions.endAll()
        putAway()
        forget()
      },
    }
  } catch (error) {
    putAway()
    forget()
    throw error
  }
}
