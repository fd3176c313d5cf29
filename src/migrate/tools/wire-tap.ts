/** Stands between the clients of another tool and a server, passes everything on, and writes down what was carried out. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Address } from '../../postgres/address.ts'
import { literal } from '../../postgres/quote.ts'
import type { SentStatement } from './sent-statement.ts'
import { listenTo, type Recording } from './wire-listener.ts'
import { makeCutter, readBody, type WireMessage } from './wire-messages.ts'

export interface WireTap {
  readonly port: number
  /** What was carried out and not rolled back, in the order of the answers, since this was asked last. */
  take(): readonly SentStatement[]
  stop(): Promise<void>
}

/** Instead of a version, in the first message of a client. */
const cancelRequest = 80_877_102
const encryptionRequests: ReadonlySet<number> = new Set([80_877_103, 80_877_104])

/** What a client says of itself and its texts, and not of the session. */
const ofClient = /^(?:user|database|replication|application_name|client_encoding|_pq_\..*)$/u

/** Settings that a client asks for as it connects, as statements. */
const settingsIn = ({ body }: WireMessage): readonly string[] => {
  const reader = readBody(body)
  reader.int32()
  const settings: string[] = []
  for (let name = reader.text(); name !== ''; name = reader.text()) {
    const value = reader.text()
    if (name === 'options')
      for (const { groups } of value.matchAll(/(?:-c\s*|--)(?<name>[\w.]+)=(?<value>(?:\\.|\S)*)/gu))
        settings.push(setting(groups?.['name'] ?? '', (groups?.['value'] ?? '').replaceAll(/\\(.)/gu, '$1')))
    else if (!ofClient.test(name)) settings.push(setting(name, value))
  }
  return settings
}

const setting = (name: string, value: string): string =>
  `select pg_catalog.set_config(${literal(name)}, ${literal(value)}, false)`

const serverOf = ({ host, port }: Address): Socket =>
  host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)

/** Nothing is encrypted on the way: clients are told that the server cannot. */
const passOn = (client: Socket, server: Socket, recording: Recording, session: number): void => {
  const listener = listenTo(recording, session)
  let isIn = false
  const cutClient = makeCutter(() => isIn)
  const cutServer = makeCutter(() => true)
  const begin = (message: WireMessage): void => {
    const version = message.body.readInt32BE(0)
    if (encryptionRequests.has(version)) {
      client.write('N')
      return
    }
    const head = Buffer.alloc(4)
    head.writeUInt32BE(message.body.length + 4)
    server.write(Buffer.concat([head, message.body]))
    isIn = version !== cancelRequest
    if (!isIn) return
    for (const text of settingsIn(message))
      recording.statements.push({ session, text, says: [], copyData: null, transaction: null, unread: null })
  }
  client.on('data', (piece: Buffer) => {
    let rest: Buffer = piece
    // One by one until letters begin.
    while (!isIn) {
      const [first] = cutClient.push(rest)
      rest = Buffer.alloc(0)
      if (first === undefined) return
      begin(first)
    }
    const messages = cutClient.push(rest)
    for (const message of messages) {
      listener.fromClient(message)
      server.write(framed(message))
    }
  })
  server.on('data', (piece: Buffer) => {
    for (const message of cutServer.push(piece)) listener.fromServer(message)
    client.write(piece)
  })
}

const framed = ({ type, body }: WireMessage): Buffer => {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** Call `loadParser` before. */
export const startTap = async (address: Address): Promise<WireTap> => {
  const recording: Recording = { statements: [], rolledBack: new Set(), transactions: 0 }
  const sockets = new Set<Socket>()
  let sessions = 0
  const listener = createServer((client) => {
    const server = serverOf(address)
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one)
      // Whoever goes takes the other side along.
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.end()
      })
    }
    sessions += 1
    passOn(client, server, recording, sessions)
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (listener.address() as AddressInfo).port,
    take: () =>
      recording.statements
        .splice(0)
        .filter(({ transaction }) => transaction === null || !recording.rolledBack.has(transaction)),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        listener.close(() => resolve())
      }),
  }
}
