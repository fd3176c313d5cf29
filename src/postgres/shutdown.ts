/**
 * What must not outlive this process: servers, directories, children. Everything registered here is put away when
 * the process exits, fails or is told to end by SIGINT, SIGTERM or SIGHUP; only `kill -9` leaves it to the next sweep.
 */

/** How to put one thing away. */
export interface Cleanup {
  /** Synchronous, quick, and never throws: it runs while the process exits. */
  now(): void
  /** For what needs a conversation (dropping databases of a remote server); tried first when there is time. */
  gracefully?(): Promise<void>
}

const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
type EndSignal = keyof typeof signals

/** A second Ctrl-C, or this many milliseconds, ends the wait for graceful cleanups. */
const graceMs = 8000

const registered = new Set<Cleanup>()
let ending: EndSignal | null = null

const cleanNow = (): void => {
  for (const cleanup of [...registered].reverse()) {
    registered.delete(cleanup)
    cleanup.now()
  }
}

const cleanGracefully = async (): Promise<void> => {
  const graceful = [...registered].reverse().map((cleanup) => cleanup.gracefully?.() ?? Promise.resolve())
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)))
  await Promise.race([Promise.allSettled(graceful), late])
  clearTimeout(timer)
}

const die = (signal: EndSignal): void => {
  cleanNow()
  unlisten()
  // Someone else listens too and decides how the process ends.
  if (process.listenerCount(signal) > 0) return
  process.exitCode = 128 + signals[signal]
  // Dying of the signal itself is what shells and npm understand: they report 130 or 143.
  process.kill(process.pid, signal)
  // Only process 1 of a container gets here: the kernel spares it from its own signals.
  process.exit()
}

const onSignal = (signal: EndSignal): void => {
  if (ending !== null) return die(signal)
  ending = signal
  if ([...registered].every((cleanup) => cleanup.gracefully === undefined)) return die(signal)
  void cleanGracefully().then(() => die(signal))
}

const listen = (): void => {
  process.on('exit', cleanNow)
  for (const signal of Object.keys(signals) as EndSignal[]) process.on(signal, onSignal)
}

const unlisten = (): void => {
  process.off('exit', cleanNow)
  for (const signal of Object.keys(signals) as EndSignal[]) process.off(signal, onSignal)
}

/** Registers a cleanup; the answer takes it back (call it when the thing has been put away in the normal way). */
export const atShutdown = (cleanup: Cleanup): (() => void) => {
  if (registered.size === 0) listen()
  registered.add(cleanup)
  return () => {
    if (!registered.delete(cleanup)) return
    if (registered.size === 0 && ending === null) unlisten()
  }
}
