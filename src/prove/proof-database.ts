/** What a proof function holds in its hands: statements one after the other in a transaction that a refusal does not end. */
import type { ProofDatabase } from '../architecture/kinds/proves.ts'
import type { PgFault } from '../postgres/fault.ts'
import { ident } from '../postgres/quote.ts'
import type { Reply } from '../postgres/session.ts'
import { openInserts, type InsertParts } from './proof-insert.ts'
import { proofStatement, rowsOfReply } from './proof-statement.ts'

/** PostgreSQL's refusal of a statement, as a proof may catch it. */
export class ProofRefusal extends Error {
  override readonly name = 'ProofRefusal'
  readonly sqlstate: string
  readonly fault: PgFault

  constructor(fault: PgFault) {
    super(`${fault.message} (SQLSTATE ${fault.sqlstate})`)
    this.sqlstate = fault.sqlstate
    this.fault = fault
  }
}

export interface OpenProof {
  readonly database: ProofDatabase
  /** Statements that were asked for so far. */
  issued(): number
  /** Statements whose answer the proof never waited for: what they say would be lost. */
  unawaited(): number
  /** No further statement is taken; comes back when those under way are answered. */
  close(): Promise<void>
}

/** A promise that tells when somebody first waits for it; await calls `then` of what is no promise of the engine's own. */
const watched = <T>(answer: Promise<T>, onAwaited: () => void): Promise<T> => {
  let isAwaited = false
  const note = (): Promise<T> => {
    if (!isAwaited) onAwaited()
    isAwaited = true
    return answer
  }
  return {
    then: (fulfilled, rejected) => note().then(fulfilled, rejected),
    catch: (rejected) => note().catch(rejected),
    finally: (ended) => note().finally(ended),
    [Symbol.toStringTag]: 'Promise',
  }
}

export const openProof = (parts: Omit<InsertParts, 'attempt'>): OpenProof => {
  const { db } = parts
  let issued = 0
  let awaited = 0
  let isClosed = false
  let tail: Promise<unknown> = Promise.resolve()

  /** Savepoints nest: statements go one after the other even when the proof does not wait for them. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const answer = isClosed
      ? Promise.reject(new Error('the proof has ended: await every statement inside it'))
      : tail.then(work)
    tail = answer.catch(() => undefined)
    issued++
    return watched(answer, () => awaited++)
  }

  const send = async (sql: string): Promise<Reply> => {
    const [reply] = await db.batch([`savepoint assay_step;\n${sql}`])
    if (reply!.fault) await db.query('rollback to savepoint assay_step')
    return reply!
  }

  const insert = openInserts({ ...parts, attempt: async (sql) => (await send(sql)).fault })

  /** Parents are the prover's business, whoever the proof speaks as. */
  const asProver = async <T>(work: () => Promise<T>): Promise<T> => {
    const [current] = await db.query(`select pg_catalog.current_setting('role')`)
    const role = current?.rows[0]?.[0] ?? 'none'
    if (role === 'none') return work()
    await db.query('set local role none')
    try {
      return await work()
    } finally {
      await db.query(`set local role ${ident(role)}`)
    }
  }

  const database: ProofDatabase = {
    query: <T>(sql: string) =>
      inTurn(async () => {
        const statement = proofStatement(sql)
        const reply = await send(statement.sql)
        if (reply.fault) throw new ProofRefusal(reply.fault)
        return rowsOfReply(reply, statement) as T[]
      }),
    insert: (table, values = {}) =>
      inTurn(async () => {
        const inserted = await asProver(() => insert(table, values))
        if ('fault' in inserted) throw new ProofRefusal(inserted.fault)
        if ('problem' in inserted) throw new Error(inserted.problem)
        return inserted.row
      }),
    refuses: (sql, sqlstate) =>
      inTurn(async () => {
        const [reply] = await db.batch([`savepoint assay_step;\n${sql};\nset constraints all immediate`])
        await db.query('rollback to savepoint assay_step')
        const fault = reply!.fault
        if (fault?.sqlstate === sqlstate) return
        throw new Error(
          fault === null
            ? `expected to be refused with SQLSTATE ${sqlstate}, but it was accepted: ${sql}`
            : `expected to be refused with SQLSTATE ${sqlstate}, but it was refused with ${fault.sqlstate}: ${fault.message}`,
        )
      }),
  }
  return {
    database,
    issued: () => issued,
    unawaited: () => issued - awaited,
    close: async () => {
      isClosed = true
      await tail
    },
  }
}
