/**
 * What policies look at beside the row: settings of the session (plain, or JSON with its paths), other tables, and the
 * functions that they call, whose bodies are read too. Found by PostgreSQL's own parser; nothing is judged here.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import { asksNothingOfItsCaller } from '../../catalog/function/purity.ts'
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { parsePlpgsql, plpgsqlQueries } from '../../postgres/parse-plpgsql.ts'
import { deparseExpression, type ParseNode } from '../../postgres/parse.ts'
import { treesIn } from '../../rows/body-trees.ts'
import { pathText } from '../../rows/json-paths.ts'
import { columnOf, constantOf, nameList, nodeParts, underCasts, walk } from '../../rows/tree.ts'

/** A table that a subquery looks into. */
export interface LookedAt {
  readonly table: Table
  /** Named by a policy itself, not only by a function that it calls. */
  readonly direct: boolean
  /** Parts of a subquery's WHERE over this table's columns alone. */
  readonly conditions: readonly string[]
  /** Its columns that a subquery puts out, and that its conditions name, whatever they are compared with. */
  readonly columns: readonly string[]
}

export interface Reading {
  /** Names of settings, in order of appearance. */
  readonly settings: readonly string[]
  /** Those whose value is read as JSON. */
  readonly jsonSettings: readonly string[]
  /** A list in JSON, or an array, is looked into. */
  readonly readsLists: boolean
  /** Keys that are looked up in JSON. */
  readonly paths: readonly (readonly string[])[]
  /** Texts that something may be compared with. */
  readonly constants: readonly string[]
  /** Called by a policy itself. */
  readonly functions: readonly FunctionFacts[]
  readonly tables: readonly LookedAt[]
  /** The answer may depend on the rows that stand: of other tables, or of the table itself. */
  readonly readsRows: boolean
  /** A function that is called, at whatever depth, has a search_path of its own. */
  readonly pinsPath: boolean
}

export const treesOfFunction = ({ language, body, statement }: FunctionFacts): readonly unknown[] => {
  if (language === 'plpgsql') {
    try {
      parsePlpgsql(statement)
    } catch {
      return []
    }
    return plpgsqlQueries(statement).flatMap(treesIn)
  }
  if (language !== 'sql') return []
  return treesIn(body ?? statement)
}

interface Named {
  readonly schema: string | null
  readonly name: string
}

const toNamed = (list: readonly string[]): Named => ({
  schema: list.length > 1 ? (list.at(-2) ?? null) : null,
  name: list.at(-1) ?? '',
})

const callsIn = (trees: readonly unknown[]): readonly Named[] => {
  const found: Named[] = []
  for (const tree of trees)
    walk(tree, (kind, body) => {
      if (kind === 'FuncCall') found.push(toNamed(nameList(body['funcname'])))
    })
  return found
}

const settingRead = (node: unknown): string | null => {
  const parts = nodeParts(underCasts(node))
  if (parts?.[0] !== 'FuncCall' || nameList(parts[1]['funcname']).at(-1) !== 'current_setting') return null
  return constantOf((parts[1]['args'] as readonly unknown[] | undefined)?.[0])
}

const settingsIn = (trees: readonly unknown[]): readonly string[] => {
  const found = new Set<string>()
  for (const tree of trees)
    walk(tree, (kind, _body, node) => {
      const name = kind === 'FuncCall' ? settingRead(node) : null
      if (name?.includes('.')) found.add(name)
    })
  return [...found]
}

const typeNameOf = (cast: Record<string, unknown>): string =>
  nameList((cast['typeName'] as Record<string, unknown> | undefined)?.['names']).at(-1) ?? ''

/** A cast of what holds `current_setting` to JSON. */
const jsonSettingsIn = (trees: readonly unknown[]): readonly string[] => {
  const found: string[] = []
  for (const tree of trees)
    walk(tree, (kind, body) => {
      if (kind === 'TypeCast' && /^jsonb?$/u.test(typeNameOf(body))) found.push(...settingsIn([body['arg']]))
    })
  return [...new Set(found)]
}

const listOperators: ReadonlySet<string> = new Set(['?', '?|', '?&', '@>', '<@', '&&'])

/** `jsonb_array_elements_text(…)`, `… ? x`, `x = any (…)` of what is no list of constants. */
const readsListsIn = (trees: readonly unknown[]): boolean => {
  let found = false
  for (const tree of trees)
    walk(tree, (kind, body) => {
      if (kind === 'FuncCall')
        found ||= /^(?:jsonb?_array_|jsonb_path|unnest$|array_)/u.test(
          nameList(body['funcname']).at(-1) ?? '',
        )
      if (kind !== 'A_Expr') return
      found ||= listOperators.has(nameList(body['name']).at(-1) ?? '')
      const isOfArray = body['kind'] === 'AEXPR_OP_ANY' || body['kind'] === 'AEXPR_OP_ALL'
      found ||= isOfArray && nodeParts(underCasts(body['rexpr']))?.[0] !== 'A_ArrayExpr'
    })
  return found
}

/** `x -> 'a' ->> 'b'` is a, b; null for another node, and where x is a column. */
const pathOf = (node: unknown): readonly string[] | null => {
  const inner = underCasts(node)
  const parts = nodeParts(inner)
  if (parts === null || columnOf(inner) !== null) return null
  const operator = parts[0] === 'A_Expr' ? (nameList(parts[1]['name']).at(-1) ?? '') : ''
  if (!/^(?:->>?|#>>?)$/u.test(operator)) return []
  const before = pathOf(parts[1]['lexpr'])
  const key = constantOf(parts[1]['rexpr'])
  return before === null || key === null ? null : [...before, ...pathText(key)]
}

const pathsIn = (trees: readonly unknown[]): readonly (readonly string[])[] => {
  const found = new Map<string, readonly string[]>()
  for (const tree of trees)
    walk(tree, (kind, _body, node) => {
      const path = kind === 'A_Expr' ? pathOf(node) : null
      if (path === null || path.length === 0) return true
      found.set(JSON.stringify(path), path)
      return false
    })
  return [...found.values()]
}

const constantsIn = (trees: readonly unknown[]): readonly string[] => {
  const found = new Set<string>()
  for (const tree of trees)
    walk(tree, (_kind, _body, node) => {
      const text = constantOf(node)
      if (text === null) return true
      found.add(text)
      return false
    })
  return [...found]
}

export const conjuncts = (node: unknown): readonly unknown[] => {
  const parts = nodeParts(node)
  if (parts?.[0] === 'BoolExpr' && parts[1]['boolop'] === 'AND_EXPR')
    return (parts[1]['args'] as readonly unknown[]).flatMap(conjuncts)
  return node === undefined ? [] : [node]
}

interface Source {
  readonly table: Table
  /** What its columns are written behind. */
  readonly alias: string
}

export const sourcesOf = (
  select: Record<string, unknown>,
  tableNamed: (named: Named) => Table | undefined,
): Source[] => {
  const sources: Source[] = []
  for (const from of (select['fromClause'] ?? []) as readonly unknown[])
    walk(from, (kind, body) => {
      if (kind === 'SelectStmt') return false
      if (kind !== 'RangeVar') return true
      const schema = typeof body['schemaname'] === 'string' ? body['schemaname'] : null
      const name = typeof body['relname'] === 'string' ? body['relname'] : ''
      const table = tableNamed({ schema, name })
      const alias = (body['alias'] as { readonly aliasname?: string } | undefined)?.aliasname ?? name
      if (table) sources.push({ table, alias })
      return false
    })
  return sources
}

/** The part of a WHERE as text over the table's bare columns; null where it names anything else. */
export const conditionOver = (part: unknown, source: Source, isOnly: boolean): string | null => {
  let fits = true
  let names = 0
  const bare = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(bare)
    if (typeof node !== 'object' || node === null) return node
    const parts = nodeParts(node)
    if (parts?.[0] === 'SubLink' || parts?.[0] === 'ParamRef') fits = false
    if (parts?.[0] === 'ColumnRef') {
      const path = nameList(parts[1]['fields'])
      const name = path.at(-1) ?? ''
      const isOwn = path.length > 1 ? path.at(-2) === source.alias : isOnly
      if (!isOwn || !source.table.columns.some((c) => c.name === name)) fits = false
      names += 1
      return { ColumnRef: { fields: [{ String: { sval: name } }] } }
    }
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, bare(inner)]))
  }
  const tree = bare(part) as ParseNode
  if (!fits || names === 0) return null
  try {
    return deparseExpression(tree)
  } catch {
    return null
  }
}

/** The source's columns in a condition, not those of a subquery in it. */
const columnsOver = (part: unknown, source: Source, isOnly: boolean): readonly string[] => {
  const found: string[] = []
  walk(part, (kind, body) => {
    if (kind === 'SelectStmt') return false
    if (kind !== 'ColumnRef') return true
    const path = nameList(body['fields'])
    const name = path.at(-1) ?? ''
    const isOwn = path.length > 1 ? path.at(-2) === source.alias : isOnly
    if (isOwn && source.table.columns.some((c) => c.name === name)) found.push(name)
    return false
  })
  return found
}

/** What stands behind ON. */
export const joinConditions = (from: unknown): readonly unknown[] => {
  const found: unknown[] = []
  for (const item of (from ?? []) as readonly unknown[])
    walk(item, (kind, body) => {
      if (kind === 'SelectStmt') return false
      if (kind === 'JoinExpr') found.push(...conjuncts(body['quals']))
      return true
    })
  return found
}

export const lookedAtIn = (
  trees: readonly unknown[],
  tableNamed: (named: Named) => Table | undefined,
  direct: boolean,
): readonly LookedAt[] => {
  const found: LookedAt[] = []
  for (const tree of trees)
    walk(tree, (kind, body) => {
      if (kind !== 'SelectStmt') return
      const sources = sourcesOf(body, tableNamed)
      const parts = [...conjuncts(body['whereClause']), ...joinConditions(body['fromClause'])]
      for (const source of sources) {
        const isOnly = sources.length === 1
        const conditions = parts.flatMap((part) => conditionOver(part, source, isOnly) ?? [])
        // What is put out is compared outside: `role_in(org) in ('admin', 'owner')`.
        const told = [...parts, ...((body['targetList'] ?? []) as readonly unknown[])]
        const columns = told.flatMap((part) => columnsOver(part, source, isOnly))
        found.push({ table: source.table, direct, conditions, columns })
      }
    })
  return found
}

const merged = (all: readonly LookedAt[]): readonly LookedAt[] => {
  const byTable = new Map<string, LookedAt>()
  for (const one of all) {
    const before = byTable.get(one.table.id)
    byTable.set(one.table.id, {
      table: one.table,
      direct: one.direct || before?.direct === true,
      conditions: [...new Set([...(before?.conditions ?? []), ...one.conditions])],
      columns: [...new Set([...(before?.columns ?? []), ...one.columns])],
    })
  }
  return [...byTable.values()]
}

export const functionsOf = (catalog: Catalog): readonly FunctionFacts[] =>
  [...catalog.structures.values()].flatMap((s) => (s.kind === 'function' ? [s.facts as FunctionFacts] : []))

/** The expressions of a table's own policies. */
const guardsOf = (catalog: Catalog, table: Table): readonly string[] =>
  catalog.of(table.id, 'policy').flatMap((s) => {
    const { using, withCheck } = s.facts as PolicyFacts
    return [using, withCheck].filter((sql) => sql !== null)
  })

/** What these expressions look at. The parser must be loaded. */
export const readReading = (catalog: Catalog, expressions: readonly string[]): Reading => {
  const known = functionsOf(catalog)
  const tables = [...catalog.tables.values()]
  const isNamed = (
    { schema, name }: Named,
    one: { readonly schema: string; readonly name: string },
  ): boolean => one.name === name && (schema === null || one.schema === schema)
  const tableNamed = (named: Named): Table | undefined => tables.find((t) => isNamed(named, t))
  const calledBy = (trees: readonly unknown[]): readonly FunctionFacts[] => {
    const calls = callsIn(trees)
    return known.filter((f) => calls.some((call) => isNamed(call, f)))
  }
  const own = expressions.flatMap(treesIn)
  // A subquery is asked under the policies of the tables that it reads.
  const guarded: LookedAt[] = []
  for (let from = 0; from < own.length; from++)
    for (const { table } of lookedAtIn(own.slice(from, from + 1), tableNamed, true))
      if (table.rowSecurity && !guarded.some((one) => one.table.id === table.id)) {
        const trees = guardsOf(catalog, table).flatMap(treesIn)
        const source = { table, alias: table.name }
        const conditions = trees.flatMap(conjuncts).flatMap((part) => conditionOver(part, source, true) ?? [])
        const columns = trees.flatMap((tree) => columnsOver(tree, source, true))
        guarded.push({ table, direct: true, conditions, columns })
        own.push(...trees)
      }
  const direct = calledBy(own)
  const all = new Set(direct)
  const trees = [...own]
  const inner: unknown[] = []
  for (const one of all) {
    const body = treesOfFunction(one)
    inner.push(...body)
    for (const called of calledBy(body)) all.add(called)
  }
  trees.push(...inner)
  const settings = settingsIn(trees)
  const looked = merged([
    ...lookedAtIn(own, tableNamed, true),
    ...guarded,
    ...lookedAtIn(inner, tableNamed, false),
  ])
  return {
    settings,
    jsonSettings: jsonSettingsIn(trees),
    readsLists: readsListsIn(trees),
    paths: pathsIn(trees),
    constants: constantsIn(trees).filter((c) => !settings.includes(c)),
    functions: direct,
    tables: looked,
    readsRows:
      looked.length > 0 || [...all].some((f) => !asksNothingOfItsCaller(f, (schema) => schema !== null)),
    pinsPath: [...all].some((f) => f.searchPath !== null),
  }
}

/** The predicates that AND, OR and NOT put together, as text; what cannot be printed is left out. */
export const predicatesOf = (sql: string): readonly string[] => {
  const parts = (node: unknown): readonly unknown[] => {
    const [kind, body] = nodeParts(node) ?? ['', {}]
    return kind === 'BoolExpr' ? (body['args'] as readonly unknown[]).flatMap(parts) : [node]
  }
  return treesIn(sql)
    .slice(0, 1)
    .flatMap(parts)
    .flatMap((node) => {
      try {
        return [deparseExpression(node as ParseNode)]
      } catch {
        return []
      }
    })
}
