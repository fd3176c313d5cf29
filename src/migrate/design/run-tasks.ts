/**
 * Runs the statements that make a target, each task in a transaction of its own. What is refused is mended where
 * something stands in its way, and tried again after the others where it waits for them.
 */
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { PgFault } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { mendRefused, type Mended } from './stand-in-the-way.ts'

export interface Task {
  /** Rule, object or structure that it is for. */
  readonly id: string
  readonly statements: readonly string[]
}

export interface Refused {
  readonly task: Task
  readonly statement: string
  readonly fault: PgFault
}

export interface Ran {
  readonly refused: readonly Refused[]
  /** Made besides, which no catalog lists. */
  readonly roles: readonly string[]
  readonly schemas: readonly string[]
}

/** Without the comment lines above it, which are hints for people. */
export const bareStatement = (sql: string): string =>
  sql
    .replace(/^(?:\s*--[^\n]*(?:\n|$))+/u, '')
    .trim()
    .replace(/;$/u, '')

/** More mends than this for one task: they undo each other. */
const mendsPerTask = 12

/** `displaces`: what stands in the way gives way. */
export const runTasks = async (db: Session, tasks: readonly Task[], displaces = true): Promise<Ran> => {
  const roles: string[] = []
  const schemas: string[] = []

  const runOnce = async (statements: readonly string[]): Promise<{ at: number; fault: PgFault } | null> => {
    const replies = await db.batch(['begin', ...statements, 'set constraints all immediate'])
    const at = replies.findIndex(({ fault }) => fault !== null)
    const [end] = await db.batch([at < 0 ? 'commit' : 'rollback'])
    if (at >= 0) return { at: at - 1, fault: replies[at]!.fault! }
    return end?.fault ? { at: statements.length - 1, fault: end.fault } : null
  }

  const run = async (task: Task): Promise<Refused | null> => {
    let statements = task.statements.map(bareStatement).filter((sql) => sql !== '')
    const tried = new Set<string>()
    const besides: Mended[] = []
    for (;;) {
      const refused = await runOnce(statements)
      if (refused === null) {
        for (const { role, schema } of besides) {
          if (role !== undefined) roles.push(role)
          if (schema !== undefined) schemas.push(schema)
        }
        return null
      }
      const statement = statements[refused.at] ?? ''
      const key = `${refused.fault.sqlstate} ${refused.fault.message} ${statement}`
      const mended =
        !displaces || tried.has(key) || tried.size >= mendsPerTask
          ? null
          : mendRefused(statement, refused.fault, await readCatalog(db))
      tried.add(key)
      if (mended === null) return { task, statement, fault: refused.fault }
      besides.push(mended)
      statements = statements.toSpliced(refused.at, 1, ...mended.statements)
    }
  }

  let open = tasks
  for (;;) {
    const refused: Refused[] = []
    for (const task of open) {
      const answer = await run(task)
      if (answer !== null) refused.push(answer)
    }
    if (refused.length === 0 || refused.length === open.length) return { refused, roles, schemas }
    open = refused.map(({ task }) => task)
  }
}
