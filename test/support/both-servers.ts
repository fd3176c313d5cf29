/** Servers on both sides of what PostgreSQL 18 brought: the embedded one, and Debian's 15 where it is installed. */
import type { Server } from '../../src/postgres/server.ts'
import { startServer } from '../../src/postgres/start.ts'
import { startPostgres15, whyNoPostgres15 } from './postgres15.ts'

export interface ServerOf {
  readonly major: 18 | 15
  /** Empty when it can be tested. */
  readonly whyNot: string
  readonly start: () => Promise<{ readonly server: Server; readonly stop: () => Promise<void> }>
}

export const bothServers: readonly ServerOf[] = [
  {
    major: 18,
    whyNot: '',
    start: async () => {
      const server = await startServer({})
      return { server, stop: () => server.stop() }
    },
  },
  {
    major: 15,
    whyNot: whyNoPostgres15,
    start: async () => {
      const debian = await startPostgres15()
      const server = await startServer({ url: debian.url })
      return {
        server,
        stop: async () => {
          await server.stop()
          await debian.stop()
        },
      }
    },
  },
]
