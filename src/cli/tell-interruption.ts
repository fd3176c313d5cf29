/** Whoever ends a command half-way reads that there is no result, also where no progress line is drawn. */
import { atShutdown } from '../postgres/shutdown.ts'
import type { Output } from './output.ts'

/** Says so when a signal ends the process; the answer takes it back. */
export const tellInterruption = (output: Output): (() => void) =>
  atShutdown({
    now: () => undefined,
    gracefully: () => {
      output.settle()
      output.fault('Interrupted before there was a result.')
      return Promise.resolve()
    },
  })
