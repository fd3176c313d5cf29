/** Sends the statements of a declared call over one session, as a driver does, and remembers what was sent. */
import { PgError, type PgFault } from '../postgres/fault.ts'
import { literal } from '../postgres/quote.ts'
import type { Command, Reply, Session } from '../postgres/session.ts'
import type { SendCall } from '../rules/experiment.ts'
import type { StatementSeen } from './call-work.ts'

const name = 'assay_call'

/** Values become what PostgreSQL makes of them as parameters; what cannot be prepared has none. */
const messageOf = (sql: string, values: readonly (string | null)[], head: string): string => {
  if (values.length === 0) return `${head}${sql}`
  return [`prepare ${name} as ${sql}\n`, `${head}execute ${name}(${values.map(literal).join(', ')})`].join(
    ';\n',
  )
}

/** What it is written with leaves a prepared statement behind. */
const tidy = `deallocate ${name}`

const affectedBy = ({ tag }: Command): number | null => {
  const count = /^(?:INSERT|UPDATE|DELETE|MERGE)\b.*?(\d+)$/u.exec(tag)?.[1]
  return count === undefined ? null : Number(count)
}

interface Seen {
  readonly sql: string
  readonly rows: number
}

export interface OpenCall {
  readonly send: SendCall
  /** What PostgreSQL refused; null: nothing. */
  fault(): PgFault | null
  statements(): readonly StatementSeen[]
  /** What EXPLAIN answered last; null: it was not asked. */
  explained(): string | null
  /** Statements are taken no more; comes back when those under way are answered. */
  close(): Promise<void>
}

export interface CallWays {
  /** Statements are run by EXPLAIN, for what they cost; then they answer no rows. */
  readonly explains: boolean
  /** Waits before each statement but the first. */
  readonly before?: () => Promise<void>
}

const explainable = /^\s*(?:with|insert|update|delete|merge|select|values)\b/iu
const analysed = 'explain (analyze, wal, timing off, summary off, costs off, format json) '

/** Twice might be two things that are done; three times is a loop. */
const fewestTimes = 3

const summed = (seen: readonly Seen[]): readonly StatementSeen[] => {
  const first = new Map<string, number>()
  const found = new Map<string, { times: number; rows: number }>()
  for (const [i, { sql, rows }] of seen.entries()) {
    if (!first.has(sql)) first.set(sql, i)
    const known = found.get(sql) ?? { times: 0, rows: 0 }
    found.set(sql, { times: known.times + 1, rows: known.rows + rows })
  }
  return [...found].map(([sql, { times, rows }]) => {
    const earlier = [...found].find(
      ([other, one]) => other !== sql && first.get(other)! < first.get(sql)! && one.rows === times,
    )
    return { sql, times, rows, onceForEachOf: times >= fewestTimes && earlier ? earlier[0] : null }
  })
}

export const openCall = (db: Session, { explains, before }: CallWays): OpenCall => {
  const seen: Seen[] = []
  let fault: PgFault | null = null
  let explained: string | null = null
  let isClosed = false
  let sent = 0
  let tail: Promise<unknown> = Promise.resolve()

  const work = async (sql: string, values: readonly (string | null)[]): ReturnType<SendCall> => {
    if (fault !== null) throw new PgError({ ...fault, sqlstate: '25P02' }, sql)
    if (sent++ > 0) await before?.()
    const isExplained = explains && explainable.test(sql)
    const message = messageOf(sql, values, isExplained ? analysed : '')
    const [reply] = (await db.batch([message, ...(values.length > 0 ? [tidy] : [])])) as [Reply]
    if (reply.fault !== null) {
      fault = reply.fault
      throw new PgError(reply.fault, sql)
    }
    const last = reply.commands.at(-1)
    if (isExplained) explained = last?.rows[0]?.[0] ?? null
    const affected = last ? affectedBy(last) : null
    const rows = isExplained ? [] : (last?.rows ?? [])
    seen.push({ sql, rows: Math.max(rows.length, affected ?? 0) })
    return { columns: last?.columns ?? [], types: last?.types ?? [], rows, affected }
  }

  return {
    send: (sql, values) => {
      if (isClosed) return Promise.reject(new Error('the call has ended: await every statement inside it'))
      const answer = tail.then(() => work(sql, values))
      tail = answer.catch(() => undefined)
      return answer
    },
    fault: () => fault,
    statements: () => summed(seen),
    explained: () => explained,
    close: async () => {
      isClosed = true
      await tail
    },
  }
}
