/**
 * One connection that speaks the simple query protocol and can put many messages into one write. Each message
 * is one experiment: a refusal, a hang or a role change stays inside it. Over it: catalog, rows, prove.
 */
import type { Address } from './address.ts'
import { openConnection, type RawConnection, type RawMessage } from './connection.ts'
import { ConnectionLost, PgError, type PgFault } from './fault.ts'

export type { Address } from './address.ts'

/** One completed statement of a message. */
export interface Command {
  /** Such as `INSERT 0 1`, `SELECT 3`. */
  readonly tag: string
  readonly columns: readonly string[]
  /** OIDs of the columns' types. */
  readonly types?: readonly number[]
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
  /** How many messages PostgreSQL has cancelled so far (57014): what they would have answered nobody knows. */
  cancelled(): number
  /** Runs one message (one or more statements). Throws PgError when PostgreSQL refuses. */
  query(sql: string): Promise<readonly Command[]>
  /** Runs a single select and returns its rows as objects, through json (numbers, booleans, arrays keep their kind). */
  json<T>(select: string): Promise<T[]>
  /** Sends every text as its own message in one write and gathers the replies in order. Never throws PgError. */
  batch(texts: readonly string[]): Promise<Reply[]>
  /**
   * Runs one `copy … from stdin` with its data in COPY's own format. Parts are asked for as fast as the server takes
   * them, so that no more than one waits in memory. Throws PgError when PostgreSQL refuses.
   */
  copyIn(copy: string, data: string | Iterable<string>): Promise<void>
  /** What is still running is cut off. Safe to call twice. */
  end(): Promise<void>
}

/** A message that was sent and not answered yet. */
interface Pending {
  readonly commands: Command[]
  columns: readonly string[]
  types: readonly number[]
  rows: (readonly (string | null)[])[]
  fault: PgFault | null
  /** What a `copy … from stdin` in it is given; null: it is told that there is nothing. */
  readonly copyData: Iterable<string> | null
  readonly resolve: (reply: Reply) => void
  readonly reject: (cause: Error) => void
}

const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null

/** DETAIL is left out on purpose: it quotes values. */
const toFault = (message: RawMessage): PgFault => {
  const position = textOrNull(message.position)
  return {
    sqlstate: textOrNull(message.code) ?? 'XX000',
    message: textOrNull(message.message) ?? '',
    schema: textOrNull(message.schema),
    table: textOrNull(message.table),
    column: textOrNull(message.column),
    constraint: textOrNull(message.constraint),
    dataType: textOrNull(message.dataType),
    routine: textOrNull(message.routine),
    position: position === null ? null : Number(position),
    hint: textOrNull(message.hint),
    context: textOrNull(message.where),
  }
}

/** Without the flag i, which makes it fifteen times as slow under u: every message is looked through. */
const stdin = /\b[sS][tT][dD][iI][nN]\b/u

/**
 * A message that may start COPY FROM STDIN: the server would then take the messages behind it for data and close
 * the connection, so such a message travels alone. Too many matches cost a round trip each, nothing more.
 */
const mayCopyFromStdin = (text: string): boolean => stdin.test(text) && /\bcopy\b/iu.test(text)

interface Wire {
  send(text: string, copyData?: Iterable<string>): Promise<Reply>
  sendTogether(texts: readonly string[]): Promise<Reply[]>
  lose(cause: Error): void
  isBusy(): boolean
  cancelled(): number
}

/** After each part others have their turn, and the server its say: what it has refused is not sent on. */
const sendParts = (connection: RawConnection, parts: Iterator<string>, isOver: () => boolean): void => {
  if (isOver()) return
  let part: IteratorResult<string>
  try {
    part = parts.next()
  } catch (cause) {
    return connection.sendCopyFail(cause instanceof Error ? cause.message : String(cause))
  }
  if (part.done) return connection.endCopyFrom()
  connection.sendCopyFromChunk(Buffer.from(part.value, 'utf8'))
  const goOn = (): void => sendParts(connection, parts, isOver)
  if (connection.stream.writableNeedDrain) connection.stream.once('drain', goOn)
  else setImmediate(goOn)
}

/** Takes over a connection that is ready for queries: from here on nobody else answers its messages. */
const takeOver = (connection: RawConnection): Wire => {
  // A growing index instead of shift(): a queue of 20,000 would be moved 20,000 times.
  let queue: Pending[] = []
  let next = 0
  let lost: Error | null = null
  let lastWords: PgFault | null = null
  let cancelled = 0

  const lose = (cause: Error): void => {
    const unanswered = queue.slice(next)
    const words = unanswered[0]?.fault ?? lastWords
    lost ??= words === null ? cause : new ConnectionLost(`${cause.message}: ${words.message}`)
    queue = []
    next = 0
    for (const pending of unanswered) pending.reject(lost)
  }

  connection.on('rowDescription', (m) => {
    const head = queue[next]
    if (!head) return
    const fields = m.fields as readonly { readonly name: string; readonly dataTypeID: number }[]
    head.columns = fields.map((f) => f.name)
    head.types = fields.map((f) => f.dataTypeID)
  })
  connection.on('dataRow', (m) => {
    queue[next]?.rows.push(m.fields as readonly (string | null)[])
  })
  connection.on('commandComplete', (m) => {
    const head = queue[next]
    if (!head) return
    head.commands.push({ tag: m.text ?? '', columns: head.columns, types: head.types, rows: head.rows })
    head.columns = []
    head.types = []
    head.rows = []
  })
  connection.on('errorMessage', (m) => {
    const fault = toFault(m)
    const head = queue[next]
    if (fault.sqlstate === '57014') cancelled += 1
    if (head) head.fault = fault
    // Said while nothing was asked: why the connection ends (57P01, an administrator's command).
    else lastWords = fault
  })
  connection.on('copyInResponse', () => {
    const head = queue[next]
    if (!head?.copyData) return connection.sendCopyFail('there is no data for COPY FROM STDIN here')
    sendParts(connection, head.copyData[Symbol.iterator](), () => lost !== null || head.fault !== null)
  })
  connection.on('readyForQuery', () => {
    const head = queue[next]
    if (!head) return
    next += 1
    if (next === queue.length) {
      queue = []
      next = 0
    }
    head.resolve({ commands: head.commands, fault: head.fault })
  })

  const send = (text: string, copyData: Iterable<string> | null): Promise<Reply> =>
    new Promise((resolve, reject) => {
      if (lost) return reject(lost)
      queue.push({ commands: [], columns: [], types: [], rows: [], fault: null, copyData, resolve, reject })
      connection.query(text)
    })

  return {
    lose,
    isBusy: () => next < queue.length,
    cancelled: () => cancelled,
    send: (text, copyData) => send(text, copyData ?? null),
    sendTogether(texts) {
      connection.stream.cork()
      const replies = texts.map((text) => send(text, null))
      connection.stream.uncork()
      return Promise.all(replies)
    },
  }
}

/** Connects. Rejects with the error of the network or of PostgreSQL itself (ECONNREFUSED, 28P01, 3D000 …). */
export const openSession = async (address: Address): Promise<Session> => {
  const { connection, pid, onLost, close } = await openConnection(address)
  const wire = takeOver(connection)
  onLost((message) => wire.lose(new ConnectionLost(message)))

  const run = async (sql: string, copyData?: Iterable<string>): Promise<readonly Command[]> => {
    const reply = await wire.send(sql, copyData)
    if (reply.fault) throw new PgError(reply.fault, sql)
    return reply.commands
  }
  return {
    address,
    pid,
    cancelled: () => wire.cancelled(),
    query: (sql) => run(sql),
    async json<T>(select: string) {
      const commands = await run(
        `select coalesce(json_agg(to_json(rows_)), '[]'::json)::text from (${select}\n) rows_`,
      )
      return JSON.parse(commands.at(-1)?.rows[0]?.[0] ?? '[]') as T[]
    },
    async batch(texts) {
      const replies: Reply[] = []
      let together: string[] = []
      for (const text of texts) {
        if (!mayCopyFromStdin(text)) {
          together.push(text)
          continue
        }
        replies.push(...(await wire.sendTogether(together)), await wire.send(text))
        together = []
      }
      const last = await wire.sendTogether(together)
      return replies.length === 0 ? last : [...replies, ...last]
    },
    async copyIn(copy, data) {
      await run(copy, typeof data === 'string' ? [data] : data)
    },
    end: () => close(wire.isBusy()),
  }
}
