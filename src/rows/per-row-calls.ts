/** Calls in a condition that read no column and that a subquery would take out of it: `auth.uid()` becomes `(select auth.uid())`. */
import { printExpression } from '../catalog/expression/text.ts'
import { placesOf } from '../catalog/expression/tree.ts'
import { parseExpression, type ParseNode } from '../postgres/parse.ts'
import { nameList, nodeParts, walk } from './tree.ts'

/** `['auth', 'uid']`; PostgreSQL's own stand without a schema. */
export interface CallName {
  readonly schema: string
  readonly name: string
}

export const callKey = ({ schema, name }: CallName): string => JSON.stringify([schema, name])

const nameOf = (names: readonly string[]): CallName =>
  names.length > 1
    ? { schema: names.at(-2) ?? '', name: names.at(-1) ?? '' }
    : { schema: 'pg_catalog', name: names[0] ?? '' }

const valueKinds: ReadonlySet<string> = new Set(
  'A_Expr BoolExpr BooleanTest CaseExpr CoalesceExpr FuncCall MinMaxExpr NullTest TypeCast'.split(' '),
)

interface Found {
  readonly calls: readonly CallName[]
  readonly readsRow: boolean
}

const lookInto = (node: ParseNode): Found => {
  const calls: CallName[] = []
  let readsRow = false
  walk(node, (kind, fields) => {
    if (kind === 'FuncCall') calls.push(nameOf(nameList(fields['funcname'])))
    if (kind === 'ColumnRef' || kind === 'SubLink') readsRow = true
  })
  return { calls, readsRow }
}

/** Every function that a condition calls outside of its subqueries. */
export const callsIn = (sql: string): readonly CallName[] => {
  try {
    return placesOf(parseExpression(sql)).flatMap(({ node }) => {
      const parts = nodeParts(node)
      return parts?.[0] === 'FuncCall' ? [nameOf(nameList(parts[1]['funcname']))] : []
    })
  } catch {
    return []
  }
}

const asSubquery = (node: ParseNode): ParseNode => ({
  SubLink: {
    subLinkType: 'EXPR_SUBLINK',
    subselect: {
      SelectStmt: {
        targetList: [{ ResTarget: { val: node } }],
        limitOption: 'LIMIT_OPTION_DEFAULT',
        op: 'SETOP_NONE',
      },
    },
  },
})

export interface Wrapped {
  readonly sql: string
  /** The functions that are called once then, in the order of the text. */
  readonly calls: readonly CallName[]
}

/**
 * The condition with its widest parts that read no column in subqueries; null when it has none. `isSteady`: the
 * function answers the same throughout a statement, and is not folded before it.
 */
export const wrapCalls = (
  sql: string,
  isSteady: (call: CallName) => boolean,
  mayStand: (call: CallName) => boolean,
): Wrapped | null => {
  const calls: CallName[] = []
  const wrapNext = (tree: ParseNode): ParseNode | null => {
    for (const place of placesOf(tree)) {
      const kind = nodeParts(place.node)?.[0] ?? ''
      if (!valueKinds.has(kind)) continue
      const found = lookInto(place.node)
      if (found.readsRow || !found.calls.some(isSteady)) continue
      if (!found.calls.every((call) => isSteady(call) || mayStand(call))) continue
      calls.push(...found.calls.filter(isSteady))
      return place.put(asSubquery(place.node))
    }
    return null
  }
  try {
    let tree = parseExpression(sql)
    for (let next = wrapNext(tree); next !== null; next = wrapNext(tree)) tree = next
    if (calls.length === 0) return null
    const text = printExpression(tree)
    return text === null ? null : { sql: text, calls }
  } catch {
    return null
  }
}
