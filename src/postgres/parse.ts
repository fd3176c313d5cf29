/** PostgreSQL's own parser (libpg-query), for finding constants and names and for rewriting expressions; never for judging. */
import { loadModule, parseSync } from 'libpg-query'
import { deparseSync } from 'pgsql-deparser'

/** One node of PostgreSQL's parse tree, as libpg-query gives it: `{ A_Expr: { … } }`. */
export type ParseNode = Record<string, unknown>

let loaded: Promise<unknown> | undefined

/** Loads the parser (WebAssembly, about 40 ms) once; call before the synchronous functions below. */
export const loadParser = async (): Promise<void> => {
  loaded ??= loadModule()
  await loaded
}

/** The tree of one scalar expression. Throws libpg-query's error (with cursorPosition) when it does not parse. */
export const parseExpression = (sql: string): ParseNode => {
  const tree = parseSync(`select (${sql}\n)`) as unknown as {
    stmts: [{ stmt: { SelectStmt: { targetList: [{ ResTarget: { val: ParseNode } }] } } }]
  }
  return tree.stmts[0].stmt.SelectStmt.targetList[0].ResTarget.val
}

/** SQL text of an expression tree, on one line. */
export const deparseExpression = (node: ParseNode): string => {
  const select = {
    SelectStmt: {
      targetList: [{ ResTarget: { val: node } }],
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    },
  }
  const text = deparseSync(select as never, { pretty: false })
  return text.replace(/^\s*select\s+/iu, '')
}

/** SQL text of one statement's tree, on one line. */
export const deparseStatement = (node: ParseNode): string =>
  deparseSync(node as never, { pretty: false }).trim()

/** The statements of a script with their byte offsets turned into character offsets. */
export const parseStatements = (sql: string): readonly { text: string; start: number; node: ParseNode }[] => {
  const bytes = Buffer.from(sql, 'utf8')
  const tree = parseSync(sql) as unknown as {
    stmts?: { stmt: ParseNode; stmt_location?: number; stmt_len?: number }[]
  }
  return (tree.stmts ?? []).map((s) => {
    const from = s.stmt_location ?? 0
    const to = s.stmt_len ? from + s.stmt_len : bytes.length
    return {
      text: bytes.subarray(from, to).toString('utf8'),
      start: bytes.subarray(0, from).toString('utf8').length,
      node: s.stmt,
    }
  })
}
