/**
 * A session while tests are written on it. What attempts stand on stays laid until something else is asked, so that
 * attempts from the same statements follow one another; whoever speaks to the session itself finds nothing of it.
 * Under it the session; over it savepoint.ts and the trials of rules.
 */
import type { Reply, Session } from '../postgres/session.ts'
import { sequenceStepsOn, type SequenceSteps } from './sequence-steps.ts'
import { openSessionState, type SessionState } from './session-state.ts'

/** Statements that were laid, one reply each, and the reply to each attempt on top of them, apart from the others. */
export interface Attempted {
  readonly laid: readonly Reply[]
  readonly replies: readonly Reply[]
}

export interface AttemptWish {
  /** They may run on whatever stands: their answers hang on no table. */
  readonly anywhere?: boolean
  /** The same attempt from the same statements has the same answer: it is not asked again. */
  readonly once?: boolean
}

export interface Desk {
  /** The session for whoever writes tests: the desk knows what else is said on it. */
  readonly db: Session
  /** To a session in the same state, in which nothing stands: what is asked from now on is asked there. */
  move(to: Session): void
  /** Before the transaction is taken back; what is asked later cleans up after itself. */
  close(): void
}

const start = 'savepoint assay_stand_start'
const ready = 'savepoint assay_stand'
const again = 'rollback to savepoint assay_stand'
const end = 'rollback to savepoint assay_stand_start; release savepoint assay_stand_start'

/** Sequences are where those below left them for each attempt; what reads no table draws none. */
const attemptsAs = (
  attempts: readonly string[],
  steps: SequenceSteps | null,
): { readonly texts: readonly string[]; readonly read: (reply: Reply) => Reply } =>
  steps === null
    ? { texts: attempts.map((one) => `${again};\n${one}`), read: (reply) => reply }
    : {
        texts: attempts.map((one) => `${again};\n${steps.restore};\n${one}`),
        // Whoever asked knows of the return, and of nothing else.
        read: (reply) => ({ ...reply, commands: reply.commands.toSpliced(1, 1) }),
      }

const readyWith = (steps: SequenceSteps | null): string =>
  steps === null ? ready : `${steps.keep};\n${ready}`

/** More answers than this are forgotten: those of the tables before. */
const mostKept = 10_000

interface Standing {
  readonly key: string
  readonly laid: Promise<readonly Reply[]>
  /** It says nothing of names, roles, settings or functions that a question of no table could hang on. */
  readonly isPlain: boolean
}

interface Kept {
  /** What PostgreSQL refused of the statements: then there is nothing to stand on. */
  readonly refused: readonly Reply[] | null
  readonly answers: Map<string, Reply>
}

type Attempt = (
  before: readonly string[],
  attempts: readonly string[],
  wish: AttemptWish,
) => Promise<Attempted>

const isRefused = (laid: readonly Reply[]): boolean => laid.some((reply) => reply.fault !== null)

interface Known {
  readonly attempt: Attempt
  readonly transaction: () => object | null
  readonly giveLocksUp: () => Promise<void>
  readonly isAsItWas: () => boolean
}

const desks = new WeakMap<Session, Known>()

/** What stands for the transaction that a desk is in: the same one, the same object. Null: the session is no open desk. */
export const transactionOf = (db: Session): object | null => desks.get(db)?.transaction() ?? null

/**
 * Of what was read before: another session is about to change the same tables. A desk's transaction begins anew, unless
 * something stands in it that its owner comes back to; elsewhere nothing happens.
 */
export const giveLocksUp = (db: Session): Promise<void> => desks.get(db)?.giveLocksUp() ?? Promise.resolve()

/** A desk on which nothing was changed for good: what stands for an attempt is not seen by others. */
export const isAsItWas = (db: Session): boolean => desks.get(db)?.isAsItWas() ?? false

const changesMeaning =
  /\bset\s+(?:local|session|role)\b|\bset_config\b|\bsearch_path\b|\b(?:create|alter|drop)\b/iu

/** On a session that is nobody's desk. */
const attemptPlainly = async (
  db: Session,
  before: readonly string[],
  attempts: readonly string[],
): Promise<Attempted> => {
  const steps = sequenceStepsOn(db)
  const { texts, read } = attemptsAs(attempts, steps)
  // What is under it is not known: the numbers are given back to where they were.
  const [first, last] =
    steps === null ? [start, end] : [`${steps.keep};\n${start}`, `${end};\n${steps.restore}`]
  const replies = await db.batch([first, ...before, readyWith(steps), ...texts, last])
  return {
    laid: replies.slice(1, 1 + before.length),
    replies: replies.slice(2 + before.length, -1).map(read),
  }
}

/** Each of `before` is a message. Where one is refused, the replies of attempts say nothing. Nothing is left behind. */
export const attemptOn = (
  db: Session,
  before: readonly string[],
  attempts: readonly string[],
  wish: AttemptWish = {},
): Promise<Attempted> =>
  desks.get(db)?.attempt(before, attempts, wish) ?? attemptPlainly(db, before, attempts)

/** In a transaction that has begun and will be taken back. */
export const openDesk = (first: Session): Desk => {
  let session = first
  let isOpen = true
  let cancelledBefore = 0
  let standing: Standing | null = null
  let state: SessionState = openSessionState()
  let known = new Map<string, Kept>()
  let count = 0
  let transaction: object | null = {}

  const forget = (): void => {
    standing = null
    state = openSessionState()
    known = new Map()
    count = 0
  }
  const cancelled = (): number => cancelledBefore + session.cancelled()

  /** What has to be said before anything else is. */
  const leave = (): readonly string[] => {
    const texts = standing === null ? [] : [end]
    standing = null
    return texts
  }
  /** Somebody speaks to the session itself. */
  const heard = (texts: readonly string[]): readonly string[] => {
    if (isOpen) for (const text of texts) state.heard(text)
    return leave()
  }
  const leaveFirst = (texts: readonly string[]): void => {
    const words = heard(texts)
    // Who lost the connection is told by the next question.
    if (words.length > 0) session.batch(words).catch(() => undefined)
  }

  /** Lays the statements unless they stand; the attempts go out with them. */
  const send = async (
    key: string,
    before: readonly string[],
    attempts: readonly string[],
    anywhere: boolean,
  ): Promise<Attempted> => {
    const steps = sequenceStepsOn(session)
    const { texts, read } = attemptsAs(attempts, anywhere ? null : steps)
    if (standing !== null && (standing.key === key || (anywhere && standing.isPlain))) {
      const { laid, key: on } = standing
      const replies = await session.batch(texts)
      // What it was to stand on was refused meanwhile.
      if (on !== key && isRefused(await laid)) return send(key, before, attempts, anywhere)
      return { laid: await laid, replies: replies.map(read) }
    }
    // What stands under it may have drawn numbers already.
    const restart = steps !== null && state.token() === '' ? [steps.restart] : []
    const first = [...leave(), ...restart, start].join(';\n')
    const all = session.batch([first, ...before, readyWith(steps), ...texts])
    const laid = all.then((replies) => replies.slice(1, 1 + before.length))
    const own: Standing = { key, laid, isPlain: !before.some((text) => changesMeaning.test(text)) }
    standing = own
    const replies = await all
    // Nothing can be asked on top of what was refused.
    if (standing === own && isRefused(await laid)) leaveFirst([])
    return { laid: await laid, replies: replies.slice(2 + before.length).map(read) }
  }

  const attempt: Attempt = async (before, attempts, { anywhere = false, once = false }) => {
    if (!isOpen) return attemptPlainly(session, before, attempts)
    const key = JSON.stringify([state.token(), before])
    if (!once) return send(key, before, attempts, anywhere)
    if (count > mostKept) [known, count] = [new Map<string, Kept>(), 0]
    const kept = known.get(key)
    if (kept?.refused) return { laid: kept.refused, replies: attempts.map(() => kept.refused!.at(-1)!) }
    const open = [...new Set(attempts.filter((one) => !kept?.answers.has(one)))]
    const cancelledThen = cancelled()
    const asked = open.length === 0 ? null : await send(key, before, open, anywhere)
    const found = new Map(open.map((one, i) => [one, asked!.replies[i]!]))
    const answers = kept?.answers ?? new Map<string, Reply>()
    const laid = asked?.laid ?? []
    // What was cut short is asked anew by whoever begins again.
    if (cancelled() === cancelledThen) {
      const refused = isRefused(laid) ? laid : null
      if (!kept || refused) known.set(key, { refused, answers })
      if (!refused) for (const [one, reply] of found) answers.set(one, reply)
      count += open.length
    }
    return { laid, replies: attempts.map((one) => found.get(one) ?? answers.get(one)!) }
  }

  const db: Session = {
    get address() {
      return session.address
    },
    get pid() {
      return session.pid
    },
    cancelled,
    query(sql) {
      leaveFirst([sql])
      return session.query(sql)
    },
    json(select) {
      // It reads, and changes nothing.
      leaveFirst([])
      return session.json(select)
    },
    async batch(texts) {
      const words = heard(texts)
      return words.length === 0 ? session.batch(texts) : (await session.batch([...words, ...texts])).slice(1)
    },
    copyIn(copy, data) {
      leaveFirst([copy])
      return session.copyIn(copy, data)
    },
    end: () => session.end(),
  }
  const giveLocksUp = async (): Promise<void> => {
    if (!isOpen || !state.isFirst()) return
    forget()
    transaction = {}
    // What the transaction itself was begun with counts among the state.
    await session.batch(['rollback', 'begin'])
  }
  const isAsItWas = (): boolean => isOpen && state.token() === ''
  desks.set(db, { attempt, transaction: () => transaction, giveLocksUp, isAsItWas })
  return {
    db,
    move(to) {
      cancelledBefore = cancelled()
      session = to
      transaction = {}
      forget()
    },
    close() {
      isOpen = false
      transaction = null
      forget()
    },
  }
}
