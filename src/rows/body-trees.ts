/** A piece of a function's body as PostgreSQL's parser reads it. */
import { parseExpression, parseStatements } from '../postgres/parse.ts'

/** Of an expression, an assignment (what is assigned) or a statement; none where the parser reads nothing. */
export const treesIn = (sql: string): readonly unknown[] => {
  // An assignment of PL/pgSQL is an expression behind its target.
  const assigned = sql.replace(/^\s*[\w."[\]]+\s*:?=(?!=)/u, '')
  for (const text of [sql, assigned]) {
    try {
      return [parseExpression(text)]
    } catch {
      // A statement, or nothing that PostgreSQL reads.
    }
  }
  try {
    return parseStatements(sql).map((s) => s.node)
  } catch {
    return []
  }
}
