/** Applies a baseline to an empty database. A statement that PostgreSQL refuses is taken out and named; the rest stands. */
import { AssayError } from '../ground/errors.ts'
import type { PgFault } from '../postgres/fault.ts'
import { readScript } from '../postgres/script.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { runSqlFile } from './schema-script.ts'

export interface RefusedStatement {
  readonly text: string
  readonly message: string
  readonly sqlstate: string
}

export interface AppliedBaseline {
  /** What was run, in its order. */
  readonly sql: string
  readonly refused: readonly RefusedStatement[]
}

interface Piece {
  readonly text: string
  /** With the comments and blank lines before it. */
  readonly whole: string
}

const piecesOf = (sql: string): { readonly pieces: readonly Piece[]; readonly rest: string } => {
  let from = 0
  const pieces = readScript(sql).map(({ text, start }) => {
    const close = sql.indexOf(';', start + text.length)
    const end = close < 0 ? sql.length : close + 1
    const whole = sql.slice(from, end)
    from = end
    return { text, whole }
  })
  return { pieces, rest: sql.slice(from) }
}

/** Runs those that it can; the others again, after what they may have waited for, until none is taken any more. */
const runOneByOne = async (db: Session, sql: string): Promise<AppliedBaseline> => {
  const { pieces, rest } = piecesOf(sql)
  const taken: Piece[] = []
  let open: readonly Piece[] = pieces
  let messages = new Map<Piece, PgFault>()
  await db.query('begin')
  for (;;) {
    messages = new Map()
    for (const piece of open) {
      const fault = (await db.batch(['savepoint assay_piece', piece.text]))[1]!.fault
      await db.query(`${fault ? 'rollback to' : 'release'} savepoint assay_piece`)
      if (fault) messages.set(piece, fault)
      else taken.push(piece)
    }
    if (messages.size === 0 || messages.size === open.length) break
    open = [...messages.keys()]
  }
  await db.query('commit')
  return {
    sql: `${taken.map(({ whole }) => whole).join('')}${rest}`,
    refused: [...messages].map(([{ text }, { message, sqlstate }]) => ({
      text,
      message: `${message} (SQLSTATE ${sqlstate})`,
      sqlstate,
    })),
  }
}

/** As the owner, in one transaction. */
export const applyBaseline = async (
  server: Server,
  database: string,
  baseline: { readonly file: string; readonly text: string },
): Promise<AppliedBaseline> => {
  const owner = await server.connect(database, 'owner')
  try {
    await runSqlFile(owner, baseline, { skipExtensionComments: false })
    return { sql: baseline.text, refused: [] }
  } catch (cause) {
    if (!(cause instanceof AssayError) || cause.code !== 'schema.statement') throw cause
    return await runOneByOne(owner, baseline.text)
  } finally {
    await owner.end()
  }
}
