/**
 * What a session has answered already: expressions over literal values say the same each time, and many columns and
 * tables ask the same. Texts that may read the clock, a setting, a sequence or a table are asked anew.
 */
import { createHash } from 'node:crypto'
import type { Session } from '../postgres/session.ts'
import { askEach } from './savepoint.ts'

export interface KnownAnswers {
  /** Whether all that these texts name answers the same whenever it is asked. */
  areSteady(texts: Iterable<string>): boolean
  get(question: string): unknown
  set(question: string, answer: unknown): void
}

/** Functions that people wrote may read anything, also from a domain; so may what PostgreSQL itself calls volatile. */
const movingSql = `
  select p.proname
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
   where p.provolatile = 'v' or n.nspname not in ('pg_catalog', 'information_schema')
   union
  select t.typname
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
   where t.typtype = 'd' and n.nspname <> 'information_schema'`

/** Words beside functions' names: the clock, who asks, a table, a name that is spelled in a way not looked through here. */
const movingWords = `
  now today tomorrow yesterday transaction_timestamp statement_timestamp age
  current_timestamp current_date current_time localtimestamp localtime
  current_setting current_user session_user user current_role current_query inet_client_addr
  currval lastval select table operator u pg_typeof`.match(/\w+/gu)!

/** What is kept beyond this many answers costs more memory than asking anew costs time. */
const mostKept = 50_000

const wordsOf = (text: string): readonly string[] =>
  text.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []

/** Words that move what a literal means. */
const clockLiteral = /'\s*(?:now|today|tomorrow|yesterday)\b/iu

/** Without what stands in quotes, unless they may be more than plain ones. */
const withoutLiterals = (text: string): string =>
  /\be'|\$/iu.test(text) || clockLiteral.test(text) ? text : text.replaceAll(/'(?:[^']|'')*'/gu, "''")

const digestOf = (question: string): string => createHash('sha1').update(question).digest('base64')

const open = async (db: Session): Promise<KnownAnswers> => {
  const [reply] = await askEach(db, [movingSql])
  const functions = reply!.commands.at(-1)?.rows ?? []
  const moving = new Set([...functions.flatMap(([name]) => wordsOf(name ?? '')), ...movingWords])
  const steady = new Map<string, boolean>()
  const answers = new Map<string, unknown>()
  const isSteady = (text: string): boolean => {
    const known = steady.get(text)
    if (known !== undefined) return known
    const found = !wordsOf(withoutLiterals(text)).some((word) => moving.has(word))
    if (steady.size >= mostKept) steady.clear()
    steady.set(text, found)
    return found
  }
  return {
    areSteady(texts) {
      for (const text of texts) if (!isSteady(text)) return false
      return true
    },
    get: (question) => answers.get(digestOf(question)),
    set(question, answer) {
      if (answers.size >= mostKept) answers.clear()
      answers.set(digestOf(question), answer)
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

export interface Asked {
  /** All that the answer depends on. */
  readonly question: string
  readonly isSteady: boolean
}

/** In their order: answers that are known, and those of `ask` to the other questions, which it is given. */
export const askEachOnce = async <Q extends Asked, T extends object>(
  db: Session,
  questions: readonly Q[],
  ask: (open: readonly Q[]) => Promise<readonly T[]>,
): Promise<readonly T[]> => {
  const known = await knownAnswers(db)
  const before = questions.map((one) =>
    one.isSteady ? (known.get(one.question) as T | undefined) : undefined,
  )
  const open = questions.filter((_, i) => before[i] === undefined)
  const cancelled = db.cancelled()
  const answers = open.length === 0 ? [] : await ask(open)
  // What was cut short is asked anew by whoever begins again.
  const isKept = db.cancelled() === cancelled
  let next = 0
  return questions.map(({ question, isSteady }, i) => {
    const answer = before[i] ?? answers[next++]!
    if (isKept && isSteady && before[i] === undefined) known.set(question, answer)
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
  const isSteady = (await knownAnswers(db)).areSteady(sources)
  const [answer] = await askEachOnce(db, [{ question, isSteady }], async () => [await ask()])
  return answer!
}
