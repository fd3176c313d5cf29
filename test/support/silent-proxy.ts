/** A way to a server that may die without a word: connections stay, and nothing comes through any more. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { parseConnectionUrl } from '../../src/postgres/connection-url.ts'

export interface SilentProxy {
  /** The same database by this way. */
  readonly url: string
  /** From now on nothing passes on the first connection, or on none and on no new one either. */
  silence(which: 'first' | 'all'): void
  stop(): Promise<void>
}

export const startSilentProxy = async (url: string): Promise<SilentProxy> => {
  const address = parseConnectionUrl(url)
  const pairs: (readonly [Socket, Socket])[] = []
  let isSilent = false
  const mute = ([left, right]: readonly [Socket, Socket]): void => {
    left.unpipe(right)
    right.unpipe(left)
    left.resume()
    right.resume()
  }
  const proxy = createServer((left) => {
    const right = address.host.startsWith('/')
      ? connect(`${address.host}/.s.PGSQL.${address.port}`)
      : connect(address.port, address.host)
    const pair = [left, right] as const
    for (const socket of pair) socket.on('error', () => undefined)
    // Not at its end either: whoever goes is not noticed.
    left.pipe(right, { end: false })
    right.pipe(left, { end: false })
    pairs.push(pair)
    if (isSilent) mute(pair)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  const to = new URL(`postgres://127.0.0.1:${port}/${encodeURIComponent(address.database)}?sslmode=disable`)
  to.username = encodeURIComponent(address.user)
  to.password = encodeURIComponent(address.password ?? '')
  return {
    url: to.href,
    silence(which) {
      if (which === 'all') isSilent = true
      for (const pair of which === 'all' ? pairs : pairs.slice(0, 1)) mute(pair)
    },
    stop: () =>
      new Promise((resolve) => {
        for (const pair of pairs) for (const socket of pair) socket.destroy()
        proxy.close(() => resolve())
      }),
  }
}
