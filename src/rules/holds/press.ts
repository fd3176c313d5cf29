/** Finds out how hard a rule over many rows has to be pressed: after how many writes it is violated when nothing guards it. */
import type { PgFault } from '../../postgres/fault.ts'
import type { Reply, Session } from '../../postgres/session.ts'

/** What PostgreSQL did with each write, as far as it took them. */
export interface Press {
  /** Refusal of the world or of taking the structures away: nothing was learned. */
  readonly unready: PgFault | null
  /** After none, one, two … writes: the number of violating rows. */
  readonly violations: readonly number[]
  /** Rows that each write affected. */
  readonly affected: readonly number[]
  /** Why it ended early: a write that was refused, or the violations that PostgreSQL does not understand. */
  readonly ended: PgFault | null
}

const countOf = (tag: string | undefined): number => Number(tag?.match(/(\d+)$/u)?.[1] ?? 0)

const marker = 'assay_violations'

/** Deferred checks are let speak and the question is asked, then both are taken back: the writes go on as if nothing was asked. */
const ask = (violations: string): readonly string[] => [
  'savepoint assay_ask',
  'set constraints all immediate',
  `select 1 as ${marker}`,
  violations,
  'rollback to savepoint assay_ask',
]

/** The write stands before the savepoint, the constraints and the marker of its question. */
const asked = ({ commands }: Reply): { readonly affected: number; readonly rows: number } | null => {
  const at = commands.findIndex((c) => c.columns[0] === marker)
  if (at < 0) return null
  const answer = commands[at + 1]
  if (!answer) return null
  return { affected: countOf(commands[at - 3]?.tag), rows: answer.rows.length }
}

/** Writes one after the other in a transaction that is taken back; after each the violations are counted. */
export const press = async (
  db: Session,
  parts: {
    /** DDL that takes the guards away, then the world. */
    readonly before: readonly string[]
    readonly writes: readonly string[]
    readonly violations: string
  },
): Promise<Press> => {
  const question = ask(parts.violations).join(';\n')
  const replies = await db.batch([
    'savepoint assay_press',
    [...parts.before, 'select 1'].join(';\n'),
    `select 1;\n${question}`,
    ...parts.writes.map((write) => `${write};\n${question}`),
    'rollback to savepoint assay_press; release savepoint assay_press',
  ])
  const unready = replies[1]!.fault
  const violations: number[] = []
  const affected: number[] = []
  let ended: PgFault | null = null
  for (const [n, reply] of replies.slice(2, -1).entries()) {
    const answer = asked(reply)
    if (answer === null || reply.fault !== null) {
      ended = reply.fault
      break
    }
    violations.push(answer.rows)
    if (n > 0) affected.push(answer.affected)
  }
  return { unready, violations, affected, ended: unready === null ? ended : null }
}

/** The whole transaction as an experiment runs it: refused by what, or how many violating rows at its end. */
export const runThrough = async (
  db: Session,
  parts: {
    readonly before: readonly string[]
    readonly writes: readonly string[]
    readonly violations: string
  },
): Promise<{ readonly fault: PgFault | null; readonly rows: number }> => {
  const replies = await db.batch([
    'savepoint assay_through',
    [...parts.before, 'select 1'].join(';\n'),
    [...parts.writes, parts.violations, 'set constraints all immediate'].join(';\n'),
    'rollback to savepoint assay_through; release savepoint assay_through',
  ])
  const reply = replies[2]!
  return { fault: reply.fault, rows: reply.commands.at(-2)?.rows.length ?? 0 }
}
