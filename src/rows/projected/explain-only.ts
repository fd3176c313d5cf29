/**
 * The only thing that is done in a projected database: one statement's plan. What is not one statement that has a plan
 * never gets there, PREPARE takes nothing else, EXPLAIN without ANALYZE runs nothing, and the session may not write.
 */
import { AssayError } from '../../ground/errors.ts'
import { loadParser, parseStatements } from '../../postgres/parse.ts'
import { PgError } from '../../postgres/fault.ts'
import { parsePlan, type PlanNode } from '../../postgres/plan.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Reply, Session } from '../../postgres/session.ts'

const planned = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

const refusal = (statement: string, found: string, mend: string, cause?: unknown): AssayError =>
  new AssayError('The statement has no plan.', {
    code: 'projection.statement',
    exit: 2,
    asked: statement.length > 400 ? `${statement.slice(0, 400)} …` : statement,
    found,
    mend,
    ...(cause === undefined ? {} : { cause }),
  })

const assertPlanned = async (statement: string): Promise<void> => {
  await loadParser()
  let found: ReturnType<typeof parseStatements>
  try {
    found = parseStatements(statement)
  } catch (cause) {
    throw refusal(
      statement,
      (cause as Error).message,
      'Write one SELECT, INSERT, UPDATE, DELETE or MERGE.',
      cause,
    )
  }
  const kinds = found.flatMap(({ node }) => Object.keys(node))
  if (kinds.length === 1 && planned.has(kinds[0]!)) return
  throw refusal(
    statement,
    kinds.length === 1
      ? `a ${kinds[0]!.replace(/Stmt$/u, '').toLowerCase()} statement`
      : `${kinds.length} statements`,
    'Write one SELECT, INSERT, UPDATE, DELETE or MERGE.',
  )
}

/** Evaluating a constant function may read the empty pages of a table of many gigabytes. */
const limit = '10s'

export const guardSettings: readonly string[] = [
  'set default_transaction_read_only = on',
  `set statement_timeout = '${limit}'`,
  'set plan_cache_mode = force_custom_plan',
  'set jit = off',
]

const name = ident('assay_projected')

/** The last of the replies is that of EXPLAIN. */
const planOf = (statement: string, replies: readonly Reply[]): PlanNode => {
  const fault = replies.find((reply) => reply.fault !== null)?.fault ?? null
  if (fault !== null)
    throw refusal(
      statement,
      `${fault.message} (SQLSTATE ${fault.sqlstate})`,
      fault.sqlstate === '57014'
        ? `Its planning took more than ${limit}: it evaluates a function that reads a table.`
        : (fault.hint ?? 'Mend the statement, or its parameters.'),
      new PgError(fault, statement),
    )
  const rows = replies.at(-1)?.commands.at(-1)?.rows ?? []
  const plan = parsePlan(rows.map(([line]) => line ?? '').join('\n'))
  if (plan === null) throw refusal(statement, 'an answer of EXPLAIN that is no plan', 'Report this as a bug.')
  return plan
}

/** Parameters ($1, $2 …) are texts in the form of their types; null: the plan for any. Throws AssayError. */
export const explainOnly = async (
  db: Session,
  statement: string,
  parameters: readonly (string | null)[] | null,
): Promise<PlanNode> => {
  await assertPlanned(statement)
  const text = statement.replace(/[\s;]*$/u, '')
  if (parameters === null)
    return planOf(
      statement,
      await db.batch([`explain (format json, verbose, costs on, generic_plan) ${text}\n`]),
    )
  const values = parameters.length === 0 ? '' : `(${parameters.map(literal).join(', ')})`
  const replies = await db.batch([
    `prepare ${name} as ${text}\n`,
    `explain (format json, verbose, costs on) execute ${name}${values}`,
    `deallocate ${name}`,
  ])
  return planOf(statement, replies.slice(0, 2))
}
