/** Where a run's PostgreSQL comes from: the embedded one, or the server that --url names. */
import { startEmbedded } from './embedded/embedded.ts'
import { startRemote } from './remote/remote.ts'
import type { Server } from './server.ts'

export interface StartOptions {
  /** A server of the user's; absent: the embedded one. */
  readonly url?: string
  /** The embedded server shall listen on 127.0.0.1 too, for tools that cannot use a Unix socket. */
  readonly tcp?: boolean
  /** The embedded server will hold more than memory should (a dump with its rows): its files lie on disk. */
  readonly isLarge?: boolean
  readonly onProgress?: (text: string) => void
}

/** Starts or enters a server. Its `stop` must be called; signals and the end of the process are taken care of. */
export const startServer = async (options: StartOptions = {}): Promise<Server> => {
  const { url, tcp = false, isLarge = false, onProgress } = options
  onProgress?.(url === undefined ? 'starting the local PostgreSQL' : 'connecting to the server of --url')
  return url === undefined ? startEmbedded({ tcp, isLarge }) : startRemote(url)
}
