/**
 * Many writers at once, each on a connection of its own, on a clone that is thrown away: what they come to, beside what
 * the same calls come to one after the other. A call of several statements goes on when all the others have sent theirs
 * too, or wait for a lock: what can go wrong between two statements does go wrong.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { ownFault, type PgFault } from '../postgres/fault.ts'
import type { Session } from '../postgres/session.ts'
import type { Call } from '../rules/experiment.ts'
import { openCall } from './call-statement.ts'
import { accepted, type Ended } from './crowd-difference.ts'
import type { Observation } from './result.ts'
import { endOfFunction } from './end-of-function.ts'
import { failedCall, isFault, readValues, type CallValuesRead } from './run-call.ts'
import { becoming } from '../rules/becoming.ts'

/** What has a chance when the call begins again. */
const mayRepeat = /^(?:40001|40P01)$/u

/** Paces the questions to the lock table; decides nothing. */
const pollMilliseconds = 2

interface Gate {
  /** Comes back when nobody is on the way any more. */
  wait(): Promise<void>
  leave(): void
}

interface Lane {
  readonly session: Session
  state: 'going' | 'waiting' | 'gone'
  open: (() => void) | null
}

/**
 * Lets those that wait go on when everybody else waits too, for them or for a lock; and when all wait for locks, whoever
 * holds one for that sake lets go.
 */
const openGates = (
  lanes: readonly Lane[],
  watcher: Session,
  letGo: () => Promise<void>,
): { gate(lane: Lane): Gate; run(): Promise<void> } => {
  const release = (): void => {
    for (const lane of lanes)
      if (lane.state === 'waiting') {
        lane.state = 'going'
        lane.open?.()
        lane.open = null
      }
  }
  const isHeld = async (going: readonly Lane[]): Promise<boolean> => {
    const pids = going.map(({ session }) => session.pid)
    const [answer] = await watcher.query(
      `select pg_catalog.count(distinct pid) = ${pids.length} from pg_catalog.pg_locks where not granted and pid in (${pids.join(', ')})`,
    )
    return answer?.rows[0]?.[0] === 't'
  }
  return {
    gate: (lane) => ({
      wait: () =>
        new Promise((resolve) => {
          lane.state = 'waiting'
          lane.open = resolve
        }),
      leave: () => {
        lane.state = 'gone'
      },
    }),
    async run() {
      let isHolding = true
      for (;;) {
        if (lanes.every(({ state }) => state === 'gone')) return
        const going = lanes.filter(({ state }) => state === 'going')
        if (going.length === 0) release()
        else if ((isHolding || lanes.some(({ state }) => state === 'waiting')) && (await isHeld(going))) {
          // Nobody let go while the question was on its way.
          if (!going.every(({ state }) => state === 'going')) continue
          if (lanes.some(({ state }) => state === 'waiting')) release()
          else {
            isHolding = false
            await letGo()
          }
        }
        await pause(pollMilliseconds)
      }
    },
  }
}

const tallied = (ends: readonly string[]): Ended => {
  const counts = new Map<string, number>()
  for (const end of ends.toSorted()) counts.set(end, (counts.get(end) ?? 0) + 1)
  return Object.fromEntries(counts)
}

/** What became of a call, without what tells one call from another. */
const endOf = (fault: PgFault | null): string =>
  fault === null
    ? accepted
    : `refused with ${fault.sqlstate}${fault.constraint === null ? '' : ` by ${fault.constraint}`}`

/** One call in a transaction that is open already. */
const callOnce = async (
  db: Session,
  call: Call,
  values: readonly (string | null)[],
  before?: () => Promise<void>,
): Promise<PgFault | null> => {
  const open = openCall(db, { explains: false, ...(before ? { before } : {}) })
  const thrown = await endOfFunction('call', () => call.run(open.send, values))
  await open.close()
  return open.fault() ?? thrown
}

const asked = (call: Call, { tenant }: CallValuesRead): readonly string[] => {
  const asker = call.as?.(tenant)
  return asker ? becoming(asker) : []
}

const tallyIn = async (
  db: Session,
  { tally }: Call,
  ends: readonly string[],
): Promise<readonly (string | null)[]> => {
  const [answer] = await db.query(tally)
  return [JSON.stringify(tallied(ends)), ...(answer?.rows[0] ?? [])]
}

/** One after the other, in one transaction that is taken back. */
const inTurn = async (
  db: Session,
  call: Call,
  all: readonly CallValuesRead[],
): Promise<readonly (string | null)[]> => {
  const ends: string[] = []
  await db.query('begin')
  try {
    for (const one of all) {
      await db.query(['savepoint assay_call', ...asked(call, one)].join(';\n'))
      const called = await callOnce(db, call, one.values)
      const [late] = called ? [] : await db.batch(['set constraints all immediate'])
      const fault = called ?? late?.fault ?? null
      ends.push(endOf(fault))
      await db.query(
        fault
          ? 'rollback to savepoint assay_call'
          : 'release savepoint assay_call; set constraints all deferred',
      )
      await db.batch(['set local role none', 'deallocate all'])
    }
    return await tallyIn(db, call, ends)
  } finally {
    await db.batch(['rollback', 'deallocate all'])
  }
}

/** A call that is begun again as often as the rule says; it commits. */
const callUntilDone = async (lane: Lane, gate: Gate, call: Call, one: CallValuesRead): Promise<string> => {
  const { session } = lane
  const begin = [`begin isolation level ${call.isolation}`, ...asked(call, one)].join(';\n')
  try {
    for (let tried = 0; ; tried++) {
      const [begun] = await session.batch([begin])
      if (begun!.fault) return endOf(begun!.fault)
      if (tried === 0) await gate.wait()
      const called = await callOnce(session, call, one.values, () =>
        // Who begins again does not hold up the others.
        tried === 0 ? gate.wait() : Promise.resolve(),
      )
      const [ended] = await session.batch([called ? 'rollback' : 'commit', 'deallocate all'])
      const fault = called ?? ended!.fault
      if (fault === null || !mayRepeat.test(fault.sqlstate) || tried >= call.retries) return endOf(fault)
    }
  } finally {
    gate.leave()
  }
}

const atOnce = async (
  sessions: readonly Session[],
  [watcher, holder]: readonly [Session, Session],
  call: Call,
  all: readonly CallValuesRead[],
): Promise<readonly (string | null)[] | PgFault> => {
  const lanes = sessions.map((session): Lane => ({ session, state: 'going', open: null }))
  const [held] = await holder.batch([['begin', ...(call.holds === null ? [] : [call.holds])].join(';\n')])
  if (held!.fault) return held!.fault
  const letGo = async (): Promise<void> => {
    await holder.batch(['rollback'])
  }
  const gates = openGates(lanes, watcher, letGo)
  const [ends] = await Promise.all([
    Promise.all(lanes.map((lane, i) => callUntilDone(lane, gates.gate(lane), call, all[i]!))),
    gates.run(),
  ])
  await letGo()
  return tallyIn(watcher, call, ends)
}

/** A server that has no room for all of them is no fault of the call's. */
export const openWriters = async (
  wanted: number,
  open: () => Promise<Session>,
): Promise<readonly Session[] | PgFault> => {
  const opened = await Promise.allSettled(Array.from({ length: wanted }, open))
  const refused = opened.find((one) => one.status === 'rejected')
  if (!refused) return opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const got = opened.filter(({ status }) => status === 'fulfilled').length
  const why = refused.reason instanceof Error ? refused.reason.message : String(refused.reason)
  return ownFault(
    '53300',
    `only ${got} of ${wanted} connections could be opened: ${why}; raise max_connections, or ask for fewer with { concurrency: … }`,
  )
}

/** `open` opens a prover session on a clone that nobody else uses. Two rows: in turn, and at once. */
export const runCrowd = async (open: () => Promise<Session>, call: Call): Promise<Observation> => {
  const sessions: Session[] = []
  const opened = async (): Promise<Session> => {
    const session = await open()
    sessions.push(session)
    await session.query(
      `set statement_timeout = '30s'; set client_min_messages = error; set timezone = 'UTC'`,
    )
    return session
  }
  try {
    const watcher = await opened()
    await watcher.query('begin')
    const all = await readValues(watcher, call)
    if (isFault(all)) return failedCall(all, 'given')
    const [given] = await watcher.batch([[...call.takeOut, 'commit'].join(';\n')])
    if (given!.fault) return failedCall(given!.fault, 'given')
    const serial = await inTurn(watcher, call, all)
    const writers = await openWriters(call.writers, opened)
    if (isFault(writers)) return failedCall(writers, 'given')
    const crowd = await atOnce(writers, [watcher, await opened()], call, all)
    if (isFault(crowd)) return failedCall(crowd, 'given')
    return { fault: null, stage: 'when', affected: call.writers, rows: [serial, crowd] }
  } finally {
    await Promise.all(sessions.map((session) => session.end()))
  }
}
