/**
 * Listens to one connection between a client and PostgreSQL, and tells each statement that the server carried out, in
 * the simple and the extended protocol, with the transaction that it stood in.
 */
import { readScript } from '../../postgres/script.ts'
import { saidIn, withValues, type SentStatement, type SentValue } from './sent-statement.ts'
import { listOf, readBody, type WireMessage } from './wire-messages.ts'

export interface Recording {
  readonly statements: SentStatement[]
  /** Numbers of transactions that left nothing. */
  readonly rolledBack: Set<number>
  /** Counted over all connections. */
  transactions: number
}

/** What a client asked for and the server has not answered yet. */
type Pending =
  | {
      readonly kind: 'simple'
      readonly text: string
      readonly tags: string[]
      isRefused: boolean
      copied: Buffer[]
    }
  | {
      readonly kind: 'execute'
      readonly text: string
      readonly values: readonly SentValue[]
      copied: Buffer[]
    }
  | { readonly kind: 'sync' }

interface Prepared {
  readonly text: string
  types: readonly number[]
}

interface Portal {
  readonly text: string
  readonly values: readonly SentValue[]
}

export interface WireListener {
  fromClient(message: WireMessage): void
  fromServer(message: WireMessage): void
}

const begins = /^(?:BEGIN|START TRANSACTION)$/u
const toSavepoint = /^rollback\s+(?:(?:work|transaction)\s+)?to\s+(?:savepoint\s+)?(?<name>[^\s;]+)/iu
const savepoint = /^savepoint\s+(?<name>[^\s;]+)/iu

interface CarriedOut {
  readonly text: string
  readonly says: readonly string[]
  /** As PostgreSQL names what was done. */
  readonly tag: string
  readonly unread: string | null
  readonly copied: readonly Buffer[]
}

/** The statements of one message, each with what the comments above it say. */
const partsOf = (message: string): readonly Pick<CarriedOut, 'text' | 'says'>[] => {
  const steps = readScript(message).filter(({ kind }) => kind !== 'meta')
  return steps.map(({ text, start }, index) => {
    const before = steps[index - 1]
    const from = before === undefined ? 0 : before.start + before.text.length
    return { text, says: saidIn(message.slice(from, start)) }
  })
}

/** Rows of a COPY, without the mark that some clients send at their end. */
const rowsOf = (copied: readonly Buffer[]): string =>
  Buffer.concat(copied)
    .toString('utf8')
    .replace(/\\\.\r?\n?$/u, '')

export const listenTo = (recording: Recording, session: number): WireListener => {
  const prepared = new Map<string, Prepared>()
  const portals = new Map<string, Portal>()
  const waiting: Pending[] = []
  const described: string[] = []
  let transaction: number | null = null
  let savepoints: { readonly name: string; readonly statements: number }[] = []
  let isCopyBinary = false

  const newTransaction = (): number => {
    recording.transactions += 1
    return recording.transactions
  }
  /** What stands behind a savepoint of this session left nothing. */
  const takeBack = (name: string): void => {
    const at = savepoints.findLastIndex((one) => one.name === name)
    if (at < 0) return
    savepoints = savepoints.slice(0, at + 1)
    const behind = recording.statements.splice(savepoints[at]?.statements ?? 0)
    recording.statements.push(...behind.filter((sent) => sent.session !== session))
  }

  /** What is sent belongs to the transaction that is open, or to `within`. */
  const tell = (carriedOut: CarriedOut, within: number | null): void => {
    const { text, tag, says, unread, copied } = carriedOut
    const back = tag === 'ROLLBACK' ? toSavepoint.exec(text)?.groups?.['name'] : undefined
    const isEnd = (tag === 'COMMIT' || tag === 'ROLLBACK') && back === undefined
    if (isEnd) savepoints = []
    if (begins.test(tag)) transaction ??= newTransaction()
    else if (back !== undefined) takeBack(back)
    else if (tag === 'SAVEPOINT') {
      const name = savepoint.exec(text)?.groups?.['name'] ?? ''
      savepoints.push({ name, statements: recording.statements.length })
    } else if (tag === 'RELEASE') return
    else if (isEnd) {
      if (tag === 'ROLLBACK' && transaction !== null) recording.rolledBack.add(transaction)
      // AND CHAIN begins the next one at once.
      transaction = /\band\s+chain\b/iu.test(text) ? newTransaction() : null
    } else
      recording.statements.push({
        session,
        text,
        says,
        copyData: copied.length === 0 ? null : rowsOf(copied),
        transaction: transaction ?? within,
        unread: isCopyBinary && copied.length > 0 ? 'rows of a COPY in binary form' : unread,
      })
  }

  const endSimple = ({ text, tags, isRefused, copied }: Pending & { kind: 'simple' }): void => {
    const parts = partsOf(text)
    // Several statements of one message stand or fall together where nothing else begins a transaction.
    const within = parts.length > 1 && transaction === null ? newTransaction() : null
    if (within !== null && isRefused) recording.rolledBack.add(within)
    for (const [index, tag] of tags.entries()) {
      const part = parts[index]
      if (part !== undefined)
        tell({ ...part, tag, unread: null, copied: tag.startsWith('COPY') ? copied : [] }, within)
    }
  }

  const complete = (tag: string): void => {
    const [head] = waiting
    if (head?.kind === 'simple') head.tags.push(tag)
    if (head?.kind !== 'execute') return
    waiting.shift()
    const { text, unread } = withValues(head.text, head.values)
    const [part] = partsOf(text)
    if (part !== undefined) tell({ ...part, tag, unread, copied: head.copied }, null)
  }

  const refuse = (): void => {
    const [head] = waiting
    if (head?.kind === 'simple') head.isRefused = true
    // Everything up to the next Sync is passed over.
    else while (waiting.length > 0 && waiting[0]?.kind !== 'sync') waiting.shift()
    described.length = 0
  }

  const ready = (status: string): void => {
    const head = waiting.shift()
    if (head?.kind === 'simple') endSimple(head)
    if (status === 'I' && transaction !== null) {
      recording.rolledBack.add(transaction)
      transaction = null
    }
    if (status === 'T') transaction ??= newTransaction()
  }

  const bind = (body: Buffer): void => {
    const reader = readBody(body)
    const name = reader.text()
    const statement = prepared.get(reader.text())
    const formats = listOf(reader, () => reader.int16())
    const values = listOf(reader, () => reader.value()).map((bytes, index): SentValue => ({
      isBinary: (formats.length === 1 ? formats[0] : formats[index]) === 1,
      bytes: bytes === null ? null : Buffer.from(bytes),
      type: statement?.types[index] ?? 0,
    }))
    portals.set(name, { text: statement?.text ?? '', values })
  }

  return {
    fromClient: ({ type, body }) => {
      const reader = readBody(body)
      const last = waiting.findLast(({ kind }) => kind !== 'sync')
      if (type === 'Q')
        waiting.push({ kind: 'simple', text: reader.text(), tags: [], isRefused: false, copied: [] })
      else if (type === 'P') {
        const name = reader.text()
        prepared.set(name, { text: reader.text(), types: listOf(reader, () => reader.int32()) })
      } else if (type === 'B') bind(body)
      else if (type === 'D' && body[0] === 0x53) described.push(body.toString('utf8', 1, body.length - 1))
      else if (type === 'E') {
        const portal = portals.get(reader.text())
        waiting.push({ kind: 'execute', text: portal?.text ?? '', values: portal?.values ?? [], copied: [] })
      } else if (type === 'd' && last !== undefined && last.kind !== 'sync')
        last.copied.push(Buffer.from(body))
      else if (type === 'S' || type === 'F') waiting.push({ kind: 'sync' })
    },
    fromServer: ({ type, body }) => {
      if (type === 'C') complete(readBody(body).text())
      else if (type === 'I' || type === 's') complete('')
      else if (type === 'E') refuse()
      else if (type === 'Z') ready(body.toString('latin1', 0, 1))
      else if (type === 'G') isCopyBinary = body[0] === 1
      else if (type === 't') {
        const statement = prepared.get(described.shift() ?? '')
        const reader = readBody(body)
        if (statement !== undefined) statement.types = listOf(reader, () => reader.int32())
      }
    },
  }
}
