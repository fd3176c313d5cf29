/**
 * What a session has answered already: expressions over literal values say the same each time, and many columns and
 * tables ask the same; what reads the clock says the same until the transaction ends. Texts that may read a setting, a
 * sequence or a table are asked anew.
 */
import { createHash } from 'node:crypto'
import type { Session } from '../postgres/session.ts'
import { isAsItWas, transactionOf } from './desk.ts'
import { movingNames, movingSql, type Lasting, type Words } from './moving-names.ts'
import { askEach } from './savepoint.ts'

export interface KnownAnswers {
  /** How long all that these texts name answers the same. What is not null may be asked whatever stands. */
  lasting(texts: Iterable<string>): Lasting
  get(question: string): unknown
  set(question: string, answer: unknown, lasting: 'always' | 'transaction'): void
}

/** What is kept beyond this many answers costs more memory than asking anew costs time. */
const mostKept = 50_000

const plainWords = (text: string): readonly string[] =>
  text.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []

/** Names in quotes as a whole, beside the words in them. */
const namesInQuotes = (text: string): readonly string[] =>
  (text.toLowerCase().match(/"(?:[^"]|"")+"/gu) ?? []).map((one) => one.slice(1, -1).replaceAll('""', '"'))

/** What a literal means the clock by. */
const clockLiteral = /^\s*(?:now|today|tomorrow|yesterday)\b/iu

/** Literals, and names in quotes, which may hold a single one. */
const quoted = /(?<prefix>\b(?:e|u&))?'(?<body>(?:[^']|'')*)'|"(?:[^"]|"")*"/giu

/** A literal with escapes, written out: they might spell the clock. */
const unescaped = (body: string): string =>
  body.replaceAll(/\\(?:\+(?<six>[0-9a-f]{6})|(?<four>[0-9a-f]{4}))/giu, (...found) => {
    const { six, four } = found.at(-1) as Readonly<Record<string, string | undefined>>
    const code = Number.parseInt(six ?? four!, 16)
    return code > 0x10_ff_ff ? '?' : String.fromCodePoint(code)
  })

/** Of a text without its literals, but for those of the clock; as it is where it cannot be told where they end. */
const wordsOf = (text: string): Words => {
  let isOpaque = false
  const plain = text.replaceAll(quoted, (...found) => {
    const { prefix, body } = found.at(-1) as Readonly<Record<string, string | undefined>>
    if (body === undefined) return found[0] as string
    isOpaque ||= prefix?.toLowerCase() === 'e'
    const said = prefix === undefined ? body : unescaped(body)
    return clockLiteral.test(said) ? ` ${said} ` : "''"
  })
  if (isOpaque || /\$|--|\/\*|\buescape\b/iu.test(plain))
    return { text, words: plainWords(text), isOpaque: true }
  return { text: plain, words: [...plainWords(plain), ...namesInQuotes(plain)], isOpaque: false }
}

const digestOf = (question: string): string => createHash('sha1').update(question).digest('base64')

interface Lasts {
  readonly lasting: Lasting
  /** While nobody replaces a function that it calls. */
  readonly isReplaceable: boolean
}

const open = async (db: Session): Promise<KnownAnswers> => {
  const [reply] = await askEach(db, [movingSql])
  const rows = reply!.commands.at(-1)?.rows ?? []
  const names = movingNames(rows, plainWords, wordsOf)
  const lasts = new Map<string, Lasts>()
  const always = new Map<string, unknown>()
  let ofTransaction = new Map<string, unknown>()
  let transaction: object | null = null
  const lastingOf = (text: string): Lasts => {
    const known = lasts.get(text)
    if (known !== undefined) return known
    const said = wordsOf(text)
    if (lasts.size >= mostKept) lasts.clear()
    const found: Lasts = { lasting: names.lasting(said), isReplaceable: names.isReplaceable(said) }
    lasts.set(text, found)
    return found
  }
  /** Answers of a transaction that is over are forgotten. */
  const current = (): Map<string, unknown> => {
    const now = transactionOf(db)
    if (now !== transaction) ofTransaction = new Map()
    transaction = now
    return ofTransaction
  }
  return {
    lasting(texts) {
      let least: Exclude<Lasting, null> = 'always'
      for (const text of texts) {
        const { lasting: one, isReplaceable } = lastingOf(text)
        if (one === null || (isReplaceable && !isAsItWas(db))) return null
        if (one === 'moment' || least === 'always') least = one
      }
      return least === 'transaction' && transactionOf(db) === null ? 'moment' : least
    },
    get(question) {
      const key = digestOf(question)
      return always.get(key) ?? current().get(key)
    },
    set(question, answer, lasting) {
      const kept = lasting === 'always' ? always : current()
      if (kept.size >= mostKept) kept.clear()
      kept.set(digestOf(question), answer)
    },
  }
}

const ofSession = new WeakMap<Session, Promise<KnownAnswers>>()

/** Of a session whose functions and settings stay what they are. */
export const knownAnswers = (db: Session): Promise<KnownAnswers> => {
  const known = ofSession.get(db) ?? open(db)
  ofSession.set(db, known)
  return known
}

/** Whether they may be asked whatever stands: what people could change does not come into their answers. */
export const readNoTable = async (db: Session, texts: Iterable<string>): Promise<boolean> =>
  (await knownAnswers(db)).lasting(texts) !== null

export interface Asked {
  /** All that the answer depends on. */
  readonly question: string
  readonly lasting: Lasting
}

const isLasting = (lasting: Lasting): lasting is 'always' | 'transaction' =>
  lasting === 'always' || lasting === 'transaction'

/** In their order: answers that are known, and those of `ask` to the other questions, which it is given. */
export const askEachOnce = async <Q extends Asked, T extends object>(
  db: Session,
  questions: readonly Q[],
  ask: (open: readonly Q[]) => Promise<readonly T[]>,
): Promise<readonly T[]> => {
  const known = await knownAnswers(db)
  const before = questions.map((one) =>
    isLasting(one.lasting) ? (known.get(one.question) as T | undefined) : undefined,
  )
  const open = questions.filter((_, i) => before[i] === undefined)
  const cancelled = db.cancelled()
  const answers = open.length === 0 ? [] : await ask(open)
  // What was cut short is asked anew by whoever begins again.
  const isKept = db.cancelled() === cancelled
  let next = 0
  return questions.map(({ question, lasting }, i) => {
    const answer = before[i] ?? answers[next++]!
    if (isKept && isLasting(lasting) && before[i] === undefined) known.set(question, answer, lasting)
    return answer
  })
}

/** The answer that is known, or else asked for. `sources`: all SQL that it comes of. */
export const askOnce = async <T extends object>(
  db: Session,
  question: string,
  sources: Iterable<string>,
  ask: () => Promise<T>,
): Promise<T> => {
  const lasting = (await knownAnswers(db)).lasting(sources)
  const [answer] = await askEachOnce(db, [{ question, lasting }], async () => [await ask()])
  return answer!
}
