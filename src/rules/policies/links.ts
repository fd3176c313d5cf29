/**
 * What subqueries of policies, and functions that policies call, set equal: columns of other tables with those of the
 * policy's own row, with a constant, and with one another. A row that stands around another has to fit it to be found.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import { parseExpression, parseStatements } from '../../postgres/parse.ts'
import type { Row } from '../../rows/rows.ts'
import { constantOf, nameList, nodeParts, underCasts, walk } from '../../rows/tree.ts'
import { conjuncts, functionsOf, joinConditions, sourcesOf, treesOfFunction } from './reading.ts'

export interface Links {
  /** Values for the table's columns beside this row of the policy's own table; `placed`: rows of other tables there, by table id. */
  pinsOf(table: Table, own: Row, placed: ReadonlyMap<string, Row>): Row
}

/** A column, or a constant: `["orders","id"]`, `["","id"]` for the policy's own row, `[null,"owner"]`. */
type Place = string

const place = (table: string | null, name: string): Place => JSON.stringify([table, name])

/** What a name may stand for: sources of the selects around it, the innermost first, and parameters. */
interface Scope {
  readonly frames: readonly ReturnType<typeof sourcesOf>[]
  /** Null: in the policy itself. */
  readonly parameters: {
    readonly names: readonly string[]
    readonly places: readonly (Place | null)[]
  } | null
}

/** How deep functions call functions. */
const deepest = 4

export const parameterNames = ({ statement }: FunctionFacts): readonly string[] => {
  try {
    const [create] = parseStatements(statement)
    const listed = nodeParts(create?.node)?.[1]['parameters']
    return (Array.isArray(listed) ? listed : []).map((one) => {
      const name = nodeParts(one)?.[1]['name']
      return typeof name === 'string' ? name : ''
    })
  } catch {
    return []
  }
}

const unions = () => {
  const above = new Map<Place, Place>()
  const root = (of: Place): Place => {
    const next = above.get(of)
    return next === undefined || next === of ? of : root(next)
  }
  const known: Place[] = []
  return {
    unite: (a: Place | null, b: Place | null): void => {
      if (a === null || b === null) return
      for (const one of [a, b]) if (!known.includes(one)) known.push(one)
      above.set(root(a), root(b))
    },
    with: (of: Place): readonly Place[] => known.filter((one) => one !== of && root(one) === root(of)),
  }
}

const isEquality = (body: Record<string, unknown>): boolean =>
  ['AEXPR_OP', 'AEXPR_OP_ANY'].includes(String(body['kind'])) && nameList(body['name']).at(-1) === '='

/** Of a list that is a constant (`{owner,admin}`) the first. */
const memberOf = (of: Place | null): Place | null => {
  if (of === null) return null
  const [table, text] = JSON.parse(of) as readonly [string | null, string]
  const listed = table === null ? /^\{("?)([^",{}]*)\1[,}]/u.exec(text) : null
  return listed ? place(null, listed[2] ?? '') : of
}

/** The first of a list that is written out. */
const firstOf = (node: unknown): unknown => {
  const [kind, body] = nodeParts(underCasts(node)) ?? ['', {}]
  const elements = kind === 'A_ArrayExpr' ? body['elements'] : null
  return Array.isArray(elements) ? elements[0] : node
}

/** The parser must be loaded. */
export const readLinks = (catalog: Catalog, table: Table, expressions: readonly string[]): Links => {
  const { unite, with: equalTo } = unions()
  const tables = [...catalog.tables.values()]
  const functions = functionsOf(catalog)
  const tableNamed: Parameters<typeof sourcesOf>[1] = ({ schema, name }) =>
    tables.find((t) => t.name === name && (schema === null || t.schema === schema))
  const has = (one: Table, column: string): boolean => one.columns.some((c) => c.name === column)

  const placeOf = (given: unknown, { frames, parameters }: Scope): Place | null => {
    const node = firstOf(underCasts(given))
    const constant = constantOf(node)
    if (constant !== null) return place(null, constant)
    const [kind, body] = nodeParts(underCasts(node)) ?? ['', {}]
    if (kind === 'ParamRef') return parameters?.places[Number(body['number']) - 1] ?? null
    if (kind !== 'ColumnRef') return null
    const path = nameList(body['fields'])
    const name = path.at(-1) ?? ''
    const alias = path.length > 1 ? path.at(-2) : undefined
    for (const frame of frames) {
      const source = frame.find((s) => (alias === undefined || s.alias === alias) && has(s.table, name))
      if (source) return place(source.table.id, name)
    }
    const parameter = parameters?.names.indexOf(name) ?? -1
    if (parameters !== null) return parameters.places[parameter] ?? null
    return (alias === undefined || alias === table.name) && has(table, name) ? place('', name) : null
  }

  /** What a select, or what a function's first one, puts out. */
  const visitSelect = (select: Record<string, unknown>, scope: Scope, depth: number): Place | null => {
    const inner = { ...scope, frames: [sourcesOf(select, tableNamed), ...scope.frames] }
    const parts = [...conjuncts(select['whereClause']), ...joinConditions(select['fromClause'])]
    for (const part of parts) {
      const [kind, body] = nodeParts(part) ?? ['', {}]
      if (kind !== 'A_Expr' || !isEquality(body)) continue
      const right = placeOf(body['rexpr'], inner)
      unite(placeOf(body['lexpr'], inner), body['kind'] === 'AEXPR_OP' ? right : memberOf(right))
    }
    const [target] = (select['targetList'] ?? []) as readonly unknown[]
    const value = nodeParts(target)?.[1]['val']
    for (const [key, below] of Object.entries(select)) if (key !== 'targetList') visit(below, inner, depth)
    return visit(value, inner, depth) ?? placeOf(value, inner)
  }

  const visitCall = (body: Record<string, unknown>, scope: Scope, depth: number): Place | null => {
    const name = nameList(body['funcname'])
    const args = (body['args'] ?? []) as readonly unknown[]
    const called = functions.find(
      (f) => f.name === name.at(-1) && (name.length === 1 || f.schema === name.at(-2)),
    )
    if (!called || depth >= deepest) return null
    const parameters = { names: parameterNames(called), places: args.map((arg) => placeOf(arg, scope)) }
    const results = treesOfFunction(called).map((tree) =>
      visit(tree, { frames: [], parameters }, depth + 1, true),
    )
    return results.find((one) => one !== null) ?? null
  }

  /** Everything below a node; the place of what a select or a call answers. */
  const visit = (node: unknown, scope: Scope, depth: number, isBody = false): Place | null => {
    let answer: Place | null = null
    walk(node, (kind, body, at) => {
      if (kind === 'SelectStmt') {
        const found = visitSelect(body, scope, depth)
        if (at === node || isBody) answer ??= found
        return false
      }
      if (kind === 'FuncCall') {
        const found = visitCall(body, scope, depth)
        if (at === node) answer = found
        return true
      }
      if (kind !== 'SubLink' || body['subLinkType'] !== 'ANY_SUBLINK') return true
      visit(body['testexpr'], scope, depth)
      unite(placeOf(body['testexpr'], scope), visit(body['subselect'], scope, depth))
      return false
    })
    return answer
  }

  for (const sql of expressions) visit(parseExpression(sql), { frames: [], parameters: null }, 0)

  return {
    pinsOf: (of, own, placed) =>
      Object.fromEntries(
        of.columns.flatMap(({ name, generated }) => {
          if (generated !== null) return []
          const equals = equalTo(place(of.id, name)).map(
            (one) => JSON.parse(one) as readonly [string | null, string],
          )
          const rows = equals.flatMap(([id, column]) =>
            id === null ? [] : ((id === '' ? own : placed.get(id))?.[column] ?? []),
          )
          const constants = equals.flatMap(([id, text]) => (id === null ? [literal(text)] : []))
          const value = [...rows, ...constants].find((one) => one !== 'null' && one !== 'default')
          return value === undefined ? [] : [[name, value]]
        }),
      ),
  }
}
