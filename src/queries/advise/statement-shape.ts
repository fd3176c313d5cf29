/**
 * What a statement asks of each relation that it reads, found in PostgreSQL's own parse tree: conditions, joins, orders
 * and grouping. What it finds too much is harmless: every candidate is tried. Needs `loadParser()`.
 */
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { ViewFacts } from '../../catalog/view/structure.ts'
import { relationId } from '../../ground/names.ts'
import { parseExpression, parseStatements } from '../../postgres/parse.ts'
import { nameList, nodeParts, walk, columnOf } from '../../rows/tree.ts'
import { aliasOf, pairsOf, rangeVars, type ColumnsOf, type Source } from '../../rules/query/conditions.ts'
import {
  bareSql,
  conjunctsOf,
  isConstant,
  keyTerm,
  looseBodies,
  namesColumns,
  type KeyTerm,
  type OrderTerm,
  type SourceShape,
  type Term,
  type TermUse,
} from './terms.ts'

type Body = Record<string, unknown>

interface Found {
  readonly source: Source
  readonly terms: Term[]
  readonly orders: (readonly OrderTerm[])[]
  readonly groups: (readonly KeyTerm[])[]
  readonly constants: string[]
  readonly used: Set<string>
  isWhole: boolean
}

const useOf = (kind: unknown, operator: string): TermUse | null => {
  if (kind === 'AEXPR_BETWEEN') return 'bound'
  if (kind === 'AEXPR_IN' || kind === 'AEXPR_OP_ANY') return operator === '=' ? 'equal' : null
  if (kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE') return operator.startsWith('~~') ? 'pattern' : null
  if (kind !== 'AEXPR_OP') return null
  if (operator === '=') return 'equal'
  if (/^[<>]=?$/u.test(operator)) return 'bound'
  return /^(?:<>|!=|[-+*/%^]|\|\||->>?|#>>?)$/u.test(operator) ? null : 'contains'
}

const bodyOf = (node: unknown): Body => nodeParts(node)?.[1] ?? {}
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

interface Reading {
  readonly sources: readonly Source[]
  readonly columnsOf: ColumnsOf
  readonly found: readonly Found[]
}

const ownerOf = (node: unknown, { sources, columnsOf, found }: Reading): Found | undefined => {
  const alias = aliasOf(node, sources, columnsOf)
  return alias === null ? undefined : found.find(({ source }) => source.alias === alias)
}

const addTerm = (node: unknown, term: Omit<Term, 'column' | 'sql'>, reading: Reading): void => {
  const owner = ownerOf(node, reading)
  if (!owner) return
  const key = keyTerm(node)
  if (key.column === '*') return
  const known = owner.terms.some(
    (one) => one.sql === key.sql && one.use === term.use && one.operator === term.operator,
  )
  if (!known) owner.terms.push({ ...key, ...term })
}

const readCondition = (body: Body, isLoose: boolean, reading: Reading, isPolicy = false): void => {
  const operator = nameList(body['name']).at(-1) ?? ''
  const use = useOf(body['kind'], operator)
  if (use === null) return
  for (const [side, other] of pairsOf(body['lexpr'], body['rexpr'])) {
    if (!namesColumns(side)) continue
    const isJoin = namesColumns(other) && nodeParts(other)?.[0] !== 'SubLink'
    if (isJoin && (use !== 'equal' || ownerOf(other, reading) === ownerOf(side, reading))) continue
    addTerm(side, { use: isJoin ? 'join' : use, operator, isLoose, isPolicy }, reading)
  }
}

/** `a in (select b …)`: both sides are joined. */
const readSublink = (body: Body, reading: Reading): void => {
  const select = bodyOf(body['subselect'])
  const [target] = listOf(select['targetList'])
  const joined = { use: 'join', operator: '=', isLoose: false, isPolicy: false } as const
  if (body['testexpr'] !== undefined) addTerm(body['testexpr'], joined, reading)
  if (body['testexpr'] !== undefined && target !== undefined) addTerm(bodyOf(target)['val'], joined, reading)
}

/** An order names a column of the result by its name or its number. */
const underName = (node: unknown, select: Body): unknown => {
  const targets = listOf(select['targetList']).map(bodyOf)
  const column = columnOf(node)
  const constant = bodyOf(node)['ival'] as { readonly ival?: number } | undefined
  if (nodeParts(node)?.[0] === 'A_Const' && constant?.ival !== undefined)
    return targets[constant.ival - 1]?.['val'] ?? node
  return (column !== null && targets.find(({ name }) => name === column)?.['val']) || node
}

const nullsOf = (place: unknown): OrderTerm['nulls'] =>
  place === 'SORTBY_NULLS_FIRST' ? 'first' : place === 'SORTBY_NULLS_LAST' ? 'last' : null

const readSelect = (select: Body, reading: Reading): void => {
  const orders = listOf(select['sortClause']).map((one) => {
    const body = bodyOf(one)
    const node = underName(body['node'], select)
    const descending = body['sortby_dir'] === 'SORTBY_DESC'
    return { node, descending, nulls: nullsOf(body['sortby_nulls']) }
  })
  const owners = orders.map(({ node }) => ownerOf(node, reading))
  const [first] = owners
  // What follows of another relation is sorted within.
  const own = orders.filter((_, at) => owners.slice(0, at + 1).every((owner) => owner === first))
  first?.orders.push(own.map(({ node, descending, nulls }) => ({ ...keyTerm(node), descending, nulls })))
  const groups = [...listOf(select['groupClause']), ...listOf(select['distinctClause'])]
    .filter((one) => nodeParts(one) !== null)
    .map((one) => underName(one, select))
  for (const owner of reading.found) {
    const ofOwner = groups.filter((one) => ownerOf(one, reading) === owner)
    if (ofOwner.length > 0) owner.groups.push(ofOwner.map(keyTerm))
  }
  for (const one of conjunctsOf(select['whereClause'])) readConstant(one, reading)
}

const readConstant = (node: unknown, reading: Reading): void => {
  if (!isConstant(node)) return
  const owner = ownerOf(node, reading)
  const sql = bareSql(node)
  if (owner && !owner.constants.includes(sql)) owner.constants.push(sql)
}

/** `min(x)` and `max(x)` are the first and the last in an order. */
const readCall = (body: Body, reading: Reading): void => {
  const name = nameList(body['funcname']).at(-1)
  const [argument] = listOf(body['args'])
  if ((name !== 'min' && name !== 'max') || argument === undefined) return
  const owner = ownerOf(argument, reading)
  owner?.orders.push([{ ...keyTerm(argument), descending: false, nulls: null }])
}

const readJoin = (body: Body, reading: Reading): void => {
  for (const one of conjunctsOf(body['quals'])) readConstant(one, reading)
  for (const name of nameList(body['usingClause']))
    for (const { source, terms } of reading.found)
      if (reading.columnsOf(source.id).includes(name))
        terms.push({
          ...keyTerm({ ColumnRef: { fields: [{ String: { sval: name } }] } }),
          use: 'join',
          operator: '=',
          isLoose: false,
          isPolicy: false,
        })
}

const readColumn = (node: unknown, reading: Reading): void => {
  const column = columnOf(node)
  if (column === null) return
  const path = nameList(bodyOf(node)['fields'])
  const qualifier = column === '*' ? path.at(-1) : path.at(-2)
  for (const owner of reading.found) {
    if (qualifier !== undefined && owner.source.alias !== qualifier) continue
    if (column === '*' || owner.source.alias === column) owner.isWhole = true
    else if (reading.columnsOf(owner.source.id).includes(column)) owner.used.add(column)
  }
}

const readTree = (tree: unknown, reading: Reading): void => {
  const loose = looseBodies(tree)
  walk(tree, (kind, body, node) => {
    if (kind === 'A_Expr') readCondition(body, loose.has(body), reading)
    if (kind === 'SubLink') readSublink(body, reading)
    if (kind === 'SelectStmt') readSelect(body, reading)
    if (kind === 'UpdateStmt' || kind === 'DeleteStmt')
      for (const one of conjunctsOf(body['whereClause'])) readConstant(one, reading)
    if (kind === 'JoinExpr') readJoin(body, reading)
    if (kind === 'FuncCall') readCall(body, reading)
    if (kind === 'ColumnRef') readColumn(node, reading)
  })
}

/** The table that is written, which the parser gives as no node of its own. */
const writtenBy = (trees: readonly unknown[]): readonly Source[] =>
  trees.flatMap((tree) => {
    const parts = nodeParts(tree)
    if (parts?.[0] !== 'UpdateStmt' && parts?.[0] !== 'DeleteStmt') return []
    return rangeVars({ RangeVar: parts[1]['relation'] })
  })

/** Of every statement that may read the table: what its policies ask for. */
const readPolicies = (catalog: Catalog, reading: Reading): void => {
  for (const owner of reading.found) {
    if (catalog.tables.get(owner.source.id)?.rowSecurity !== true) continue
    for (const { facts } of catalog.of(owner.source.id, 'policy') as readonly Structure<PolicyFacts>[]) {
      if (facts.using === null) continue
      const only = { ...reading, sources: [owner.source], found: [owner] }
      for (const one of conjunctsOf(parseExpression(facts.using))) {
        const parts = nodeParts(one)
        if (parts?.[0] === 'A_Expr') readCondition(parts[1], false, only, true)
      }
    }
  }
}

const viewOf = (id: string, catalog: Catalog): Structure<ViewFacts> | undefined =>
  [...catalog.structures.values()].find(
    (one): one is Structure<ViewFacts> => one.kind === 'view' && relationId(one.facts as ViewFacts) === id,
  )

export interface ShapeWish {
  readonly of: string
  readonly sql: string
  /** Policies hold for who asks it. */
  readonly isGuarded: boolean
}

/** What stands over a view's columns is asked of the tables below that have columns of these names. */
const belowViews = (
  { sources, found }: Reading,
  { of, isGuarded }: ShapeWish,
  catalog: Catalog,
): readonly SourceShape[] =>
  sources.flatMap((source) => {
    const view = catalog.tables.has(source.id) ? undefined : viewOf(source.id, catalog)
    if (!view) return []
    const above = found.find((one) => one.source === source)
    return shapesOf({ of, sql: view.facts.definition, isGuarded }, catalog).map((shape) => {
      const has = ({ column }: KeyTerm): boolean => shape.table.columns.some(({ name }) => name === column)
      return {
        ...shape,
        terms: [...shape.terms, ...(above?.terms ?? []).filter(has)],
        orders: [...shape.orders, ...(above?.orders ?? []).filter((order) => order.every(has))],
      }
    })
  })

/** Throws what libpg-query throws. */
export const shapesOf = (wish: ShapeWish, catalog: Catalog): readonly SourceShape[] => {
  const trees = parseStatements(wish.sql).map(({ node }) => node)
  const sources = [...rangeVars(trees), ...writtenBy(trees)]
  const columnsOf: ColumnsOf = (id) =>
    catalog.tables.get(id)?.columns.map(({ name }) => name) ??
    viewOf(id, catalog)?.facts.columns.map(({ name }) => name) ??
    []
  const found = sources.map((source): Found => ({
    source,
    terms: [],
    orders: [],
    groups: [],
    constants: [],
    used: new Set(),
    isWhole: false,
  }))
  const reading: Reading = { sources, columnsOf, found }
  for (const tree of trees) readTree(tree, reading)
  if (wish.isGuarded) readPolicies(catalog, reading)
  return [
    ...found.flatMap(({ source, used, isWhole, ...shape }): SourceShape[] => {
      const table = catalog.tables.get(source.id)
      return table ? [{ ...shape, table, of: wish.of, used: isWhole ? null : [...used] }] : []
    }),
    ...belowViews(reading, wish, catalog),
  ]
}
