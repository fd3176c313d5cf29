/**
 * The time in which nobody can write: bounded, and undone when it lasts too long, when a signal comes, or when anything
 * fails, until its last statement.
 */
import { setTimeout as rest } from 'node:timers/promises'
import { AssayError } from '../../ground/errors.ts'
import { atShutdown } from '../../postgres/shutdown.ts'
import { isEqual, readSum, sentTablesSql, withSameText, type SentTable } from './checksum.ts'
import { endSessions, openDoor, refuseGuests } from './doors.ts'
import { interrupted, pauseTooLong, stillClosed } from './faults.ts'
import { makeSlot } from './follow.ts'
import { readJournal } from './journal.ts'
import { waitForMark, writeMark } from './marks.ts'
import type { Moved, MoveWish, Parts } from './move-parts.ts'
import { stepCommand } from './names.ts'
import { carrySequences } from './sequences.ts'
import { placeOf, type Side } from './side.ts'
import { isPaused } from './state.ts'
import { alive, reopen } from './undo.ts'

/** Of the time that is allowed, what may go into comparing once more. */
const compareShare = 0.2
const mostCompareMs = 500
/** What hashing takes at least on a slow machine: a table that would not fit is left out. */
const bytesPerMs = 20_000

class TooLong extends Error {
  readonly waitedFor: string
  constructor(waitedFor: string) {
    super(waitedFor)
    this.waitedFor = waitedFor
  }
}

class Interrupt extends Error {}

interface Clock {
  /** Throws when the pause is over its time or a signal came. */
  check(waitsFor: string): void
  step<T>(name: string, work: () => Promise<T>): Promise<T>
  readonly steps: { readonly step: string; readonly ms: number }[]
  elapsed(): number
}

const startClock = (wish: MoveWish, isInterrupted: () => boolean): Clock => {
  const from = performance.now()
  const steps: { readonly step: string; readonly ms: number }[] = []
  const elapsed = (): number => performance.now() - from
  const check = (waitsFor: string): void => {
    if (isInterrupted()) throw new Interrupt()
    if (elapsed() > wish.maxPauseSeconds * 1000) throw new TooLong(waitsFor)
  }
  return {
    check,
    steps,
    elapsed,
    async step(name, work) {
      wish.onStep(name)
      const begun = performance.now()
      const answer = await work()
      steps.push({ step: name, ms: performance.now() - begun })
      check(`the step behind: ${name}`)
      return answer
    },
  }
}

/** Each statement of the pause ends by itself when the time is over. */
const setLimit = async ({ active, standby }: Parts, milliseconds: number): Promise<void> => {
  const limit = Math.max(1, Math.ceil(milliseconds))
  await Promise.all([active, standby].map(({ db }) => db.query(`set statement_timeout = ${limit}`)))
}

/** Small tables first, as many as fit. Nobody writes on either side. */
const compareAgain = async (
  { active, standby }: Parts,
  tables: readonly SentTable[],
  budgetMs: number,
): Promise<number> => {
  const until = performance.now() + budgetMs
  let compared = 0
  let slowest = 0
  await withSameText(active.db, () =>
    withSameText(standby.db, async () => {
      for (const table of tables) {
        const from = performance.now()
        // The next one is no smaller than the last one.
        if (from + Math.max(slowest, table.bytes / bytesPerMs) > until) return
        const [a, b] = await Promise.all([readSum(active.db, table), readSum(standby.db, table)])
        if (!isEqual(a, b))
          throw new AssayError(`${table.schema}.${table.name} differs.`, {
            code: 'cutover.mismatch',
            exit: 1,
            found: `${a.rows} rows in use, ${b.rows} rows in the copy`,
            why: 'the switch was given up, and the database that was in use is open again',
            mend: `See which rows:\n${stepCommand('verify', '--again')}`,
            next: [stepCommand('verify', '--again')],
          })
        slowest = Math.max(slowest, performance.now() - from)
        compared += 1
      }
    }),
  )
  return compared
}

/** Everything of the pause but its last statement. */
const close = async (
  parts: Parts,
  wish: MoveWish,
  clock: Clock,
): Promise<Pick<Moved, 'sequences' | 'comparedInPause' | 'tables'>> => {
  const { active, standby, activeRow, backSlot, rows } = parts
  await clock.step('closing the door', () => refuseGuests(active, activeRow))
  await setLimit(parts, wish.maxPauseSeconds * 1000 - clock.elapsed())
  await clock.step('ending sessions', () =>
    endSessions(active, { graceMs: wish.graceMs, check: (what) => clock.check(what) }),
  )
  await clock.step('the last changes', async () => {
    const mark = await writeMark(active.db)
    let looked = performance.now()
    await waitForMark(standby, mark, async () => {
      clock.check('the last changes to be applied')
      if (performance.now() - looked < 300) return
      // A server that is gone sends nothing more, and is not waited for until the end.
      await active.db.query('select 1')
      looked = performance.now()
    })
  })
  const sequences = await clock.step('sequences', () => carrySequences(active, standby, wish.sequenceGap))
  const tables = await active.db.json<SentTable>(sentTablesSql)
  const comparedInPause = await clock.step('comparing', () =>
    compareAgain(parts, tables, Math.min(wish.maxPauseSeconds * 1000 * compareShare, mostCompareMs)),
  )
  if (!rows.from.isOneWay) await clock.step('the way back', () => makeSlot(standby, backSlot))
  clock.check('the other side to open')
  return { sequences, comparedInPause, tables: tables.length }
}

const opensMs = 10_000

/** Of the side that was told to open: a lost answer says nothing. null: nobody knows. */
const hasOpened = async ({ standby }: Parts): Promise<boolean | null> => {
  const until = performance.now() + opensMs
  for (;;) {
    try {
      return (await readJournal((await alive(standby)).db))?.isOpen ?? false
    } catch {
      if (performance.now() > until) return null
      await rest(200)
    }
  }
}

const unknownOutcome = (standby: Side): AssayError =>
  new AssayError(`It is not known whether ${placeOf(standby)} has been opened.`, {
    code: 'cutover.unknown',
    exit: 3,
    asked: 'the last statement of the switch',
    found: 'the connection was lost before its answer, and the server cannot be asked',
    why: 'if the other database were opened now, both might take writes: so neither is touched',
    mend: 'As soon as that server answers, run the same command again. If it is gone for good: assay migrate cutover abort --without-target --accept lost-target --from … --to …',
  })

/** Answers when the other side is open. */
export const pause = async (
  parts: Parts,
  wish: MoveWish,
): Promise<Pick<Moved, 'sequences' | 'comparedInPause' | 'tables' | 'pauseMs' | 'steps'>> => {
  const wasPaused = isPaused(parts.rows)
  let isInterrupted = false
  let isOpening = false
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  const forget = atShutdown({
    now: () => undefined,
    gracefully: () => {
      isInterrupted = true
      return ended
    },
  })
  const clock = startClock(wish, () => isInterrupted)
  const answerOf = (done: Pick<Moved, 'sequences' | 'comparedInPause' | 'tables'>) => ({
    ...done,
    pauseMs: wasPaused ? null : clock.elapsed(),
    steps: clock.steps,
  })
  let carried = { sequences: 0, comparedInPause: 0, tables: 0 }
  try {
    carried = await close(parts, wish, clock)
    isOpening = true
    wish.onStep('opening the other side')
    await openDoor(parts.standby, parts.standbyRow, Math.max(parts.rows.from.epoch, parts.rows.to.epoch) + 1)
    return answerOf(carried)
  } catch (cause) {
    const opened = isOpening ? await hasOpened(parts) : false
    if (opened === null) throw unknownOutcome(parts.standby)
    if (opened) return answerOf(carried)
    const reopened = await reopen(parts)
    const { maxPauseSeconds } = wish
    if (cause instanceof TooLong) throw pauseTooLong(maxPauseSeconds, cause.waitedFor, reopened)
    if (cause instanceof Interrupt && reopened) throw interrupted()
    if (clock.elapsed() > maxPauseSeconds * 1000)
      throw pauseTooLong(maxPauseSeconds, cause instanceof Error ? cause.message : 'an answer', reopened)
    throw reopened ? cause : stillClosed(parts.active, cause)
  } finally {
    end()
    forget()
  }
}
