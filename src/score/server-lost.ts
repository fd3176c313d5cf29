/** The server goes away under a suite: it crashed, or somebody stopped it. What the suite says then is no verdict. */
import { AssayError } from '../ground/errors.ts'
import type { Mutant } from '../catalog/structure.ts'
import { ConnectionLost, PgError } from '../postgres/fault.ts'
import type { Remembered } from './journal.ts'

/** Shut down, crashed, or starting again. */
const isGoing = /^57P0[1-5]$/u

export const isServerLost = (cause: unknown): cause is Error =>
  cause instanceof ConnectionLost || (cause instanceof PgError && isGoing.test(cause.fault.sqlstate))

/** Kept, so that the next run gets past a mutant that takes the server down each time. */
export const lostJudgement: Remembered = {
  verdict: 'unsolved',
  why: 'the server went away while the suite ran on it',
}

export const lostServer = (mutant: Mutant, cause: Error): AssayError =>
  new AssayError('The PostgreSQL server went away while the suite ran.', {
    code: 'score.server-lost',
    exit: 3,
    asked: mutant.id,
    found: cause.message,
    why: 'a suite that fails because its server is gone has noticed nothing',
    mend: 'Run the command again: what is known is kept, and what ran just now is taken for unsolved; --restart asks it again. When it goes away each time, the server has too little memory, its disk is full, or the suite stops it.',
    cause,
  })
