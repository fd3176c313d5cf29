/** Stands between a client and a real PostgreSQL: as a transaction pooler does, or changing what the server says. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface WireProxy {
  readonly port: number
  stop(): Promise<void>
}

const listen = async (server: Server, sockets: Set<Socket>): Promise<WireProxy> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Passes everything on, with one text in the server's answers replaced by another of the same length. */
export const startRewriter = (port: number, from: string, to: string): Promise<WireProxy> => {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const backend = connect(port, 'localhost')
    for (const socket of [client, backend]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    client.pipe(backend)
    backend.on('data', (chunk) =>
      client.write(Buffer.from(chunk.toString('latin1').replaceAll(from, to), 'latin1')),
    )
    backend.on('close', () => client.destroy())
  })
  return listen(server, sockets)
}

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** What a pooler says itself when a client comes: welcome, an invented process id, ready. */
const greeting = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('K', Buffer.from([0, 0x7f, 0, 1, 0, 0, 0, 2])),
  message('Z', Buffer.from('I')),
])

const startup = (user: string): Buffer => {
  const body = Buffer.from(`\0\0\0\0\0\x03\0\0user\0${user}\0database\0postgres\0\0`, 'latin1')
  body.writeInt32BE(body.length, 0)
  return body
}

/** All clients share one session of a user who needs no password; each answer goes to who asked last. */
export const startTransactionPooler = async (port: number, user: string): Promise<WireProxy> => {
  const sockets = new Set<Socket>()
  const backend = connect(port, '127.0.0.1')
  sockets.add(backend)
  backend.on('error', () => undefined)
  await new Promise<void>((resolve) => backend.once('connect', resolve))
  backend.write(startup(user))
  await new Promise<void>((resolve) => {
    const wait = (chunk: Buffer): void => {
      if (!chunk.toString('latin1').endsWith('Z\0\0\0\x05I')) return
      backend.off('data', wait)
      resolve()
    }
    backend.on('data', wait)
  })
  let asking: Socket | undefined
  backend.on('data', (chunk) => asking?.write(chunk))
  const server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => undefined)
    let isIn = false
    client.on('data', (chunk) => {
      if (!isIn) {
        isIn = chunk.readInt32BE(4) === 0x3_00_00
        // An SSLRequest comes first: there is none.
        return client.write(isIn ? greeting : 'N')
      }
      if (chunk[0] === 'X'.charCodeAt(0)) return client.end()
      asking = client
      return backend.write(chunk)
    })
  })
  return listen(server, sockets)
}
