/** Who answers at the port may be no PostgreSQL, or one that goes away in this moment. */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { connectFault } from './connect-fault.ts'
import { parseConnectionUrl } from './connection-url.ts'
import { openSession } from './session.ts'

const told = async (mode: string, answer: (socket: Socket) => void): Promise<string> => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const address = parseConnectionUrl(`postgres://me:s3cret@127.0.0.1:${port}/db?sslmode=${mode}`)
  try {
    return await openSession(address).then(
      () => 'entered',
      (cause: unknown) => {
        const { code, message, found, mend } = connectFault(cause, address)
        expect(`${found} ${mend}`).not.toContain('s3cret')
        return `${code}: ${message}`
      },
    )
  } finally {
    server.close()
  }
}

const cutOff = 'server.cut-off: The connection was ended before anybody was logged in.'
const notAgreed = 'server.tls: The encryption could not be agreed on.'

it.each<readonly [string, string, (socket: Socket) => void, string]>([
  ['goes away', 'disable', (socket) => socket.destroy(), cutOff],
  ['is reset', 'disable', (socket) => socket.resetAndDestroy(), cutOff],
  ['goes away before encryption', 'require', (socket) => socket.destroy(), cutOff],
  ['goes away in the middle of the handshake', 'require', (socket) => socket.end('S'), cutOff],
  [
    'is reset in the middle of the handshake',
    'require',
    (socket) => {
      socket.write('S')
      socket.once('data', () => socket.resetAndDestroy())
    },
    cutOff,
  ],
  [
    'speaks another protocol',
    'require',
    (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    notAgreed,
  ],
  [
    'refuses the handshake',
    'require',
    (socket) => {
      socket.write('S')
      // handshake_failure, as a server with none of our ciphers says it.
      socket.once('data', () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40])))
    },
    notAgreed,
  ],
  [
    'has no encryption',
    'require',
    (socket) => socket.end('N'),
    'server.tls: The server offers no encryption.',
  ],
])('a server that %s (sslmode=%s)', async (_, mode, answer, is) => {
  expect(await told(mode, answer)).toBe(is)
})
