/**
 * What a session has answered already: expressions over literal values say the same each time, and many columns and
 * tables ask the same; what reads the clock says the same until the transaction ends. Texts that may read a setting, a
 * sequence or a table are asked anew.
 */
import { createHash } from 'node:crypto'
import type { Session } from '../postgres/session.ts'
import { transactionOf } from './desk.ts'
import { askEach } from './savepoint.ts'

/**
 * How long an answer stays what it is: for good, as long as the transaction of a desk, or not at all (chance, the clock
 * of the moment), though it reads nothing that people could change. Null: it may read a table, a setting or a sequence.
 */
export type Lasting = 'always' | 'transaction' | 'moment' | null

export interface KnownAnswers {
  /** How long all that these texts name answers the same. What is not null may be asked whatever stands. */
  lasting(texts: Iterable<string>): Lasting
  get(question: string): unknown
  set(question: string, answer: unknown, lasting: 'always' | 'transaction'): void
}

/** Another answer each time, out of nothing that people could change. */
const momentWords: ReadonlySet<string> = new Set(
  'random gen_random_uuid uuidv4 uuidv7 clock_timestamp timeofday statement_timestamp'.split(' '),
)

/**
 * Functions that people wrote may read anything; so may what PostgreSQL itself calls volatile. A domain does what its
 * checks and the type below it do: those are looked through like any text, unless they call what is no part of PostgreSQL.
 */
const movingSql = `
  select p.proname, null
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
   where n.nspname not in ('pg_catalog', 'information_schema')
      or p.provolatile = 'v' and p.proname not in (${[...momentWords].map((word) => `'${word}'`).join(', ')})
   union
  select t.typname, pg_catalog.concat_ws(' ', pg_catalog.format_type(t.typbasetype, null),
           (select pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(c.oid), ' ')
              from pg_catalog.pg_constraint c where c.contypid = t.oid),
           (select distinct 'operator'
              from pg_catalog.pg_constraint c
              join pg_catalog.pg_depend d
                on d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.objid = c.oid
             where c.contypid = t.oid
               and d.refclassid in ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)))
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
   where t.typtype = 'd' and n.nspname <> 'information_schema'`

/** Words beside functions' names: who asks, a table, a name that is spelled in a way not looked through here. */
const movingWords = `
  current_setting current_user session_user user current_role current_query inet_client_addr
  currval lastval select table operator u pg_typeof`.match(/\w+/gu)!

/** The clock, which stands still within a transaction. */
const clockWords: ReadonlySet<string> = new Set(
  `now today tomorrow yesterday transaction_timestamp age
  current_timestamp current_date current_time localtimestamp localtime`.match(/\w+/gu),
)

/** What is kept beyond this many answers costs more memory than asking anew costs time. */
const mostKept = 50_000

const wordsOf = (text: string): readonly string[] =>
  text.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []

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

/** Without its literals, but for those of the clock; as it is where it cannot be told where they end. */
const withoutLiterals = (text: string): string => {
  let isOpaque = false
  const plain = text.replaceAll(quoted, (...found) => {
    const { prefix, body } = found.at(-1) as Readonly<Record<string, string | undefined>>
    if (body === undefined) return found[0] as string
    isOpaque ||= prefix?.toLowerCase() === 'e'
    const said = prefix === undefined ? body : unescaped(body)
    return clockLiteral.test(said) ? ` ${said} ` : "''"
  })
  return isOpaque || /\$|--|\/\*|\buescape\b/iu.test(plain) ? text : plain
}

const digestOf = (question: string): string => createHash('sha1').update(question).digest('base64')

/** Of functions and domains: words that may say something else each time. */
const movingOf = (rows: readonly (readonly (string | null)[])[]): ReadonlySet<string> => {
  const functions = rows.flatMap(([name, domain]) => (domain === null ? wordsOf(name ?? '') : []))
  const moving = new Set([...functions, ...movingWords])
  let open = rows.flatMap(([name, domain]) =>
    domain == null ? [] : [{ names: wordsOf(name ?? ''), words: wordsOf(withoutLiterals(domain)) }],
  )
  for (let before = Infinity; open.length < before;) {
    before = open.length
    open = open.filter(({ names, words }) => {
      const moves = words.some((word) => moving.has(word) || clockWords.has(word) || momentWords.has(word))
      if (moves) for (const name of names) moving.add(name)
      return !moves
    })
  }
  return moving
}

const open = async (db: Session): Promise<KnownAnswers> => {
  const [reply] = await askEach(db, [movingSql])
  const moving = movingOf(reply!.commands.at(-1)?.rows ?? [])
  const lasts = new Map<string, Lasting>()
  const always = new Map<string, unknown>()
  let ofTransaction = new Map<string, unknown>()
  let transaction: object | null = null
  const lastingOf = (text: string): Lasting => {
    const known = lasts.get(text)
    if (known !== undefined) return known
    const words = wordsOf(withoutLiterals(text))
    const found = words.some((word) => moving.has(word))
      ? null
      : words.some((word) => momentWords.has(word))
        ? 'moment'
        : words.some((word) => clockWords.has(word))
          ? 'transaction'
          : 'always'
    if (lasts.size >= mostKept) lasts.clear()
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
        const one = lastingOf(text)
        if (one === null) return null
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
