/**
 * A raw connection of the `pg` driver, logged in and ready for queries: no PG* variable, password file or default of
 * the environment has a say in it. session.ts answers its messages.
 */
import pg from 'pg'
import type { ConnectionOptions } from 'node:tls'
import type { Address } from './address.ts'
import { mayTryOtherWay, tlsAttempts } from './tls.ts'

/** A message of the server as pg parses it; which fields are there depends on the event. */
export interface RawMessage {
  readonly text?: string
  readonly fields?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly schema?: unknown
  readonly table?: unknown
  readonly column?: unknown
  readonly constraint?: unknown
  readonly dataType?: unknown
  readonly routine?: unknown
  readonly position?: unknown
  readonly hint?: unknown
  readonly where?: unknown
}

/** What Assay uses of pg's connection object, which its types do not describe. */
export interface RawConnection {
  readonly stream: {
    readonly writableNeedDrain: boolean
    cork(): void
    uncork(): void
    destroy(): void
    once(event: 'drain', listener: () => void): void
  }
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
  on(event: string, listener: (message: RawMessage) => void): void
  removeAllListeners(event: string): void
}

interface RawClient {
  readonly connection: RawConnection
  readonly processID: number
  readonly connectionParameters: { options?: string; replication?: string }
}

export interface OpenConnection {
  readonly connection: RawConnection
  /** The server's process id. */
  readonly pid: number
  readonly onLost: (listener: (message: string) => void) => void
  /** In order, or (`now`) without waiting for what is still running. */
  readonly close: (now: boolean) => Promise<void>
}

/** Everything that pg's own query queue listens to. */
const queryEvents = [
  'rowDescription',
  'dataRow',
  'commandComplete',
  'emptyQuery',
  'errorMessage',
  'readyForQuery',
  'copyInResponse',
  'copyData',
  'notice',
  'portalSuspended',
  'parseComplete',
] as const

const connectLimitMs = 20_000
const goodbyeLimitMs = 3000

/** A function, so that pg looks neither at PGPASSWORD nor at ~/.pgpass; called only when the server asks. */
const passwordOf = (address: Address) => (): string => {
  if (address.password !== undefined && address.password !== '') return address.password
  throw Object.assign(new Error('the server asks for a password and none was given'), { code: 'NO_PASSWORD' })
}

const connect = async (address: Address, ssl: false | ConnectionOptions): Promise<pg.Client> => {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    password: passwordOf(address),
    ssl,
    sslnegotiation: 'postgres',
    client_encoding: 'UTF8',
    application_name: address.applicationName ?? 'assay',
    connectionTimeoutMillis: connectLimitMs,
    // A statement may take hours: a firewall forgets silent connections, and a host that is gone is noticed.
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
  })
  // Where no value of ours can stand, pg has put PGOPTIONS and PGREPLICATION.
  const { connectionParameters } = client as unknown as RawClient
  delete connectionParameters.options
  delete connectionParameters.replication
  try {
    await client.connect()
    return client
  } catch (error) {
    client.on('error', () => undefined)
    await client.end().catch(() => undefined)
    throw error
  }
}

const connectByAnyWay = async (address: Address): Promise<pg.Client> => {
  const [first = false, second] = tlsAttempts(address.tls, address.host)
  if (second === undefined) return connect(address, first)
  try {
    return await connect(address, first)
  } catch (error) {
    if (!mayTryOtherWay(error)) throw error
    return connect(address, second)
  }
}

/** Logs in. Rejects with the error of the network or of PostgreSQL itself (ECONNREFUSED, 28P01, 3D000 …). */
export const openConnection = async (address: Address): Promise<OpenConnection> => {
  const client = await connectByAnyWay(address)
  const { connection, processID } = client as unknown as RawClient
  for (const event of queryEvents) connection.removeAllListeners(event)
  return {
    connection,
    pid: processID,
    onLost(listener) {
      client.on('error', (cause) => listener(cause.message))
      client.on('end', () => listener('the connection was closed'))
    },
    async close(now) {
      if (now) connection.stream.destroy()
      // Nobody may be there any more to say goodbye to.
      const late = setTimeout(() => connection.stream.destroy(), goodbyeLimitMs)
      await client.end().catch(() => undefined)
      clearTimeout(late)
    },
  }
}
