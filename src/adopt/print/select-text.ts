/**
 * SQL of a plain subquery as a person would write it: the columns, the tables and how they are joined, and the
 * condition. Anything more (groups, orders, limits, WITH) has no plain form here.
 */
import { fieldsOf, listOf, unwrap, type ParseNode } from '../../catalog/expression/tree.ts'

export interface SelectWords {
  /** Of an expression that stands in it. */
  readonly text: (node: ParseNode) => string
  readonly name: (name: string) => string
  readonly relation: (names: readonly string[]) => string
  /** Throws. */
  readonly unknown: () => never
}

const plainFields: ReadonlySet<string> = new Set([
  'targetList',
  'fromClause',
  'whereClause',
  'limitOption',
  'op',
])
const plainRelation: ReadonlySet<string> = new Set([
  'catalogname',
  'schemaname',
  'relname',
  'inh',
  'relpersistence',
  'alias',
  'location',
])

const joins: Readonly<Record<string, string>> = {
  JOIN_INNER: 'join',
  JOIN_LEFT: 'left join',
  JOIN_RIGHT: 'right join',
  JOIN_FULL: 'full join',
}

const onlyHas = (fields: Record<string, unknown>, known: ReadonlySet<string>): boolean =>
  Object.keys(fields).every((name) => known.has(name))

/** What PostgreSQL calls a column that nobody named. */
const nameOf = (value: ParseNode): string | null => {
  const [kind, fields] = unwrap(value)
  const names = listOf(
    kind === 'ColumnRef' ? fields['fields'] : kind === 'FuncCall' ? fields['funcname'] : [],
  )
  const last = fieldsOf(names.at(-1), 'String')?.['sval']
  return typeof last === 'string' ? last : null
}

const columnText = (node: ParseNode, { text, name, unknown }: SelectWords): string => {
  const target = fieldsOf(node, 'ResTarget') ?? unknown()
  const value = target['val'] as ParseNode
  const alias = target['name']
  return typeof alias !== 'string' || alias === nameOf(value)
    ? text(value)
    : `${text(value)} as ${name(alias)}`
}

const rangeText = (fields: Record<string, unknown>, { name, relation, unknown }: SelectWords): string => {
  const { schemaname, relname, inh, alias } = fields as {
    readonly schemaname?: string
    readonly relname?: string
    readonly inh?: boolean
    readonly alias?: { readonly aliasname?: string; readonly colnames?: unknown }
  }
  if (!onlyHas(fields, plainRelation) || inh !== true || relname === undefined) return unknown()
  const of = relation(schemaname === undefined ? [relname] : [schemaname, relname])
  if (alias === undefined) return of
  if (alias.aliasname === undefined || alias.colnames !== undefined) return unknown()
  return `${of} ${name(alias.aliasname)}`
}

const fromText = (node: ParseNode, words: SelectWords): string => {
  const [kind, fields] = unwrap(node)
  if (kind === 'RangeVar') return rangeText(fields, words)
  const word = joins[String(fields['jointype'])]
  const { larg, rarg, quals, usingClause, alias } = fields
  if (kind !== 'JoinExpr' || word === undefined || quals === undefined) return words.unknown()
  if (usingClause !== undefined || alias !== undefined || unwrap(rarg as ParseNode)[0] === 'JoinExpr')
    return words.unknown()
  const [left, right] = [larg, rarg].map((side) => fromText(side as ParseNode, words))
  return `${left} ${word} ${right} on ${words.text(quals as ParseNode)}`
}

/** `select id from shops where owner_id = …` */
export const selectText = (node: unknown, words: SelectWords): string => {
  const select = fieldsOf(node, 'SelectStmt') ?? words.unknown()
  if (!onlyHas(select, plainFields) || select['op'] !== 'SETOP_NONE') return words.unknown()
  const columns = listOf(select['targetList']).map((one) => columnText(one, words))
  const tables = listOf(select['fromClause']).map((one) => fromText(one, words))
  return [
    'select',
    ...(columns.length > 0 ? [columns.join(', ')] : []),
    ...(tables.length > 0 ? [`from ${tables.join(', ')}`] : []),
    ...(select['whereClause'] === undefined
      ? []
      : [`where ${words.text(select['whereClause'] as ParseNode)}`]),
  ].join(' ')
}
