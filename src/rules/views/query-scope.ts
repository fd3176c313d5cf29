/**
 * Where the columns of a query come from: through aliases, subqueries, WITH, functions in FROM and other views down to
 * the columns of tables. It serves to find values worth trying; PostgreSQL says what they do.
 */
import { fieldsOf, listOf, unwrap, type ParseNode } from '../../catalog/expression/tree.ts'
import { wordOf, type Fields } from '../../catalog/query/tree.ts'

/** A relation as a query names it; `null`: found by the search path. */
export interface RelationWords {
  readonly schema: string | null
  readonly name: string
}

/** The select of a view that a query reads from; null for what is no view. */
export type ViewQuery = (words: RelationWords) => Fields | null

type Columns = (name: string) => ParseNode | null

interface Range {
  readonly alias: string
  /** A table (or a view that nobody looked into). */
  readonly relation: RelationWords | null
  /** The value of a column, over columns of tables. */
  readonly column: Columns
  readonly isOpen: boolean
}

export interface Scope {
  /** Names of relations that stand in FROM, in the order of the text. */
  readonly relations: readonly RelationWords[]
  /** The expression with every column as `schema.table.column` where it is known; others stay as they are. */
  resolve(node: unknown): unknown
}

const mostDepth = 12

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const namesOf = (reference: unknown): readonly string[] =>
  listOf(fieldsOf(reference, 'ColumnRef')?.['fields']).flatMap((field) => {
    const name = fieldsOf(field, 'String')?.['sval']
    return typeof name === 'string' ? [name] : []
  })

const stringNode = (sval: string): ParseNode => ({ String: { sval } })

const reference = ({ schema, name }: RelationWords, column: string): ParseNode => ({
  ColumnRef: { fields: [schema ?? 'public', name, column].map(stringNode) },
})

/** The table and column that a resolved reference names. */
export const placeOfColumn = (
  node: unknown,
): { readonly schema: string; readonly table: string; readonly column: string } | null => {
  const [schema, table, column, ...others] = namesOf(node)
  return schema === undefined || table === undefined || column === undefined || others.length > 0
    ? null
    : { schema, table, column }
}

const aliasNode = (fields: Fields): Fields | null => (isObject(fields['alias']) ? fields['alias'] : null)

const aliasOf = (fields: Fields, otherwise: string): string => {
  const name = aliasNode(fields)?.['aliasname']
  return typeof name === 'string' ? name : otherwise
}

/** `as t(a, b)`. */
const columnAliases = (fields: Fields): readonly string[] =>
  listOf(aliasNode(fields)?.['colnames']).map((name) => wordOf(fieldsOf(name, 'String')?.['sval']))

const renamed = (column: Columns, own: readonly string[], given: readonly string[]): Columns =>
  given.length === 0
    ? column
    : (name) => {
        const at = given.indexOf(name)
        return at < 0 ? column(name) : own[at] === undefined ? null : column(own[at])
      }

const targetName = (target: unknown): string => {
  const result = fieldsOf(target, 'ResTarget')
  if (typeof result?.['name'] === 'string') return result['name']
  const value = result?.['val']
  const names = namesOf(value)
  if (names.length > 0) return names.at(-1) ?? ''
  const call = fieldsOf(value, 'FuncCall')
  return wordOf(fieldsOf(listOf(call?.['funcname']).at(-1), 'String')?.['sval'])
}

/** The first select of a set operation names its columns. */
const firstSelect = (select: Fields): Fields =>
  select['op'] !== undefined && select['op'] !== 'SETOP_NONE' && isObject(select['larg'])
    ? firstSelect(select['larg'])
    : select

interface Around {
  readonly ctes: ReadonlyMap<string, { readonly select: Fields; readonly names: readonly string[] }>
  readonly outer: Scope | null
  readonly viewQuery: ViewQuery
  readonly depth: number
}

const unknown: Columns = () => null

const columnsOfSelect = (select: Fields, around: Around, given: readonly string[]): Columns => {
  if (around.depth > mostDepth) return unknown
  const first = firstSelect(select)
  const scope = scopeOf(first, { ...around, depth: around.depth + 1 })
  const targets = listOf(first['targetList'])
  const own = targets.map(targetName)
  const column: Columns = (name) => {
    const value = fieldsOf(targets[own.indexOf(name)], 'ResTarget')?.['val']
    return isObject(value) ? (scope.resolve(value) as ParseNode) : null
  }
  return renamed(column, own, given)
}

const operation = (name: string, left: unknown, right: string): ParseNode => ({
  A_Expr: {
    kind: 'AEXPR_OP',
    name: [stringNode(name)],
    lexpr: left,
    rexpr: { A_Const: { sval: { sval: right } } },
  },
})

/** `jsonb_to_recordset(x) as t(a int)`: its `a` is x's `a`. */
const recordOf = (call: Fields, column: string): ParseNode | null => {
  const name = wordOf(fieldsOf(listOf(call['funcname']).at(-1), 'String')?.['sval'])
  const argument = listOf(call['args']).at(-1)
  if (!argument || !/^jsonb?_(?:to|populate)_record(?:set)?$/u.test(name)) return null
  return operation('->>', name.endsWith('set') ? operation('->', argument, '0') : argument, column)
}

const functionRange = (fields: Fields, scope: () => Scope): Range => {
  const list = listOf(fields['functions'])
  const [call] = list.flatMap((one) => listOf(fieldsOf(one, 'List')?.['items']))
  const found = fieldsOf(call, 'FuncCall')
  const name = wordOf(fieldsOf(listOf(found?.['funcname']).at(-1), 'String')?.['sval'])
  const column: Columns = (wanted) =>
    found && call ? ((recordOf(found, wanted) ?? call) as ParseNode) : null
  return {
    alias: aliasOf(fields, name),
    relation: null,
    column: (wanted) => {
      const value = column(wanted)
      return value ? (scope().resolve(value) as ParseNode) : null
    },
    isOpen: true,
  }
}

/** What a row of XMLTABLE is made of, as a call that can be read like any other: `xpath(row/column, document)`. */
const xmlRange = (fields: Fields, scope: () => Scope): Range => {
  const row = constantText(fields['rowexpr']) ?? ''
  const namespaces = listOf(fields['namespaces']).flatMap((one) => {
    const result = fieldsOf(one, 'ResTarget')
    const uri = constantText(result?.['val'])
    return uri === null ? [] : [`{${wordOf(result?.['name'])},${uri}}`]
  })
  const text = (value: string): ParseNode => ({ A_Const: { sval: { sval: value } } })
  return {
    alias: aliasOf(fields, 'xmltable'),
    relation: null,
    isOpen: true,
    column: (name) => {
      const found = listOf(fields['columns']).map((c) => fieldsOf(c, 'RangeTableFuncCol'))
      const own = found.find((c) => c?.['colname'] === name)
      if (!own) return null
      const path = constantText(own['colexpr']) ?? name
      const call = {
        FuncCall: {
          funcname: [stringNode('xpath')],
          args: [
            text(`${row}/${path}`),
            scope().resolve(fields['docexpr']),
            text(`{${namespaces.join(',')}}`),
          ],
        },
      }
      return own['typeName'] === undefined
        ? call
        : { TypeCast: { arg: call, typeName: own['typeName'] as ParseNode } }
    },
  }
}

/** Text of a constant, through casts; null for anything else. */
export const constantText = (node: unknown): string | null => {
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return constantText(cast['arg'])
  const text = (fieldsOf(node, 'A_Const')?.['sval'] as { readonly sval?: string } | undefined)?.sval
  return text ?? null
}

const tableRange = (fields: Fields, around: Around): Range => {
  const name = wordOf(fields['relname'])
  const schema = typeof fields['schemaname'] === 'string' ? fields['schemaname'] : null
  const alias = aliasOf(fields, name)
  const given = columnAliases(fields)
  const cte = schema === null ? around.ctes.get(name) : undefined
  // A recursive one reads itself: its first select says what its columns are.
  if (cte)
    return {
      alias,
      relation: null,
      column: columnsOfSelect(cte.select, around, given.length > 0 ? given : cte.names),
      isOpen: false,
    }
  const relation = { schema, name }
  const query = around.depth > mostDepth ? null : around.viewQuery(relation)
  if (query)
    return {
      alias,
      relation,
      column: columnsOfSelect(query, { ...around, ctes: new Map(), outer: null }, given),
      isOpen: false,
    }
  return { alias, relation, column: (column) => reference(relation, column), isOpen: true }
}

const rangesIn = (node: unknown, around: Around, scope: () => Scope): readonly Range[] => {
  if (!isObject(node)) return []
  const [kind, fields] = unwrap(node)
  switch (kind) {
    case 'JoinExpr':
      return [...rangesIn(fields['larg'], around, scope), ...rangesIn(fields['rarg'], around, scope)]
    case 'RangeVar':
      return [tableRange(fields, around)]
    case 'RangeSubselect': {
      const select = fieldsOf(fields['subquery'], 'SelectStmt')
      // LATERAL: it sees what stands beside it.
      const inside = fields['lateral'] === true ? { ...around, outer: lazily(scope) } : around
      const column = select ? columnsOfSelect(select, inside, columnAliases(fields)) : unknown
      return [{ alias: aliasOf(fields, ''), relation: null, column, isOpen: false }]
    }
    case 'RangeFunction':
      return [functionRange(fields, scope)]
    case 'RangeTableFunc':
      return [xmlRange(fields, scope)]
    default:
      return []
  }
}

const lazily = (scope: () => Scope): Scope => ({
  relations: [],
  resolve: (node) => scope().resolve(node),
})

const withCtes = (select: Fields, around: Around): Around => {
  const clause = isObject(select['withClause']) ? select['withClause'] : null
  const ctes = new Map(around.ctes)
  for (const item of listOf(clause?.['ctes'])) {
    const cte = fieldsOf(item, 'CommonTableExpr')
    const query = fieldsOf(cte?.['ctequery'], 'SelectStmt')
    const names = listOf(cte?.['aliascolnames']).map((n) => wordOf(fieldsOf(n, 'String')?.['sval']))
    if (cte && query) ctes.set(wordOf(cte['ctename']), { select: query, names })
  }
  return { ...around, ctes }
}

/** The scope of one select, its WITH included. */
const scopeOf = (select: Fields, outside: Around): Scope => {
  const around = withCtes(select, outside)
  let own: Scope | null = null
  const ranges: Range[] = []
  const scope = (): Scope => own!
  const lookUp = (names: readonly string[]): ParseNode | null => {
    const column = names.at(-1) ?? ''
    if (names.length === 1) {
      const closed = ranges.filter((r) => !r.isOpen).map((r) => r.column(column))
      const found = closed.find((value) => value !== null)
      if (found) return found
      const [only, ...others] = ranges.filter((r) => r.isOpen)
      return only && others.length === 0 ? only.column(column) : null
    }
    return ranges.find((r) => r.alias === names.at(-2))?.column(column) ?? null
  }
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve)
    if (!isObject(node)) return node
    const names = namesOf(node)
    if (names.length > 0) {
      const found = placeOfColumn(node) ? null : lookUp(names)
      return found ?? (around.outer ? around.outer.resolve(node) : node)
    }
    if (fieldsOf(node, 'SelectStmt')) return node
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value)]))
  }
  own = { relations: [], resolve }
  for (const item of listOf(select['fromClause'])) ranges.push(...rangesIn(item, around, scope))
  return { relations: ranges.flatMap((r) => r.relation ?? []), resolve }
}

/** Every select of a query, and of views under it, with its scope, the outermost first. `query`: the tree of `(select …)` as an expression. */
export const scopedSelects = (
  query: unknown,
  viewQuery: ViewQuery,
): readonly { readonly fields: Fields; readonly scope: Scope }[] => {
  const found: { readonly fields: Fields; readonly scope: Scope }[] = []
  const looked = new Set<unknown>()
  const visit = (value: unknown, around: Around): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, around)
    if (!isObject(value)) return
    const select = fieldsOf(value, 'SelectStmt')
    if (select) visitSelect(select, around)
    else for (const item of Object.values(value)) visit(item, around)
  }
  const visitSelect = (select: Fields, outside: Around): void => {
    const around = withCtes(select, outside)
    const scope = scopeOf(select, outside)
    found.push({ fields: select, scope })
    for (const relation of scope.relations) {
      const under = viewQuery(relation)
      if (!under || looked.has(under)) continue
      looked.add(under)
      visitSelect(under, { ...around, ctes: new Map(), outer: null })
    }
    const inside = { ...around, outer: scope }
    for (const [name, item] of Object.entries(select)) {
      if ((name === 'larg' || name === 'rarg') && isObject(item) && !fieldsOf(item, 'SelectStmt'))
        visitSelect(item, around)
      else visit(item, inside)
    }
  }
  visit(query, { ctes: new Map(), outer: null, viewQuery, depth: 0 })
  return found
}
