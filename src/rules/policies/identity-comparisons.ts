/** What a policy's condition says of who asks: `tenant_id = current_setting('app.tenant')::bigint`. */
import { parseExpression, type ParseNode } from '../../postgres/parse.ts'
import { columnOf, nodeParts, underCasts, walk } from '../../rows/tree.ts'

/** It stands for who asks: a call, a subquery, current_user; none of the row's own columns. */
const tellsWhoAsks = (node: unknown): boolean => {
  let asks = false
  let ownColumn = false
  walk(node, (kind) => {
    if (kind === 'FuncCall' || kind === 'SQLValueFunction' || kind === 'SubLink') asks = true
    if (kind === 'ColumnRef') ownColumn = true
    // What a subquery reads are its own columns.
    return kind !== 'SelectStmt'
  })
  return asks && !ownColumn
}

export interface Comparison {
  readonly column: string
  /** What it is compared with. */
  readonly by: unknown
  readonly node: ParseNode
  /** The policy lets no other rows through: it is all of the condition, or one of those that AND joins. */
  readonly narrows: boolean
}

const joinedByAnd = (node: ParseNode): readonly unknown[] => {
  const [kind, fields] = nodeParts(node) ?? []
  if (kind !== 'BoolExpr' || fields!['boolop'] !== 'AND_EXPR') return [node]
  return (fields!['args'] as readonly ParseNode[]).flatMap(joinedByAnd)
}

const plainColumn = (node: unknown): string | null => {
  const bare = underCasts(node)
  const fields = nodeParts(bare)?.[1]['fields']
  return Array.isArray(fields) && fields.length === 1 ? columnOf(bare) : null
}

/** Where a condition compares a column of its row with who asks, in the order of its text. */
export const comparisonsIn = (tree: unknown): readonly Omit<Comparison, 'narrows'>[] => {
  const found: Omit<Comparison, 'narrows'>[] = []
  const take = (left: unknown, right: unknown, node: ParseNode): void => {
    const column = plainColumn(left)
    if (column !== null && column !== '*' && tellsWhoAsks(right)) found.push({ column, by: right, node })
  }
  walk(tree, (kind, fields, node) => {
    if (kind === 'SelectStmt') return false
    const name = (fields['name'] as readonly unknown[] | undefined)?.at(-1)
    const isEqual = nodeParts(name)?.[1]['sval'] === '='
    if (kind === 'A_Expr' && isEqual) {
      take(fields['lexpr'], fields['rexpr'], node)
      take(fields['rexpr'], fields['lexpr'], node)
    }
    if (kind === 'SubLink' && fields['subLinkType'] === 'ANY_SUBLINK' && fields['testexpr'] !== undefined)
      take(fields['testexpr'], { SubLink: {} }, node)
    return true
  })
  return found
}

/** Where a policy compares a column of its row with who asks. Needs `loadParser()`. */
export const identityComparisons = (sql: string): readonly Comparison[] => {
  try {
    const tree = parseExpression(sql)
    const joined = joinedByAnd(tree)
    return comparisonsIn(tree).map((one) => ({ ...one, narrows: joined.includes(one.node) }))
  } catch {
    return []
  }
}
