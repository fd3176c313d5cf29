/**
 * One connection that speaks the simple query protocol and can put many messages into one write. Each message
 * is one experiment: a refusal, a hang or a role change stays inside it. Over it: catalog, rows, prove.
 */
import pg from 'pg'
import { ConnectionLost, PgError, type PgFault } from './fault.ts'

/** How to reach one database as one role. `host` may be a socket directory. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password?: string
  readonly ssl?: boolean
  readonly applicationName?: string
}

/** One completed statement of a message. */
export interface Command {
  /** Such as `INSERT 0 1`, `SELECT 3`. */
  readonly tag: string
  readonly columns: readonly string[]
  /** Values as text, as PostgreSQL prints them. */
  readonly rows: readonly (readonly (string | null)[])[]
}

/** The answer to one message: the statements that completed, then the fault that ended it, if any. */
export interface Reply {
  readonly commands: readonly Command[]
  readonly fault: PgFault | null
}

export interface Session {
  readonly address: Address
  /** The server's process id, for pg_cancel_backend from another session. */
  readonly pid: number
  /** Runs one message (one or more statements). Throws PgError when PostgreSQL refuses. */
  query(sql: string): Promise<readonly Command[]>
  /** Runs a single select and returns its rows as objects, through json (numbers, booleans, arrays keep their kind). */
  json<T>(select: string): Promise<T[]>
  /** Sends every text as its own message in one write and gathers the replies in order. Never throws PgError. */
  batch(texts: readonly string[]): Promise<Reply[]>
  end(): Promise<void>
}

interface RawMessage {
  readonly text?: string
  readonly fields?: readonly (string | null)[] & readonly { readonly name: string }[]
  readonly code?: string
  readonly message?: string
}

/** What this file uses of pg's connection object, which its types do not describe. */
interface RawConnection {
  readonly stream: { cork(): void; uncork(): void; destroy(): void }
  query(text: string): void
  sendCopyFail(message: string): void
  on(event: string, listener: (message: RawMessage) => void): void
  removeAllListeners(event: string): void
}

interface Pending {
  commands: Command[]
  columns: readonly string[]
  rows: (readonly (string | null)[])[]
  fault: PgFault | null
  resolve(reply: Reply): void
  reject(cause: Error): void
}

const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null

const toFault = (message: unknown): PgFault => {
  const m = message as Record<string, unknown>
  return {
    sqlstate: textOrNull(m['code']) ?? 'XX000',
    message: textOrNull(m['message']) ?? '',
    schema: textOrNull(m['schema']),
    table: textOrNull(m['table']),
    column: textOrNull(m['column']),
    constraint: textOrNull(m['constraint']),
    dataType: textOrNull(m['dataType']),
    routine: textOrNull(m['routine']),
    position: textOrNull(m['position']) === null ? null : Number(m['position']),
    hint: textOrNull(m['hint']),
    context: textOrNull(m['where']),
  }
}

const listenedTo = [
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

/** Connects. Rejects with pg's own error (ECONNREFUSED, 28P01, 3D000 …), which `server.ts` explains. */
export const openSession = async (address: Address): Promise<Session> => {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    password: address.password,
    ssl: address.ssl ? { rejectUnauthorized: false } : false,
    application_name: address.applicationName ?? 'assay',
  })
  await client.connect()
  const { connection, processID } = client as unknown as { connection: RawConnection; processID: number }
  const queue: Pending[] = []
  let lost: Error | null = null

  const lose = (cause: Error): void => {
    lost ??= cause
    for (const pending of queue.splice(0)) pending.reject(lost)
  }
  client.on('error', (cause) => lose(new ConnectionLost(cause.message)))
  client.on('end', () => lose(new ConnectionLost('the connection was closed')))

  // From here on this file answers pg's messages itself; pg's own query queue is never used again.
  for (const event of listenedTo) connection.removeAllListeners(event)
  connection.on('rowDescription', (m) => {
    const head = queue[0]
    if (head) head.columns = (m.fields as readonly { readonly name: string }[]).map((f) => f.name)
  })
  connection.on('dataRow', (m) => queue[0]?.rows.push(m.fields as readonly (string | null)[]))
  connection.on('commandComplete', (m) => {
    const head = queue[0]
    if (!head) return
    head.commands.push({ tag: m.text ?? '', columns: head.columns, rows: head.rows })
    head.columns = []
    head.rows = []
  })
  connection.on('errorMessage', (m) => {
    const head = queue[0]
    if (head) head.fault = toFault(m)
  })
  connection.on('copyInResponse', () => connection.sendCopyFail('COPY FROM STDIN is not run here'))
  connection.on('readyForQuery', () => {
    const head = queue.shift()
    head?.resolve({ commands: head.commands, fault: head.fault })
  })

  const send = (text: string): Promise<Reply> =>
    new Promise((resolve, reject) => {
      if (lost) return reject(lost)
      queue.push({ commands: [], columns: [], rows: [], fault: null, resolve, reject })
      connection.query(text)
    })

  const session: Session = {
    address,
    pid: processID,
    async query(sql) {
      const reply = await send(sql)
      if (reply.fault) throw new PgError(reply.fault, sql)
      return reply.commands
    },
    async json<T>(select: string) {
      const commands = await session.query(
        `select coalesce(json_agg(to_json(rows_)), '[]'::json)::text from (${select}\n) rows_`,
      )
      return JSON.parse(commands.at(-1)?.rows[0]?.[0] ?? '[]') as T[]
    },
    async batch(texts) {
      connection.stream.cork()
      const replies = texts.map(send)
      connection.stream.uncork()
      return Promise.all(replies)
    },
    async end() {
      client.removeAllListeners('error')
      client.on('error', () => undefined)
      await client.end().catch(() => undefined)
    },
  }
  return session
}
