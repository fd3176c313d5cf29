/**
 * What policies look at beside the row: settings of the session (plain, or JSON with its paths), other tables, and the
 * functions that they call, whose bodies are read too. Found by PostgreSQL's own parser; nothing is judged here.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import { asksNothingOfItsCaller } from '../../catalog/function-purity.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { parsePlpgsql, plpgsqlQueries } from '../../postgres/parse-plpgsql.ts'
import { deparseExpression, parseExpression, parseStatements, type ParseNode } from '../../postgres/parse.ts'
import { columnOf, constantOf, nameList, nodeParts, underCasts, walk } from '../../rows/tree.ts'

/** A table that a subquery looks into. */
export interface LookedAt {
  readonly table: Table
  /** Named by a policy itself, not only by a function that it calls. */
  readonly direct: boolean
  /** Parts of a subquery's WHERE over this table's columns alone. */
  readonly conditions: readonly string[]
}

export interface Reading {
  /** Names of settings, in order of appearance. */
  readonly settings: readonly string[]
  /** Those whose value is read as JSON. */
  readonly jsonSettings: readonly string[]
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

const parsed = (sql: string): readonly unknown[] => {
  // An assignment of PL/pgSQL is an expression behind its target.
  const assigned = sql.replace(/^\s*[\w."[\]]+\s*:?=(?!=)/u, '')
  for (const text of [sql, assigned]) {
    try {
      return [parseExpression(text)]
    } catch {
      // A statement, or nothing that PostgreSQL reads.
    }
  }
  try {
    return parseStatements(sql).map((s) => s.node)
  } catch {
    return []
  }
}

const treesOfFunction = ({ language, body, statement }: FunctionFacts): readonly unknown[] => {
  if (language === 'plpgsql') {
    try {
      parsePlpgsql(statement)
    } catch {
      return []
    }
    return plpgsqlQueries(statement).flatMap(parsed)
  }
  if (language !== 'sql') return []
  return parsed(body ?? statement)
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

const pathText = (text: string): readonly string[] =>
  text.startsWith('{')
    ? text
        .slice(1, -1)
        .split(',')
        .map((part) => part.trim().replaceAll(/^"|"$/gu, ''))
        .filter((part) => part !== '')
    : [text]

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

const conjuncts = (node: unknown): readonly unknown[] => {
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

const sourcesOf = (
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
const conditionOver = (part: unknown, source: Source, isOnly: boolean): string | null => {
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

const lookedAtIn = (
  trees: readonly unknown[],
  tableNamed: (named: Named) => Table | undefined,
  direct: boolean,
): readonly LookedAt[] => {
  const found: LookedAt[] = []
  for (const tree of trees)
    walk(tree, (kind, body) => {
      if (kind !== 'SelectStmt') return
      const sources = sourcesOf(body, tableNamed)
      const parts = conjuncts(body['whereClause'])
      for (const source of sources) {
        const conditions = parts.flatMap((part) => conditionOver(part, source, sources.length === 1) ?? [])
        found.push({ table: source.table, direct, conditions })
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
    })
  }
  return [...byTable.values()]
}

const functionsOf = (catalog: Catalog): readonly FunctionFacts[] =>
  [...catalog.structures.values()].flatMap((s) => (s.kind === 'function' ? [s.facts as FunctionFacts] : []))

/** What these expressions look at. The parser must be loaded. */
export const readReading = (catalog: Catalog, expressions: readonly string[]): Reading => {
  const own = expressions.flatMap(parsed)
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
  const looked = merged([...lookedAtIn(own, tableNamed, true), ...lookedAtIn(inner, tableNamed, false)])
  return {
    settings,
    jsonSettings: jsonSettingsIn(trees),
    paths: pathsIn(trees),
    constants: constantsIn(trees).filter((c) => !settings.includes(c)),
    functions: direct,
    tables: looked,
    readsRows: looked.length > 0 || [...all].some((f) => !asksNothingOfItsCaller(f, () => true)),
    pinsPath: [...all].some((f) => f.searchPath !== null),
  }
}

/** The predicates that AND, OR and NOT put together, as text; what cannot be printed is left out. */
export const predicatesOf = (sql: string): readonly string[] => {
  const parts = (node: unknown): readonly unknown[] => {
    const [kind, body] = nodeParts(node) ?? ['', {}]
    return kind === 'BoolExpr' ? (body['args'] as readonly unknown[]).flatMap(parts) : [node]
  }
  return parsed(sql)
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
