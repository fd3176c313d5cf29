/**
 * Whose a row is, where another table says it: `exists (select from members m where m.team = t.team and m.who = …)`,
 * `team in (select …)`, `team = any (my_teams())`, also through tables behind it. What is left when the part about who
 * asks is taken out of the policy's own subquery is a select of all who may ask.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { relationId } from '../../ground/names.ts'
import { deparseStatement, type ParseNode } from '../../postgres/parse.ts'
import { columnOf, nameList, nodeParts, underCasts, walk } from '../../rows/tree.ts'
import { conjuncts, joinConditions } from '../policies/reading.ts'
import { bodyOfCall, bound, columnRef, mapTree, ownRow, type Scope } from './bound-tree.ts'

type Body = Record<string, unknown>

/** Where a table of the schema is to be found under another name; null: as it is. */
export type Instead = (id: string) => string | null

export interface Members {
  /** The part of who asks that it names. */
  readonly field: string
  /** Columns of the row by which it is found, in order of appearance; none: it says the same of all rows. */
  readonly columns: readonly string[]
  /** Relation ids of the tables that say it. */
  readonly tables: readonly string[]
  /** Their columns that are equal to one of the row. */
  readonly links: readonly { readonly table: string; readonly column: string; readonly own: string }[]
  /** The column that names who asks; null: no column alone. */
  readonly who: { readonly table: string; readonly column: string } | null
  /** SQL of a select of all who see the row of this alias: one text column. */
  sql(alias: string, instead?: Instead): string
}

/** Found in a condition: who it names, with what, and the select that answers it. */
interface Asked {
  readonly select: Body
  /** What is compared with who asks. */
  readonly by: unknown
}

export interface MembersScope {
  readonly catalog: Catalog
  readonly table: Table
  /** The part of who asks that an expression is about; null: none. */
  readonly fieldOf: (column: string, by: unknown) => string | null
}

/** How deep functions call functions, and subqueries stand in one another. */
const deepest = 5

const yes = { A_Const: { boolval: { boolval: true } } }

const hasColumns = (node: unknown): boolean => {
  let found = false
  walk(node, (kind) => {
    if (kind === 'ColumnRef') found = true
  })
  return found
}

const isEqual = (body: Body): boolean => nameList(body['name']).at(-1) === '='

const equation = (lexpr: unknown, rexpr: unknown): unknown => ({
  A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: '=' } }], lexpr, rexpr },
})

const both = (some: readonly unknown[]): unknown =>
  some.length === 1 ? some[0] : { BoolExpr: { boolop: 'AND_EXPR', args: some } }

const selectIn = (node: unknown): Body | null => {
  const [kind, body] = nodeParts(node) ?? ['', {}]
  if (kind === 'SelectStmt') return body
  if (kind !== 'SubLink' || body['subLinkType'] === 'EXISTS_SUBLINK' || body['testexpr'] !== undefined)
    return null
  return selectIn(body['subselect'])
}

const targetsOf = (select: Body): readonly unknown[] =>
  ((select['targetList'] ?? []) as readonly unknown[]).map((one) => nodeParts(one)?.[1]['val'])

/** `array_agg(team)`: what it puts together. */
const elementOf = (target: unknown): unknown => {
  const [kind, body] = nodeParts(underCasts(target)) ?? ['', {}]
  const [first] = (body['args'] ?? []) as readonly unknown[]
  return kind === 'FuncCall' && nameList(body['funcname']).at(-1) === 'array_agg' ? first : target
}

const partsThatGroup = ['groupClause', 'havingClause', 'withClause', 'limitCount', 'valuesLists', 'larg']

const isPlain = (select: Body): boolean =>
  partsThatGroup.every((part) => select[part] === undefined || part === 'limitCount')

const withCondition = (select: Body, condition: unknown): Body => ({
  ...select,
  whereClause: both([...(select['whereClause'] === undefined ? [] : [select['whereClause']]), condition]),
})

/** Functions that a FROM calls, as the selects that they are. */
const withBodies = (select: Body, scope: Scope): Body => ({
  ...select,
  fromClause: ((select['fromClause'] ?? []) as readonly unknown[]).map((item) => {
    const [kind, body] = nodeParts(item) ?? ['', {}]
    const [call] = kind === 'RangeFunction' ? ([body['functions']].flat(3) as readonly unknown[]) : []
    const listed = nodeParts(call)?.[0] === 'List' ? nodeParts(call)?.[1]['items'] : call
    const [only] = [listed].flat() as readonly unknown[]
    const inner = only === undefined ? null : selectIn(bodyOfCall(only, scope))
    if (inner === null) return item
    const alias = body['alias'] as { aliasname?: string; colnames?: unknown } | undefined
    const name = alias?.aliasname ?? nameList(nodeParts(only)?.[1]['funcname']).at(-1) ?? 'called'
    const colnames =
      alias?.colnames ?? (targetsOf(inner).length === 1 ? [{ String: { sval: name } }] : undefined)
    return {
      RangeSubselect: {
        lateral: true,
        subquery: { SelectStmt: inner },
        alias: { aliasname: name, ...(colnames === undefined ? {} : { colnames }) },
      },
    }
  }),
})

const who = 'assay_who'

/** A column that says who asks. */
const named = (val: unknown): unknown => ({ ResTarget: { name: who, val } })
const whoOf = (alias: string): unknown => ({ ResTarget: { val: columnRef(alias, who) } })

const fromOf = (select: Body, aliasname: string): unknown => ({
  RangeSubselect: {
    lateral: true,
    subquery: { SelectStmt: { ...select, targetList: targetsOf(select).map(named) } },
    alias: { aliasname },
  },
})

const finder = ({ catalog, table, fieldOf }: MembersScope) => {
  const scope: Scope = { catalog, table, frames: [], given: null }
  const names = (column: unknown, by: unknown): boolean =>
    !hasColumns(by) && fieldOf(columnOf(underCasts(column)) ?? '', by) !== null

  /** `given = answer of a select`: who asks is in it, or it is who asks. */
  const inAnswer = (given: unknown, select: Body, depth: number): Asked | null => {
    const targets = targetsOf(select)
    const [target] = targets
    if (target === undefined || depth > deepest) return null
    const said = elementOf(target)
    if (select['fromClause'] === undefined) {
      // It only passes on what something else answers.
      const inner = selectIn(said) ?? selectIn(bodyOfCall(said, scope))
      return inner === null || inner === select ? null : inAnswer(given, inner, depth + 1)
    }
    if (!isPlain(select)) return null
    if (names(said, given))
      return { select: { ...select, targetList: [{ ResTarget: { val: said } }] }, by: given }
    const row =
      targets.length === 1 ? said : { RowExpr: { args: targets, row_format: 'COERCE_EXPLICIT_CALL' } }
    return inSelect(withCondition(select, equation(row, given)), depth)
  }

  const inSelect = (given: Body, depth: number): Asked | null => {
    if (depth > deepest || given['fromClause'] === undefined || !isPlain(given)) return null
    const select = withBodies(given, scope)
    for (const part of [...conjuncts(select['whereClause']), ...joinConditions(select['fromClause'])]) {
      const found = inPart(part, depth)
      if (found === null) continue
      const without = mapTree(select, (node) => (node === part ? yes : node)) as Body
      if (found.select === null)
        return { select: { ...without, targetList: [{ ResTarget: { val: found.x } }] }, by: found.by }
      const alias = `assay_inner_${depth}`
      const from = [...(without['fromClause'] as readonly unknown[]), fromOf(found.select, alias)]
      return { select: { ...without, targetList: [whoOf(alias)], fromClause: from }, by: found.by }
    }
    return inSources(select, depth)
  }

  /** Where a source of the FROM is a subquery that says it. */
  const inSources = (select: Body, depth: number): Asked | null => {
    const from = select['fromClause'] as readonly unknown[]
    for (const item of from) {
      const [kind, body] = nodeParts(item) ?? ['', {}]
      const inner = kind === 'RangeSubselect' ? selectIn(body['subquery']) : null
      const found = inner === null ? null : inSelect(inner, depth + 1)
      const alias = (body['alias'] as { readonly aliasname?: string } | undefined)?.aliasname
      if (inner === null || found === null || alias === undefined) continue
      const targetList = [...(inner['targetList'] as readonly unknown[]), named(targetsOf(found.select)[0])]
      const changed = {
        RangeSubselect: { ...body, subquery: { SelectStmt: { ...found.select, targetList } } },
      }
      const fromClause = from.map((one) => (one === item ? changed : one))
      return { select: { ...select, targetList: [whoOf(alias)], fromClause }, by: found.by }
    }
    return null
  }

  type Part = { readonly select: null; readonly x: unknown; readonly by: unknown } | Asked

  /** A condition inside of a subquery: a column of its own compared with who asks, or a subquery behind it. */
  const inPart = (part: unknown, depth: number): Part | null => {
    const [kind, body] = nodeParts(part) ?? ['', {}]
    const behind = inCondition(part, depth + 1)
    if (behind !== null) return behind
    if (kind === 'BoolExpr' && body['boolop'] === 'OR_EXPR') {
      for (const one of body['args'] as readonly unknown[]) {
        const found = inPart(one, depth)
        if (found !== null) return found
      }
    }
    if (kind !== 'A_Expr' || !isEqual(body) || body['kind'] !== 'AEXPR_OP') return null
    const sides = [body['lexpr'], body['rexpr']]
    for (const [x, by] of [sides, sides.toReversed()])
      if (hasColumns(x) && names(x, by)) return { select: null, x, by }
    return null
  }

  const inEquation = (body: Body, depth: number): Asked | null => {
    const sides = [body['lexpr'], body['rexpr']]
    const isAny = body['kind'] === 'AEXPR_OP_ANY'
    for (const [given, answer] of isAny ? [sides] : [sides, sides.toReversed()]) {
      const bare = underCasts(answer)
      const select = selectIn(bare) ?? selectIn(bodyOfCall(bare, scope))
      const found = select === null ? null : inAnswer(given, select, depth)
      if (found !== null) return found
      // `auth.uid() = any (readers)`
      if (isAny && hasColumns(bare) && select === null && names(bare, given)) {
        const val = { FuncCall: { funcname: [{ String: { sval: 'unnest' } }], args: [bare] } }
        return {
          select: {
            targetList: [{ ResTarget: { val } }],
            limitOption: 'LIMIT_OPTION_DEFAULT',
            op: 'SETOP_NONE',
          },
          by: given,
        }
      }
    }
    return null
  }

  const inCondition = (node: unknown, depth: number): Asked | null => {
    if (depth > deepest) return null
    const [kind, body] = nodeParts(underCasts(node)) ?? ['', {}]
    if (kind === 'SubLink') {
      const select = selectIn(body['subselect'])
      if (select === null) return null
      if (body['subLinkType'] === 'EXISTS_SUBLINK') return inSelect(select, depth)
      if (body['subLinkType'] === 'ANY_SUBLINK') return inAnswer(body['testexpr'], select, depth)
      // `(select is_member(team))`
      const [target, ...others] = targetsOf(select)
      if (body['subLinkType'] !== 'EXPR_SUBLINK' || others.length > 0) return null
      return select['fromClause'] === undefined ? inCondition(target, depth + 1) : inSelect(select, depth)
    }
    if (kind === 'A_Expr' && isEqual(body) && ['AEXPR_OP', 'AEXPR_OP_ANY'].includes(String(body['kind'])))
      return inEquation(body, depth)
    if (kind !== 'FuncCall') return null
    const said = bodyOfCall(node, scope)
    const select = selectIn(said)
    if (select === null || select['fromClause'] !== undefined)
      return select === null ? inAll(said, depth + 1) : inSelect(select, depth + 1)
    return inAll(targetsOf(select)[0], depth + 1)
  }

  /** The first of those that AND joins. */
  const inAll = (node: unknown, depth: number): Asked | null => {
    for (const part of conjuncts(node ?? undefined)) {
      const found = inCondition(part, depth)
      if (found !== null) return found
    }
    return null
  }

  return (node: unknown): Asked | null => inCondition(bound(node, scope), 0)
}

const idOf = ({ schemaname, relname }: Body): string =>
  relationId({ schema: typeof schemaname === 'string' ? schemaname : 'public', name: String(relname) })

const tablesIn = (tree: unknown): readonly string[] => {
  const found = new Set<string>()
  walk(tree, (kind, body) => {
    if (kind === 'RangeVar') found.add(idOf(body))
  })
  return [...found]
}

const ownColumn = (node: unknown): string | null => {
  const [kind, body] = nodeParts(underCasts(node)) ?? ['', {}]
  const path = kind === 'ColumnRef' ? nameList(body['fields']) : []
  return path.at(-2) === ownRow ? (path.at(-1) ?? null) : null
}

/** The table's column that a name stands for in any of the selects. */
const columnAt = (node: unknown, tree: unknown, catalog: Catalog): Members['who'] => {
  const bare = underCasts(node)
  const name = columnOf(bare)
  if (name === null) return null
  const path = nameList(nodeParts(bare)![1]['fields'])
  const behind = path.length > 1 ? path.at(-2) : undefined
  let found: Members['who'] = null
  walk(tree, (kind, body) => {
    if (kind !== 'RangeVar' || found !== null) return
    const table = catalog.tables.get(idOf(body))
    const alias = (body['alias'] as { readonly aliasname?: string } | undefined)?.aliasname
    if (behind !== undefined && behind !== alias) return
    if (table?.columns.some((column) => column.name === name)) found = { table: table.id, column: name }
  })
  return found
}

const linksIn = (tree: unknown, catalog: Catalog): Members['links'] => {
  const found: Members['links'][number][] = []
  walk(tree, (kind, body) => {
    if (kind !== 'A_Expr' || body['kind'] !== 'AEXPR_OP' || !isEqual(body)) return
    const sides = [body['lexpr'], body['rexpr']]
    for (const [one, other] of [sides, sides.toReversed()]) {
      const own = ownColumn(one)
      const at = own === null ? null : columnAt(other, tree, catalog)
      if (own !== null && at !== null) found.push({ ...at, own })
    }
  })
  return found
}

/** What is compared with who asks, as deep as it stands. */
const xOf = (select: Body): unknown => {
  const target = targetsOf(select).at(-1)
  const path = nameList(nodeParts(target)?.[1]['fields'])
  if (path.at(-1) !== who) return target
  for (const item of (select['fromClause'] ?? []) as readonly unknown[]) {
    const [kind, body] = nodeParts(item) ?? ['', {}]
    const alias = (body['alias'] as { readonly aliasname?: string } | undefined)?.aliasname
    const inner = kind === 'RangeSubselect' && alias === path[0] ? selectIn(body['subquery']) : null
    if (inner !== null) return xOf(inner)
  }
  return target
}

const sqlOf =
  (select: Body): Members['sql'] =>
  (alias, instead = () => null) => {
    const tree = mapTree({ SelectStmt: select }, (node) => {
      const [kind, body] = nodeParts(node) ?? ['', {}]
      const own = kind === 'ColumnRef' ? nameList(body['fields']) : []
      if (own.length > 1 && own.at(-2) === ownRow) return columnRef(alias, own.at(-1)!)
      const relname = kind === 'RangeVar' ? instead(idOf(body)) : null
      if (relname === null) return node
      const { schemaname: _schema, ...others } = body
      return { RangeVar: { ...others, relname } }
    })
    return `select told.who::text as who from (${deparseStatement(tree as ParseNode)}) told(who)`
  }

/** Reads single conditions of a policy of the table: what AND and OR join is split before. Needs `loadParser()`. */
export const membersReader = (parts: MembersScope): ((node: unknown) => Members | null) => {
  const find = finder(parts)
  return (node) => {
    const asked = find(node)
    if (asked === null) return null
    const tree = { SelectStmt: asked.select }
    const x = xOf(asked.select)
    const field = parts.fieldOf(columnOf(underCasts(x)) ?? '', asked.by)
    const columns: string[] = []
    walk(tree, (_kind, _body, at) => {
      const own = ownColumn(at)
      if (own !== null && !columns.includes(own)) columns.push(own)
    })
    if (field === null) return null
    return {
      field,
      columns,
      tables: tablesIn(tree),
      links: linksIn(tree, parts.catalog),
      who: columnAt(x, tree, parts.catalog),
      sql: sqlOf(asked.select),
    }
  }
}
