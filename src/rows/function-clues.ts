/** Constants that an expression reaches through the functions it calls: their bodies are read once for the whole database. */
import { parseExpression, parseStatements } from '../postgres/parse.ts'
import { plpgsqlQueries } from '../postgres/parse-plpgsql.ts'
import type { Session } from '../postgres/session.ts'
import { type Atom, atomOf, cluesOfTree } from './constants.ts'

/** Definitions of SQL and PL/pgSQL functions that no extension brought. */
const functionsSql = `
  select n.nspname as schema, p.proname as name, l.lanname as language, pg_get_functiondef(p.oid) as definition
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
  where l.lanname in ('sql', 'plpgsql')
    and p.prokind in ('f', 'p')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and not exists (select from pg_depend d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e')
  order by 1, 2, 4`

interface FunctionRow {
  readonly schema: string
  readonly name: string
  readonly language: string
  readonly definition: string
}

export interface FunctionClues {
  /** Predicates in the bodies of the function and of those it calls, their columns being its own variables. */
  atomsOf(schema: string | null, name: string): readonly Atom[]
}

const tree = (sql: string): unknown[] => {
  const assigned = sql.replace(/^\s*[\w."[\]]+\s*:?=(?!=)/u, '')
  for (const text of [sql, assigned]) {
    try {
      return [parseExpression(text)]
    } catch {
      // not an expression: a statement, or an assignment
    }
  }
  try {
    return parseStatements(sql).map((s) => s.node)
  } catch {
    return []
  }
}

/** The body of `create function … language sql`: what AS holds, or what BEGIN ATOMIC and RETURN write out. */
const sqlBody = (definition: string): unknown[] => {
  const quoted = /\bAS\s+(\$[^$]*\$)(.*)\1\s*$/su.exec(definition)
  if (quoted) return tree(quoted[2] ?? '')
  return tree(definition)
}

export const readFunctionClues = async (db: Session): Promise<FunctionClues> => {
  const rows = await db.json<FunctionRow>(functionsSql)
  const known = new Map<string, readonly Atom[]>()

  const atomsOfRow = (row: FunctionRow, depth: number): readonly Atom[] => {
    const key = row.definition
    const before = known.get(key)
    if (before) return before
    known.set(key, [])
    const trees =
      row.language === 'plpgsql' ? plpgsqlQueries(row.definition).flatMap(tree) : sqlBody(row.definition)
    const own = trees.flatMap((t) => {
      const atoms = cluesOfTree(t).atoms
      return atoms.length > 0 ? atoms : [atomOf(t)]
    })
    const called = depth > 3 ? [] : own.flatMap((a) => a.functions.flatMap(([s, n]) => find(s, n, depth + 1)))
    const all = [...own, ...called]
    known.set(key, all)
    return all
  }
  const find = (schema: string | null, name: string, depth: number): readonly Atom[] =>
    rows
      .filter((r) => r.name === name && (schema === null || r.schema === schema))
      .flatMap((r) => atomsOfRow(r, depth))

  return { atomsOf: (schema, name) => find(schema, name, 0) }
}
