/**
 * Asks PostgreSQL what expressions say of a row, as a role with its settings, without asking the table or its
 * policies: the row is given as a value of the table's type. All who ask in one state are answered by one statement,
 * each from the same rows; the functions are in judge-functions.ts.
 */
import type { Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import type { Reply, Session } from '../../postgres/session.ts'
import type { Asker } from '../experiment.ts'
import { askFunction, askName, forgetFunctions, judgeFunctions } from './judge-functions.ts'

/** `t`, `f`, `n` for unknown, or the SQLSTATE by which it broke. */
export type Answer = string

/** Column → text of its value. */
export type Change = Readonly<Record<string, string | null>>

/** Rows as PostgreSQL prints them; or one row with each of these changes, of which those that its types do not take are answered by []. */
export type Subject =
  { readonly rows: readonly string[] } | { readonly row: string; readonly changes: readonly Change[] }

export type Question = Subject & {
  /** Stands beside the world. */
  readonly state: readonly string[]
  readonly asker: Asker
}

/** Of every expression, for each row: [row][expression]. Null: it could not be asked. */
export type Answers = readonly (readonly Answer[])[] | null

export interface Judge {
  /** Each from the same world, which is laid once: what grants change would have every plan made again. */
  ask(world: readonly string[], questions: readonly Question[]): Promise<readonly Answers[]>
}

const again = 'rollback to savepoint assay_judge'
const fromWorld = 'rollback to savepoint assay_judge_world'

/** One text an asking: rows are parted by `;`, expressions by `,`. */
const toAnswers = (text: string | null): Answers =>
  text === null ? null : text.split(';').map((row) => (row === '' ? [] : row.split(',')))

const answersOf = (reply: Reply | undefined, count: number): readonly Answers[] => {
  const rows = reply && !reply.fault ? (reply.commands.at(-1)?.rows ?? []) : []
  return Array.from({ length: count }, (_, i) => toAnswers(rows[i]?.[0] ?? null))
}

/** Questions by the state in which they are asked, as places in the list. */
const byState = (questions: readonly Question[]): readonly (readonly number[])[] => {
  const groups = new Map<string, number[]>()
  questions.forEach(({ state }, i) => {
    const key = state.join(';\n')
    const group = groups.get(key)
    if (group) group.push(i)
    else groups.set(key, [i])
  })
  return [...groups.values()]
}

const asJson = (question: Question): object => ({
  role: question.asker.role,
  settings: question.asker.settings,
  ...('rows' in question ? { rows: question.rows } : { row: question.row, changes: question.changes }),
})

/** Makes the functions, and calls `work` with them; nothing is left behind. `state` of a question is run first, by the prover. */
export const withJudge = async <T>(
  db: Session,
  table: Table,
  expressions: readonly string[],
  work: (judge: Judge) => Promise<T>,
): Promise<T> => {
  await db.query('savepoint assay_judge_start')
  const known: string[] = []
  /** Plans of a role are kept apart: another role's would be made again whenever it has its turn. */
  const makeFor = async (questions: readonly Question[]): Promise<void> => {
    const roles = [...new Set(questions.map(({ asker }) => asker.role))].filter((r) => !known.includes(r))
    if (roles.length === 0) return
    const made = roles.flatMap((_, i) => judgeFunctions(table, expressions, known.length + i))
    known.push(...roles)
    const isFirst = known.length === roles.length
    await db.query(
      [
        ...(isFirst ? [] : ['rollback to savepoint assay_judge']),
        ...made,
        ...askFunction(table, known),
        'savepoint assay_judge',
      ].join(';\n'),
    )
  }
  const messageOf = (group: readonly Question[]): string =>
    [
      fromWorld,
      ...group[0]!.state,
      `select * from ${askName}(${literal(JSON.stringify(group.map(asJson)))}::jsonb)`,
    ].join(';\n')
  const send = async (
    world: readonly string[],
    groups: readonly (readonly Question[])[],
  ): Promise<readonly Reply[] | null> => {
    const replies = await db.batch([
      [again, ...world, 'savepoint assay_judge_world'].join(';\n'),
      ...groups.map(messageOf),
      again,
    ])
    return replies[0]?.fault === null ? replies.slice(1, -1) : null
  }
  try {
    return await work({
      async ask(world, questions) {
        if (questions.length === 0) return []
        await makeFor(questions)
        const answers = Array.from<Answers>({ length: questions.length }).fill(null)
        const groups = byState(questions)
        const of = (group: readonly number[]): readonly Question[] => group.map((i) => questions[i]!)
        const replies = await send(world, groups.map(of))
        if (replies === null) return answers
        const put = (group: readonly number[], reply: Reply | undefined): void => {
          const found = answersOf(reply, group.length)
          group.forEach((at, i) => (answers[at] = found[i]!))
        }
        groups.forEach((group, i) => put(group, replies[i]))
        // One that hangs takes those with it that are asked beside it.
        const alone = groups.filter((group, i) => group.length > 1 && replies[i]?.fault).flat()
        if (alone.length > 0) {
          const each = await send(
            world,
            alone.map((i) => of([i])),
          )
          alone.forEach((at, i) => put([at], each?.[i]))
        }
        return answers
      },
    })
  } finally {
    if (known.length > 0) await db.batch([[again, ...forgetFunctions(table, known.length)].join(';\n')])
    await db.query('rollback to savepoint assay_judge_start; release savepoint assay_judge_start')
  }
}
