/** What one asker may do with one row, point by point, as PostgreSQL answered it; and what becomes of each deed. */
import { askedOf, combined, type Asked, type Point, type PolicySet, type Standing } from './policy-set.ts'
import type { Answer } from './judge.ts'

/** What is answered at each point about one row. */
export type Verdicts = (point: Point) => Answer

/** Answers of expressions by their text. */
export type AnswerOf = (sql: string) => Answer | undefined

/** The expression that PostgreSQL answers for a set: the declared ones' oracle. */
export const oracleText = (set: PolicySet, standing: Standing, point: Point): string =>
  combined(askedOf(set, standing, point))

/** An answer that hangs on which of several expressions is asked first, because one of them breaks. */
const unsure: Answer = 'unsure'

/** Whether an expression breaks among several: then PostgreSQL's order decides, and nothing is promised. */
const hangsOnOrder = (set: PolicySet, standing: Standing, point: Point, answerOf: AnswerOf): boolean => {
  const asked = askedOf(set, standing, point)
  const parts = asked ? [...asked.restrictive, ...asked.permissive] : []
  return parts.length > 1 && parts.some((sql) => (answerOf(sql) ?? 'f').length > 1)
}

const isConstant = (text: string): boolean => text === 'true' || text === 'false'

/** As PostgreSQL answers the whole expression. */
export const declaredVerdict = (
  set: PolicySet,
  standing: Standing,
  point: Point,
  answerOf: AnswerOf,
): Answer => {
  if (hangsOnOrder(set, standing, point, answerOf)) return unsure
  const text = oracleText(set, standing, point)
  if (isConstant(text)) return text === 'true' ? 't' : 'f'
  return answerOf(text) ?? unsure
}

/**
 * The same put together from the answers of single expressions: only to choose which cells tell a broken set from the
 * declared one, never as an expectation.
 */
const guessed = (asked: Asked, answerOf: AnswerOf): Answer => {
  const answers = (texts: readonly string[]): readonly Answer[] =>
    texts.map((sql) => (sql === 'true' ? 't' : sql === 'false' ? 'f' : (answerOf(sql) ?? unsure)))
  const [restrictive, permissive] = [answers(asked.restrictive), answers(asked.permissive)]
  const broken = [...restrictive, ...permissive].find((answer) => answer.length > 1)
  if (broken !== undefined) return permissive.length === 0 ? 'f' : broken
  return restrictive.every((a) => a === 't') && permissive.includes('t') ? 't' : 'f'
}

const guesses = new WeakMap<AnswerOf, Map<Asked, Answer>>()

/** Guesses from these answers, each made once. */
export const guesser = (answerOf: AnswerOf): ((asked: Asked | null) => Answer) => {
  const known = guesses.get(answerOf) ?? new Map<Asked, Answer>()
  guesses.set(answerOf, known)
  return (asked) => {
    if (asked === null) return 't'
    const before = known.get(asked)
    if (before !== undefined) return before
    const guess = guessed(asked, answerOf)
    known.set(asked, guess)
    return guess
  }
}

export const guessedVerdict = (
  set: PolicySet,
  standing: Standing,
  point: Point,
  answerOf: AnswerOf,
): Answer => guesser(answerOf)(askedOf(set, standing, point))

/** One row is done, none is found, a policy refuses it, or an expression breaks with this SQLSTATE. */
export type Outcome = 'one' | 'none' | 'refused' | { readonly breaks: string }

interface Step {
  /** `hides`: the row is not found. `refuses`: the statement fails. */
  readonly as: 'hides' | 'refuses'
  readonly answer: Answer
}

/** Policies that come back to their own table: found while the statement is rewritten, before any row is asked. */
const endless: Answer = '42P17'

/** What hides a row are conditions of one scan: the planner says which it asks first, and one that is false spares the others. */
const isSpared = (steps: readonly Step[]): boolean => {
  const hiding = steps.filter((step) => step.as === 'hides').map(({ answer }) => answer)
  return (
    hiding.some((answer) => answer.length > 1) &&
    hiding.some((answer) => answer.length === 1 && answer !== 't')
  )
}

/** Steps in PostgreSQL's order; null where nothing is promised. */
export const outcomeOf = (steps: readonly Step[]): Outcome | null => {
  if (steps.some(({ answer }) => answer === endless)) return { breaks: endless }
  if (isSpared(steps)) return null
  for (const { as, answer } of steps) {
    if (answer === unsure) return null
    if (answer.length > 1) return { breaks: answer }
    if (answer !== 't') return as === 'hides' ? 'none' : 'refused'
  }
  return 'one'
}

export const sameOutcome = (a: Outcome | null, b: Outcome | null): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && a?.breaks === b?.breaks)
