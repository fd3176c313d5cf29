/**
 * Judges many combinations of candidate values in a few round trips: one select for all; where an expression
 * throws, each row for itself in one statement; where a value does, in chunks, then one by one, so that one bad candidate
 * spoils nothing but itself.
 */
import type { Reply, Session } from '../postgres/session.ts'
import { type Frame, frameAnswers, frameApart, frameSelect } from './frame.ts'
import { askEachOnce, knownAnswers, type Asked } from './known-answers.ts'
import { askEach } from './savepoint.ts'

export interface Question {
  readonly frame: Frame
  readonly combinations: readonly (readonly number[])[]
  readonly expressions: readonly string[]
  /** Whether `fits` must be found out also where an expression throws. */
  readonly fitsAnyway?: boolean
  /** So many combinations for which all is true will do: then what throws is not looked into further. */
  readonly enough?: number
}

/** Of one combination: does it fit the columns, and what is each expression: t, f, n (unknown) or e (it throws). */
export interface Verdict {
  readonly fits: boolean
  readonly of: string
}

const chunkSize = 48
/** Combinations judged one by one at most, per question; what is beyond counts as throwing. */
const mostSingles = 2_000
/** Where some that hold will do. */
const fewSingles = 480

interface Part {
  readonly question: number
  readonly expressions: readonly number[]
  readonly combinations: readonly number[]
  /** Each row for itself: an expression threw for one of them. */
  readonly apart?: true
  /** Others that were refused together with the only combination: a value of theirs was, where this one is not. */
  readonly rest?: readonly number[]
}

/** Faults that come of a text: the expression's, whatever the values are, or that of a value that no cast takes. */
const isStatic = (reply: Reply): boolean => reply.fault?.sqlstate.startsWith('42') ?? false

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

/** Each text's reply: what this session has answered already is not asked again. */
const askUnlessKnown = (db: Session, asked: readonly Asked[]): Promise<readonly Reply[]> =>
  askEachOnce(db, asked, async (open) => {
    const replies = await askEach(
      db,
      open.map(({ question }) => question),
      { anywhere: open.every(({ lasting }) => lasting !== null) },
    )
    return replies.map(({ commands, fault }) => ({ commands: commands.slice(-1), fault }))
  })

const sourcesOf = ({ frame, expressions }: Question): readonly string[] => [
  ...expressions,
  ...frame.columns.flatMap(({ options }) => options),
  // Those are computed beside the values.
  ...frame.facts.table.columns.flatMap((c) => (c.generated === null ? [] : [c.default ?? ''])),
]

const withLetter = (of: string, at: number, letter = 'e'): string =>
  `${of.slice(0, at)}${letter}${of.slice(at + 1)}`

/** Answers one verdict per combination of each question. Four round trips at most, whatever their number. */
export const evaluate = async (db: Session, questions: readonly Question[]): Promise<Verdict[][]> => {
  const letters = questions.map((q) => q.combinations.map(() => 'e'.repeat(q.expressions.length)))
  const fits = questions.map((q) => q.combinations.map(() => false))
  const singles = questions.map(() => 0)
  const known = await knownAnswers(db)
  const lasting = questions.map((q) => known.lasting(sourcesOf(q)))
  const holding = (question: number): number =>
    letters[question]!.filter((of, at) => fits[question]![at] && !/[^t]/u.test(of)).length
  let parts: Part[] = questions.map((q, question) => ({
    question,
    expressions: [...q.expressions.keys()],
    combinations: [...q.combinations.keys()],
  }))
  while (parts.length > 0) {
    const asked = parts.filter((p) => p.combinations.length > 0)
    const replies = await askUnlessKnown(
      db,
      asked.map(({ question, expressions, combinations, apart }) => {
        const q = questions[question]!
        const select = (apart ? frameApart : frameSelect)(
          q.frame,
          combinations.map((c) => q.combinations[c]!),
          expressions.map((e) => q.expressions[e]!),
        )
        return { question: select, lasting: lasting[question]! }
      }),
    )
    parts = asked.flatMap((part, i): Part[] => {
      const reply = replies[i]!
      const { question, expressions, combinations } = part
      if (!reply.fault) {
        const [ofEach, fit] = [letters[question]!, fits[question]!]
        const isWhole = expressions.length === questions[question]!.expressions.length
        const rows = reply.commands.at(-1)?.rows ?? []
        for (const [n, line] of part.apart ? frameAnswers(rows[0]?.[0] ?? '') : rows) {
          const at = combinations[Number(n)]!
          fit[at] = line?.[0] === 't'
          if (line == null) continue
          if (isWhole) ofEach[at] = line.slice(1)
          else
            for (const [k, e] of expressions.entries()) ofEach[at] = withLetter(ofEach[at]!, e, line[k + 1])
        }
        return (part.rest ?? []).map((c) => ({ question, expressions, combinations: [c] }))
      }
      // First by expression (one that PostgreSQL cannot read spoils the others), then by combination.
      if (expressions.length > 1) {
        return expressions.map((e) => ({ question, expressions: [e], combinations }))
      }
      if (isStatic(reply) && expressions.length === 1) {
        const [first, ...rest] = combinations
        if (rest.length > 0) return [{ question, expressions, combinations: [first!], rest }]
        return fallBackToFits({ ...part, combinations: [...combinations, ...(part.rest ?? [])] })
      }
      if (combinations.length > 1 && !part.apart)
        return [{ question, expressions, combinations, apart: true }]
      if (combinations.length > chunkSize) {
        return chunks(combinations, chunkSize).map((c) => ({ question, expressions, combinations: c }))
      }
      if (combinations.length > 1) {
        const { enough } = questions[question]!
        if (enough !== undefined && holding(question) >= enough) return []
        const most = enough === undefined ? mostSingles : fewSingles
        const allowed = combinations.slice(0, Math.max(0, most - (singles[question] ?? 0)))
        singles[question] = (singles[question] ?? 0) + allowed.length
        return allowed.map((c) => ({ question, expressions, combinations: [c] }))
      }
      return expressions.length > 0 && questions[question]!.fitsAnyway ? fallBackToFits(part) : []
    })
  }
  return questions.map((q, question) =>
    q.combinations.map((_c, at) => ({
      fits: fits[question]![at]!,
      of: letters[question]![at]!,
    })),
  )
}

/** The expression throws; whether the values themselves can be written is still to be asked. */
const fallBackToFits = ({ question, combinations }: Part): Part[] => [
  { question, expressions: [], combinations },
]
