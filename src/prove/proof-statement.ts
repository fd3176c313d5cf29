/** How a proof's statement is sent so that its rows come back as json values: wrapped where PostgreSQL allows it. */
import { parseStatements, type ParseNode } from '../postgres/parse.ts'
import type { Reply } from '../postgres/session.ts'

export interface ProofStatement {
  readonly sql: string
  /** The answer is one row with one json array of objects. */
  readonly isJson: boolean
}

const nodeName = (node: ParseNode): string => Object.keys(node)[0] ?? ''
const bodyOf = (node: ParseNode): Record<string, unknown> => Object.values(node)[0] as Record<string, unknown>

const modifies = /^(?:Insert|Update|Delete|Merge)Stmt$/u

const hasWritingWith = (node: ParseNode): boolean => {
  const body = bodyOf(node)['withClause'] as { ctes?: readonly ParseNode[] } | undefined
  return (body?.ctes ?? []).some((cte) => modifies.test(nodeName(bodyOf(cte)['ctequery'] as ParseNode)))
}

const asArray = (from: string): string =>
  `select coalesce(pg_catalog.json_agg(pg_catalog.to_json(rows_)), '[]'::json)::text ${from}`

/** Needs `loadParser()`. Text that the parser refuses is sent as it is: PostgreSQL then says why. */
export const proofStatement = (sql: string): ProofStatement => {
  const asIs: ProofStatement = { sql, isJson: false }
  let statements: ReturnType<typeof parseStatements>
  try {
    statements = parseStatements(sql)
  } catch {
    return asIs
  }
  const [only] = statements
  if (statements.length !== 1 || !only || hasWritingWith(only.node)) return asIs
  const name = nodeName(only.node)
  const body = bodyOf(only.node)
  if (name === 'SelectStmt' && body['intoClause'] === undefined) {
    return { sql: asArray(`from (${only.text}\n) rows_`), isJson: true }
  }
  const returns = body['returningList'] ?? body['returningClause']
  if (modifies.test(name) && returns !== undefined) {
    return { sql: `with rows_ as (${only.text}\n) ${asArray('from rows_')}`, isJson: true }
  }
  return asIs
}

/** The rows of the statement that the reply ends with. */
export const rowsOfReply = ({ commands }: Reply, { isJson }: ProofStatement): Record<string, unknown>[] => {
  const last = commands.at(-1)
  if (!last) return []
  if (isJson) return JSON.parse(last.rows[0]?.[0] ?? '[]') as Record<string, unknown>[]
  return last.rows.map((row) => Object.fromEntries(last.columns.map((name, n) => [name, row[n] ?? null])))
}
