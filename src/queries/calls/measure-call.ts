/**
 * Times of a declared call on a clone that is thrown away, warm, by one writer or by many at once: what it inserts is
 * taken out once before, and every run is taken back.
 */
import type { PgFault } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { openCall } from '../../prove/call-statement.ts'
import { endOfFunction } from '../../prove/end-of-function.ts'
import { isFault, readValues, type CallValuesRead } from '../../prove/run-call.ts'
import { openWriters } from '../../prove/run-crowd.ts'
import type { Call } from '../../rules/experiment.ts'
import { calibrate, timesOf, type Times } from '../times.ts'
import { becoming } from '../../rules/becoming.ts'

const warmUps = 2
const runs = 30
/** A slow call is run fewer times, but never once alone. */
const fewestRuns = 3
const patience = 3_000

/** What has a chance when the call begins again. */
const mayRepeat = /^(?:40001|40P01)$/u

export interface CallTimes extends Times {
  /** Refusals of runs that were given up, by SQLSTATE: these have no time. */
  readonly refused: Readonly<Record<string, number>>
}

interface Ran {
  readonly milliseconds: number
  /** Null: it was accepted. */
  readonly fault: PgFault | null
}

/** Null: it was accepted. */
const attempt = async (
  session: Session,
  call: Call,
  values: CallValuesRead['values'],
): Promise<PgFault | null> => {
  const open = openCall(session, { explains: false })
  const thrown = await endOfFunction('call', () => call.run(open.send, values))
  await open.close()
  const fault = open.fault() ?? thrown
  if (fault) return fault
  // What waits for the end of the transaction is part of what a call takes.
  const [ended] = await session.batch(['set constraints all immediate'])
  return ended!.fault
}

const runOnce = async (session: Session, call: Call, { values, tenant }: CallValuesRead): Promise<Ran> => {
  const asker = call.as?.(tenant)
  const begin = [`begin isolation level ${call.isolation}`, ...(asker ? becoming(asker) : [])].join(';\n')
  await session.query(begin)
  const from = performance.now()
  for (let tried = 0; ; tried += 1) {
    const fault = await attempt(session, call, values)
    const milliseconds = performance.now() - from
    await session.batch(['rollback', 'deallocate all'])
    const isOver = fault === null || !mayRepeat.test(fault.sqlstate) || tried >= call.retries
    if (isOver) return { milliseconds, fault }
    await session.query(begin)
  }
}

/** One row of values for each writer; what is to be inserted is gone for good. */
const prepare = async (db: Session, call: Call): Promise<readonly CallValuesRead[] | PgFault> => {
  await db.query('begin')
  const all = await readValues(db, call)
  if (isFault(all)) {
    await db.batch(['rollback'])
    return all
  }
  const [taken] = await db.batch([[...call.takeOut, 'commit'].join(';\n')])
  if (taken!.fault === null) return all
  await db.batch(['rollback'])
  return taken!.fault
}

/** `open` opens a prover session on the clone. A fault: why it could not be measured. */
export const measureCall = async (open: () => Promise<Session>, call: Call): Promise<CallTimes | PgFault> => {
  const sessions: Session[] = []
  const opened = async (): Promise<Session> => {
    const session = await open()
    sessions.push(session)
    await session.query(
      `set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`,
    )
    return session
  }
  try {
    const first = await opened()
    const all = await prepare(first, call)
    if (isFault(all)) return all
    const writers = await openWriters(call.writers, opened)
    if (isFault(writers)) return writers
    const round = (): Promise<readonly Ran[]> =>
      Promise.all(writers.map((writer, i) => runOnce(writer, call, all[i]!)))
    for (let n = 0; n < warmUps; n += 1) {
      const refused = (await round()).find(({ fault }) => fault !== null && !mayRepeat.test(fault.sqlstate))
      if (refused) return refused.fault!
    }
    const own: number[] = []
    const calibration: number[] = []
    const refused: Record<string, number> = {}
    const from = performance.now()
    for (let n = 0; n < runs && (n < fewestRuns || performance.now() - from < patience); n += 1) {
      calibration.push(await calibrate(first))
      for (const { milliseconds, fault } of await round())
        if (fault === null) own.push(milliseconds)
        else refused[fault.sqlstate] = (refused[fault.sqlstate] ?? 0) + 1
    }
    return { ...timesOf(own, calibration), refused }
  } finally {
    await Promise.all(sessions.map((session) => session.end()))
  }
}
