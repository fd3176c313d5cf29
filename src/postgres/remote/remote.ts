/**
 * A PostgreSQL of the user's own (--url): Assay works there only in databases that it makes itself, as two roles that
 * it makes for the run. All of it is dropped at the end, and what a killed run left is dropped by the next.
 */
import { randomBytes } from 'node:crypto'
import { formatConnectionUrl, parseConnectionUrl } from '../connection-url.ts'
import { connectFault, orLost } from '../connect-fault.ts'
import type { Address } from '../address.ts'
import { ConnectionLost } from '../fault.ts'
import { makeDatabaseNames } from '../database-names.ts'
import { trackSessions, type OpenSessions } from '../open-sessions.ts'
import { assertNoPooler, isProxied, poolerFault } from '../pooler.ts'
import { ident, literal } from '../quote.ts'
import { localeClause, settingStatements } from './databases.ts'
import { applicationOf, makeRunId, markerOf, notOurs, rolesOf } from './marker.ts'
import { readRemoteFacts } from './privileges.ts'
import { removeRun } from './remove.ts'
import { createRemoteRoles, makeRemoteRoles, readRoleIds } from './roles.ts'
import { sweepRemote } from './sweep.ts'
import type { Server } from '../server.ts'
import type { Session } from '../session.ts'
import { atShutdown } from '../shutdown.ts'

const makePassword = (): string => randomBytes(24).toString('base64url')

const enter = (sessions: OpenSessions, address: Address): Promise<Session> =>
  sessions.open(address).catch((cause: unknown) => {
    throw connectFault(cause, address)
  })

/** `proxied`: a database that we have just made and cannot enter is one that a pooler does not know. */
const enterMade = (sessions: OpenSessions, address: Address, proxied: boolean): Promise<Session> =>
  sessions.open(address).catch((cause: unknown) => {
    const lost = orLost(cause)
    if (lost instanceof ConnectionLost) throw lost
    throw proxied ? poolerFault(address) : connectFault(cause, address)
  })

export const startRemote = async (url: string): Promise<Server> => {
  const address = parseConnectionUrl(url)
  const run = makeRunId()
  const names = rolesOf(run)
  const passwords = { owner: makePassword(), prover: makePassword() }
  const sessions = trackSessions()
  const adminAddress: Address = { ...address, applicationName: applicationOf(run) }
  const admin = await enter(sessions, adminAddress)
  let forget = (): void => undefined
  let remove = (): Promise<void> => Promise.resolve()
  let stopping: Promise<void> | null = null
  const leave = async (): Promise<void> => {
    try {
      await remove()
    } catch (cause) {
      // The server has gone away: what is left there is swept by the next run.
      if (!(cause instanceof ConnectionLost)) throw cause
    } finally {
      forget()
      await sessions.endAll()
    }
  }
  const stop = (): Promise<void> => (stopping ??= leave())
  try {
    await assertNoPooler(admin, sessions)
    // This session must live as long as the run: by it a sweep sees that the run lives.
    await admin.query(
      `set idle_session_timeout = 0; set idle_in_transaction_session_timeout = 0; set statement_timeout = 0`,
    )
    const facts = await readRemoteFacts(admin)
    const { major } = facts
    const proxied = await isProxied(admin)
    await sweepRemote(admin, major)
    const before = await readRoleIds(admin)
    const roles = makeRemoteRoles(admin, run, names, before, major)
    const made = new Set<string>()
    const locale = await localeClause(admin, major)
    const nameDatabase = makeDatabaseNames(run)

    remove = async () => {
      const madeRoles = await roles.made([...made])
      await removeRun(admin, run, major, { force: true, roles: madeRoles })
    }
    forget = atShutdown({ now: () => undefined, gracefully: stop })
    await createRemoteRoles(admin, run, names, passwords, facts)

    const makeDatabase = async (label: string, clause: string): Promise<string> => {
      // What is made after the run's databases were listed for removal would stay, and its owner with it.
      if (stopping) throw new ConnectionLost('the run is being ended')
      const name = nameDatabase(label)
      await admin.query(`create database ${ident(name)} owner ${ident(names.owner)} ${clause}`)
      made.add(name)
      const marker = `comment on database ${ident(name)} is ${literal(markerOf(run))}`
      await admin.query([marker, ...settingStatements(name, facts.superuser)].join(';\n'))
      return name
    }
    /**
     * Before 16 CREATEROLE reaches every role that is no superuser, also those that read files: the owner has it
     * while migrations run, and no more when experiments and mutants do.
     */
    const mayMakeRoles = async (may: boolean): Promise<void> => {
      if (major < 16)
        await admin.query(`alter role ${ident(names.owner)} ${may ? 'createrole' : 'nocreaterole'}`)
    }
    const assertMade = (name: string): void => {
      if (!made.has(name)) throw notOurs(name)
    }
    const addressOf = (database: string, as: 'owner' | 'prover' | 'administrator'): Address =>
      as === 'administrator'
        ? { ...adminAddress, database }
        : { ...address, database, user: names[as], password: passwords[as] }

    return {
      version: facts.version,
      major,
      isOwn: false,
      ...names,
      async createDatabase(label) {
        await mayMakeRoles(true)
        return makeDatabase(label, `template template0 encoding 'UTF8' ${locale}`)
      },
      async clone(template, label) {
        assertMade(template)
        return makeDatabase(label, `template ${ident(template)}`)
      },
      async dropDatabase(name) {
        assertMade(name)
        if (stopping) return stopping
        await admin.query(`drop database if exists ${ident(name)} with (force)`)
      },
      async connect(database, as) {
        assertMade(database)
        return enterMade(sessions, addressOf(database, as), proxied)
      },
      ownerUrl: (database) => formatConnectionUrl(addressOf(database, 'owner')),
      async admitRoles() {
        await roles.admit([...made])
        await mayMakeRoles(false)
      },
      stop,
    }
  } catch (error) {
    await stop().catch(() => undefined)
    throw error
  }
}
