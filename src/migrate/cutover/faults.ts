/** What stops a cutover, said with the mend. */
import { AssayError } from '../../ground/errors.ts'
import { stepCommand } from './names.ts'
import { placeOf, type Side } from './side.ts'

export const locked = (side: Side): AssayError =>
  new AssayError('Another run works on this cutover.', {
    code: 'cutover.locked',
    exit: 4,
    found: `its advisory lock is held in ${placeOf(side)}`,
    why: 'two runs would close and open the same doors',
    mend: `Wait for it to end. Look on meanwhile:\n${stepCommand('status')}`,
    next: [stepCommand('status')],
  })

export const notBegun = (): AssayError =>
  new AssayError('No cutover was begun between these two databases.', {
    code: 'cutover.not-begun',
    exit: 2,
    found: 'no schema assay_cutover in either of them',
    mend: `See what it would do, then begin it:\n${stepCommand('plan')}\n${stepCommand('copy')}`,
    next: [stepCommand('plan')],
  })

export const notOfOne = (from: string, to: string): AssayError =>
  new AssayError('The two databases do not belong to one cutover.', {
    code: 'cutover.another',
    exit: 4,
    found: `--from: ${from}; --to: ${to}`,
    why: 'what is noted in one says nothing about the other',
    mend: `Name the two databases that the cutover was begun with, in the same order.\nOr take away what is left of another one:\n${stepCommand('abort')}`,
  })

export const notFollowing = (active: Side, found: string): AssayError =>
  new AssayError('The other side does not have everything yet.', {
    code: 'cutover.not-following',
    exit: 4,
    asked: `a copy that follows ${placeOf(active)}`,
    found,
    why: 'a switch waits for the rest while nobody can write',
    mend: `Let the copy come to its end:\n${stepCommand('copy')}`,
    next: [stepCommand('copy')],
  })

export const stalled = (standby: Side, seconds: number, errors: string): AssayError =>
  new AssayError(`${placeOf(standby)} applies nothing any more.`, {
    code: 'cutover.stalled',
    exit: 3,
    asked: 'the changes of the other side, one after the other',
    found: `no progress for ${seconds} s${errors === '' ? '' : `; ${errors}`}`,
    why: 'what cannot be applied is tried again for ever, and the other server keeps its WAL until it is',
    mend: `Read the log of that server: the fault stands there with the table that it is about. Then mend that row or right, and run the same command again; or give the cutover up:\n${stepCommand('abort')}`,
    next: [stepCommand('status')],
  })

export const pauseTooLong = (seconds: number, waitedFor: string, reopened: boolean): AssayError =>
  new AssayError(`The pause would have been longer than ${seconds} s.`, {
    code: 'cutover.pause-too-long',
    exit: 1,
    asked: `a switch within --max-pause ${seconds}`,
    found: `it still waited for ${waitedFor}`,
    why: reopened
      ? 'it was given up, and the database that was in use is open again: nothing is lost'
      : 'it was given up, and could not be undone',
    mend: reopened
      ? 'Try it again at a quieter moment, or allow more: --max-pause 30'
      : `Open it again:\n${stepCommand('abort')}`,
    next: reopened ? [] : [stepCommand('abort')],
  })

export const interrupted = (): AssayError =>
  new AssayError('The switch was interrupted and undone.', {
    code: 'cutover.interrupted',
    exit: 1,
    found: 'a signal to end',
    why: 'the database that was in use is open again: nothing is lost',
    mend: 'Run the same command again.',
  })

export const notEmptied = (side: Side, sessions: string): AssayError =>
  new AssayError(`Sessions of ${placeOf(side)} cannot be ended.`, {
    code: 'cutover.sessions-stay',
    exit: 4,
    asked: 'that nobody writes there any more',
    found: sessions,
    why: 'only a superuser ends the sessions of superusers',
    mend: 'End them by hand, or give --from and --to as superusers (or with the role pg_signal_backend).',
  })

export const stillClosed = (side: Side, cause: unknown): AssayError =>
  new AssayError(`${placeOf(side)} could not be opened again.`, {
    code: 'cutover.still-closed',
    exit: 3,
    asked: 'that the database that was in use takes writes again',
    found: cause instanceof Error ? cause.message : String(cause),
    why: 'nobody can write now',
    mend: `As soon as the server answers, the same command again to go on with the switch, or:\n${stepCommand('abort')}`,
    next: [stepCommand('abort')],
    cause,
  })
