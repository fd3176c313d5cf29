/** What of a statement is planned: of PREPARE, a cursor and COPY the query within. */
import { deparseStatement, parseStatements } from '../../postgres/parse.ts'
import { nodeParts } from '../../rows/tree.ts'

const planned = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])
const around = new Set(['PrepareStmt', 'DeclareCursorStmt', 'CopyStmt'])

/** Null where it has no plan, or is several statements. Needs `loadParser()`; throws where it cannot be parsed. */
export const plannedText = (sql: string): string | null => {
  const [first, ...others] = parseStatements(sql)
  const [kind, body] = nodeParts(first?.node) ?? []
  if (kind === undefined || others.length > 0) return null
  if (planned.has(kind)) return sql
  const within = around.has(kind) ? nodeParts(body!['query']) : null
  return within !== null && planned.has(within[0]) ? deparseStatement({ [within[0]]: within[1] }) : null
}
