/** Which columns a statement's parameters are written to, one by one or as arrays (unnest). Needs `loadParser()`. */
import { relationId } from '../../ground/names.ts'
import { parseStatements } from '../../postgres/parse.ts'
import { nameList, nodeParts, underCasts, walk } from '../../rows/tree.ts'

export interface Assigned {
  /** 1 for `$1`. */
  readonly parameter: number
  /** Relation id. */
  readonly table: string
  readonly column: string
  /** Of a new row; of one that stands; what finds it; or a number that is added to or taken from it. */
  readonly role: 'insert' | 'set' | 'key' | 'step'
  /** The parameter is an array with one item for each row. */
  readonly isArray: boolean
}

type Body = Readonly<Record<string, unknown>>

interface Value {
  readonly parameter: number
  readonly isArray: boolean
}

/** The columns of `unnest($1, $2) as v(a, b)`: `v.a` and `a` are `$1`. */
type Unnested = ReadonlyMap<string, number>

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const numberOf = (node: unknown): number | null => {
  const parts = nodeParts(underCasts(node))
  return parts?.[0] === 'ParamRef' ? Number(parts[1]['number'] ?? 0) : null
}

const unnestArguments = (node: unknown): readonly unknown[] => {
  const parts = nodeParts(node)
  return parts?.[0] === 'FuncCall' && nameList(parts[1]['funcname']).at(-1) === 'unnest'
    ? listOf(parts[1]['args'])
    : []
}

const unnestedIn = (tree: unknown): { readonly columns: Unnested; readonly inOrder: readonly string[] } => {
  const columns = new Map<string, number>()
  const inOrder: string[] = []
  walk(tree, (kind, body) => {
    if (kind !== 'RangeFunction') return
    const alias = body['alias'] as { readonly aliasname?: string; readonly colnames?: unknown } | undefined
    const args = listOf(body['functions']).flatMap((one) => {
      const items = listOf(nodeParts(one)?.[1]['items'])
      return unnestArguments(items[0])
    })
    const names = nameList(alias?.colnames)
    for (const [i, arg] of args.entries()) {
      const parameter = numberOf(arg)
      // One without column names is called as the alias is.
      const name = names[i] ?? (args.length === 1 ? alias?.aliasname : undefined)
      if (parameter === null || name === undefined) continue
      columns.set(name, parameter)
      columns.set(`${alias?.aliasname ?? ''}.${name}`, parameter)
      inOrder.push(name)
    }
  })
  return { columns, inOrder }
}

const referenceOf = (node: unknown): string | null => {
  const parts = nodeParts(underCasts(node))
  return parts?.[0] === 'ColumnRef' ? nameList(parts[1]['fields']).join('.') : null
}

const valueOf = (node: unknown, unnested: Unnested): Value | null => {
  const single = numberOf(node)
  if (single !== null) return { parameter: single, isArray: false }
  const reference = referenceOf(node)
  const found = reference === null ? undefined : unnested.get(reference)
  if (found !== undefined) return { parameter: found, isArray: true }
  const [only, ...others] = unnestArguments(underCasts(node))
  const argument = only !== undefined && others.length === 0 ? numberOf(only) : null
  return argument === null ? null : { parameter: argument, isArray: true }
}

const isStar = (node: unknown): boolean => {
  const parts = nodeParts(node)
  return (
    parts?.[0] === 'ColumnRef' && listOf(parts[1]['fields']).some((one) => nodeParts(one)?.[0] === 'A_Star')
  )
}

const tableOf = (relation: unknown): string => {
  const { schemaname, relname } = relation as { readonly schemaname?: string; readonly relname: string }
  return relationId({ schema: schemaname ?? 'public', name: relname })
}

const targetsOf = (list: unknown): readonly { readonly name: string; readonly value: unknown }[] =>
  listOf(list).flatMap((one) => {
    const parts = nodeParts(one)
    const name = parts?.[1]['name']
    return parts?.[0] === 'ResTarget'
      ? [{ name: typeof name === 'string' ? name : '', value: parts[1]['val'] }]
      : []
  })

/** The rows of an insert, as the values of its columns in order. */
const rowsOf = (select: Body, inOrder: readonly string[]): readonly (readonly unknown[])[] => {
  const lists = listOf(select['valuesLists'])
  if (lists.length > 0) return lists.map((list) => listOf(nodeParts(list)?.[1]['items']))
  const values = targetsOf(select['targetList']).flatMap(({ value }) =>
    isStar(value)
      ? inOrder.map((name) => ({ ColumnRef: { fields: [{ String: { sval: name } }] } }))
      : [value],
  )
  return [values]
}

/** What `coalesce`, `greatest`, `least` and CASE may answer: each would be the column's value. */
const choicesIn = (node: unknown): readonly unknown[] => {
  const [kind, body] = nodeParts(underCasts(node)) ?? []
  if (kind === 'CoalesceExpr' || kind === 'MinMaxExpr') return listOf(body?.['args']).flatMap(choicesIn)
  if (kind !== 'CaseExpr') return [node]
  const results = listOf(body?.['args']).map((one) => nodeParts(one)?.[1]['result'])
  return [...results, body?.['defresult']].flatMap((one) => (one === undefined ? [] : choicesIn(one)))
}

/** `columnsOf`: names of a relation's columns, by its id. Throws what libpg-query throws. */
export const assignedIn = (
  sql: string,
  columnsOf: (table: string) => readonly string[],
): readonly Assigned[] => {
  const trees = parseStatements(sql).map(({ node }) => node)
  const { columns: unnested, inOrder } = unnestedIn(trees)
  const found: Assigned[] = []
  const add = (table: string, column: string, role: Assigned['role'], node: unknown): void => {
    const value = valueOf(node, unnested)
    if (value !== null) {
      if (!found.some((known) => known.parameter === value.parameter))
        found.push({ ...value, table, column, role })
      return
    }
    if (role !== 'set') return
    const chosen = choicesIn(node).flatMap((one) => valueOf(one, unnested) ?? [])
    walk(node, (kind, body) => {
      if (kind !== 'ParamRef') return
      const parameter = Number(body['number'] ?? 0)
      if (found.some((known) => known.parameter === parameter)) return
      const choice = chosen.find((one) => one.parameter === parameter)
      found.push({
        parameter,
        isArray: false,
        table,
        column,
        ...(choice ? { ...choice, role } : { role: 'step' }),
      })
    })
  }
  walk(trees, (kind, body) => {
    if (kind === 'InsertStmt') {
      const table = tableOf(body['relation'])
      const named = targetsOf(body['cols']).map(({ name }) => name)
      const columns = named.length > 0 ? named : columnsOf(table)
      const select = nodeParts(body['selectStmt'])?.[1] ?? {}
      for (const row of rowsOf(select, inOrder))
        for (const [i, value] of row.entries())
          if (columns[i] !== undefined) add(table, columns[i], 'insert', value)
      const conflict = body['onConflictClause'] as Body | undefined
      for (const { name, value } of targetsOf(conflict?.['targetList'])) add(table, name, 'set', value)
    }
    if (kind === 'UpdateStmt') {
      const table = tableOf(body['relation'])
      for (const { name, value } of targetsOf(body['targetList'])) add(table, name, 'set', value)
    }
    if (kind === 'UpdateStmt' || kind === 'DeleteStmt') {
      const table = tableOf(body['relation'])
      const own = columnsOf(table)
      walk(body['whereClause'], (inner, condition) => {
        if (inner !== 'A_Expr' || nameList(condition['name']).at(-1) !== '=') return
        const sides = [condition['lexpr'], condition['rexpr']]
        for (const [i, side] of sides.entries()) {
          const column = referenceOf(side)?.split('.').at(-1) ?? ''
          const other = valueOf(sides[1 - i], unnested)
          if (other?.isArray === true && own.includes(column)) add(table, column, 'key', sides[1 - i])
        }
      })
    }
  })
  return found
}

/** It inserts, and takes what stands already for an update: rows that stand are another case than new ones. */
export const isUpsert = (sql: string): boolean => {
  let found = false
  walk(
    parseStatements(sql).map(({ node }) => node),
    (kind, body) => {
      if (kind === 'InsertStmt' && body['onConflictClause'] !== undefined) found = true
    },
  )
  return found
}
