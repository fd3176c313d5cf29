/**
 * A whole query as one tree: every select in it, and every join and clause of these, each with how the query reads
 * with another node there. What stands inside a clause is expression/tree.ts's.
 */
import { fieldsOf, listOf, type ParseNode } from '../expression/tree.ts'

/** A field that is a word: `JOIN_LEFT`, a name; empty for anything else. */
export const wordOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export type Fields = Readonly<Record<string, unknown>>

/** A node in a query, by its fields. */
export interface QueryPlace {
  readonly fields: Fields
  /** The whole query with these fields there. */
  readonly put: (fields: Fields) => ParseNode
  /** The whole query with another node there. */
  readonly replace: (node: ParseNode) => ParseNode
}

/** Queries of WITH that a select may name, each with the names of its columns where it gives them. */
export type Ctes = ReadonlyMap<string, { readonly select: Fields; readonly names: readonly string[] }>

export interface JoinPlace extends QueryPlace {
  readonly ctes: Ctes
  /** Conditions that every row of this join has to meet later on: of joins around it, and WHERE. */
  readonly later: readonly ParseNode[]
  /** Outer joins around it that add rows to this one: where their condition is not met, these are blank, too. */
  readonly added: readonly { readonly conditions: readonly ParseNode[]; readonly node: unknown }[]
}

export interface SelectPlace extends QueryPlace {
  /** Those of its FROM, outermost first. */
  readonly joins: readonly JoinPlace[]
  /** Its rows are those that a reader gets: not in a subquery, not in a WITH. */
  readonly isOutermost: boolean
  /** It is asked whether it has rows, whatever these show. */
  readonly isExistence: boolean
}

type Put = (node: ParseNode) => ParseNode

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `a and b and c` as its parts. */
export const conjuncts = (node: unknown): readonly ParseNode[] => {
  if (!isObject(node)) return []
  const bool = fieldsOf(node, 'BoolExpr')
  return bool?.['boolop'] === 'AND_EXPR' ? listOf(bool['args']).flatMap(conjuncts) : [node]
}

const placeAt = (kind: string, fields: Fields, put: Put): QueryPlace => ({
  fields,
  put: (changed) => put({ [kind]: changed }),
  replace: put,
})

/** Which of its sides a join's own condition filters: rows of the other one are shown whether they fit or not. */
const filters: Readonly<Record<string, readonly ('larg' | 'rarg')[]>> = {
  JOIN_INNER: ['larg', 'rarg'],
  JOIN_LEFT: ['rarg'],
  JOIN_RIGHT: ['larg'],
}

/** Conditions of WHERE stand after rows that a join left without a partner, whatever side it is on. */
const joinsOf = (
  node: unknown,
  around: Pick<JoinPlace, 'later' | 'added' | 'ctes'>,
  put: Put,
): readonly JoinPlace[] => {
  const fields = fieldsOf(node, 'JoinExpr')
  if (!fields) return []
  const type = wordOf(fields['jointype'])
  const own = conjuncts(fields['quals'])
  const below = (side: 'larg' | 'rarg'): readonly JoinPlace[] => {
    const isFiltered = (filters[type] ?? []).includes(side)
    const isAddedTo = type === (side === 'larg' ? 'JOIN_LEFT' : 'JOIN_RIGHT')
    const other = fields[side === 'larg' ? 'rarg' : 'larg']
    const inner = {
      ctes: around.ctes,
      later: isFiltered ? [...around.later, ...own] : around.later,
      added: isAddedTo ? [{ conditions: own, node: other }, ...around.added] : around.added,
    }
    return joinsOf(fields[side], inner, (changed) => put({ JoinExpr: { ...fields, [side]: changed } }))
  }
  return [{ ...placeAt('JoinExpr', fields, put), ...around }, ...below('larg'), ...below('rarg')]
}

const fromJoins = (fields: Fields, ctes: Ctes, put: (fields: Fields) => ParseNode): readonly JoinPlace[] => {
  const from = listOf(fields['fromClause'])
  const where = conjuncts(fields['whereClause'])
  return from.flatMap((item, i) =>
    joinsOf(item, { later: where, added: [], ctes }, (node) =>
      put({ ...fields, fromClause: from.with(i, node) }),
    ),
  )
}

/** `larg` and `rarg` of a set operation are bare fields, not nodes. */
const setSides = ['larg', 'rarg'] as const

const isSetOperation = (fields: Fields): boolean =>
  fields['op'] !== undefined && fields['op'] !== 'SETOP_NONE'

type Role = Pick<SelectPlace, 'isOutermost' | 'isExistence'> & { readonly ctes: Ctes }

const outermost: Role = { isOutermost: true, isExistence: false, ctes: new Map() }

/** Those around it and those of its own WITH. */
const ctesOf = (fields: Fields, around: Ctes): Ctes => {
  const clause = isObject(fields['withClause']) ? fields['withClause'] : null
  const own = listOf(clause?.['ctes']).flatMap((item) => {
    const cte = fieldsOf(item, 'CommonTableExpr')
    const select = fieldsOf(cte?.['ctequery'], 'SelectStmt')
    const names = listOf(cte?.['aliascolnames']).map((name) => wordOf(fieldsOf(name, 'String')?.['sval']))
    return cte && select ? [[wordOf(cte['ctename']), { select, names }] as const] : []
  })
  return new Map([...around, ...own])
}

const visit = (value: unknown, put: (changed: unknown) => ParseNode, role: Role): SelectPlace[] => {
  const { ctes } = role
  const inner: Role = { isOutermost: false, isExistence: false, ctes }
  if (Array.isArray(value)) {
    const list = value as unknown[]
    return list.flatMap((item, i) => visit(item, (changed) => put(list.with(i, changed)), inner))
  }
  if (!isObject(value)) return []
  const select = fieldsOf(value, 'SelectStmt')
  if (select) return selectPlaces(select, (fields) => put({ SelectStmt: fields }), role)
  const isExistence = value['subLinkType'] === 'EXISTS_SUBLINK'
  return Object.entries(value).flatMap(([name, item]) =>
    visit(item, (changed) => put({ ...value, [name]: changed }), { isOutermost: false, isExistence, ctes }),
  )
}

const selectPlaces = (fields: Fields, put: (fields: Fields) => ParseNode, role: Role): SelectPlace[] => {
  const ctes = ctesOf(fields, role.ctes)
  const place: SelectPlace = {
    ...placeAt('SelectStmt', fields, (node) => put(fieldsOf(node, 'SelectStmt') ?? {})),
    joins: fromJoins(fields, ctes, put),
    isOutermost: role.isOutermost,
    isExistence: role.isExistence,
  }
  const sides = isSetOperation(fields)
    ? setSides.flatMap((side) =>
        isObject(fields[side])
          ? selectPlaces(fields[side], (other) => put({ ...fields, [side]: other }), { ...role, ctes })
          : [],
      )
    : []
  const below = Object.entries(fields).flatMap(([name, item]) =>
    (setSides as readonly string[]).includes(name)
      ? []
      : visit(item, (changed) => put({ ...fields, [name]: changed }), {
          isOutermost: false,
          isExistence: false,
          ctes,
        }),
  )
  return [place, ...sides, ...below]
}

/** Every select of a query, the outermost first. `query`: the tree of `(select …)` as an expression. */
export const selectsOf = (query: ParseNode): readonly SelectPlace[] => {
  const link = fieldsOf(query, 'SubLink')
  return link
    ? visit(link['subselect'], (changed) => ({ SubLink: { ...link, subselect: changed } }), outermost)
    : []
}

/** Every select that stands inside an expression, each with the expression around it. */
export const selectsInside = (expression: ParseNode): readonly SelectPlace[] =>
  visit(expression, (changed) => changed as ParseNode, { ...outermost, isOutermost: false })
