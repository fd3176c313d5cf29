/** Constants that an expression reaches through the functions it calls: their bodies are read once for the whole database. */
import { plpgsqlQueries } from '../postgres/parse-plpgsql.ts'
import type { Session } from '../postgres/session.ts'
import type { Table } from '../catalog/table.ts'
import { qualified } from '../postgres/quote.ts'
import { treesIn } from './body-trees.ts'
import { type Atom, atomOf, cluesOfCall, cluesOfTree, mergeClues, noClues, withFields } from './constants.ts'
import { askEach } from './savepoint.ts'
import { nodeParts, walk } from './tree.ts'

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
  /** Names of the relations that the function and those that it calls read or write. */
  relationsOf(schema: string | null, name: string): readonly string[]
}

/** The body of `create function … language sql`: what AS holds, or what BEGIN ATOMIC and RETURN write out. */
const sqlBody = (definition: string): readonly unknown[] => {
  const quoted = /\bAS\s+(\$[^$]*\$)(.*)\1\s*$/su.exec(definition)
  if (quoted) return treesIn(quoted[2] ?? '')
  return treesIn(definition)
}

/** `select a and b` over no table and `return a and b` are expressions: their predicates stand apart. */
const bareValues = (tree: unknown): readonly unknown[] => {
  const [kind, body] = nodeParts(tree) ?? []
  if (kind === 'SubLink' && body!['subLinkType'] === 'EXPR_SUBLINK') {
    const inner = bareValues(body!['subselect'])
    return inner[0] === body!['subselect'] ? [tree] : inner
  }
  if (kind === 'ReturnStmt') return [body!['returnval']]
  const targets = body?.['targetList']
  if (kind !== 'SelectStmt' || !Array.isArray(targets) || body!['fromClause'] || body!['whereClause'])
    return [tree]
  return targets.map((target) => nodeParts(target)?.[1]['val'])
}

const treesOf = (row: FunctionRow): readonly unknown[] =>
  row.language === 'plpgsql'
    ? plpgsqlQueries(row.definition).flatMap(treesIn)
    : sqlBody(row.definition).flatMap(bareValues)

const rowsSampled = 6

/** Values that migrations have put into the tables that functions look things up in. */
const readSeeds = async (
  db: Session,
  tables: readonly Table[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const replies = await askEach(
    db,
    tables.map(
      (t) =>
        `select coalesce(json_agg(to_jsonb(r)), '[]'::json)::text from (select s.* from ${qualified(t)} s order by s::text limit ${rowsSampled}) r`,
    ),
  )
  const seeds = new Map<string, readonly string[]>()
  for (const [i, table] of tables.entries()) {
    const text = replies[i]!.commands.at(-1)?.rows[0]?.[0] ?? '[]'
    const rows = JSON.parse(text) as readonly Readonly<Record<string, unknown>>[]
    const values = rows
      .flatMap((row) => Object.values(row))
      .filter((v) => typeof v === 'string' || typeof v === 'number')
    if (values.length > 0) seeds.set(table.name, [...new Set(values.map(String))])
  }
  return seeds
}

/** Names of the relations that a tree reads. */
const relationsIn = (trees: readonly unknown[]): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const t of trees) {
    walk(t, (kind, body) => {
      if (kind === 'RangeVar' && typeof body['relname'] === 'string') found.add(body['relname'])
    })
  }
  return found
}

/** Names of the relations that statements of a tree write. */
const writtenIn = (trees: readonly unknown[]): readonly string[] => {
  const found: string[] = []
  for (const t of trees) {
    walk(t, (kind, body) => {
      const { relname } = (body['relation'] ?? {}) as { readonly relname?: unknown }
      if (/^(?:Insert|Update|Delete|Merge)Stmt$/u.test(kind) && typeof relname === 'string')
        found.push(relname)
    })
  }
  return found
}

export const readFunctionClues = async (db: Session, tables: readonly Table[]): Promise<FunctionClues> => {
  const rows = await db.json<FunctionRow>(functionsSql)
  const trees = new Map(rows.map((row) => [row, treesOf(row)]))
  const read = new Map(rows.map((row) => [row, relationsIn(trees.get(row)!)]))
  const lookedUp = new Set([...read.values()].flatMap((names) => [...names]))
  const seeds = await readSeeds(
    db,
    tables.filter((t) => lookedUp.has(t.name)),
  )
  const known = new Map<string, readonly Atom[]>()

  const atomsOfRow = (row: FunctionRow, depth: number): readonly Atom[] => {
    const key = row.definition
    const before = known.get(key)
    if (before) return before
    known.set(key, [])
    const own = trees.get(row)!.flatMap((t) => {
      const atoms = cluesOfTree(t).atoms
      return atoms.length > 0 ? atoms : [atomOf(t)]
    })
    const constants = [...read.get(row)!].flatMap((name) => seeds.get(name) ?? [])
    if (constants.length > 0) own.push({ ...noClues, constants, columns: [], functions: [] })
    const calledBy = (a: Atom): readonly Atom[] =>
      depth > 3 ? [] : a.functions.flatMap(([s, n]) => find(s, n, depth + 1))
    // What a function asks of its arguments is asked of the attributes that it is given.
    const given = own.map((a) => {
      const names = (a.ofFields ?? []).map(([name]) => name)
      const bodies = calledBy(a)
      if (names.length > 0) return { ...a, ...withFields(mergeClues([a, ...bodies]), names) }
      return bodies.some((b) => b.givenKeys) ? { ...a, paths: cluesOfCall(a, bodies).paths } : a
    })
    const all = [...given, ...own.flatMap(calledBy)]
    known.set(key, all)
    return all
  }
  const find = (schema: string | null, name: string, depth: number): readonly Atom[] =>
    rows
      .filter((r) => r.name === name && (schema === null || r.schema === schema))
      .flatMap((r) => atomsOfRow(r, depth))

  const relationsOf = (
    schema: string | null,
    name: string,
    seen = new Set<FunctionRow>(),
  ): readonly string[] =>
    rows
      .filter((r) => r.name === name && (schema === null || r.schema === schema) && !seen.has(r))
      .flatMap((row) => {
        seen.add(row)
        const called = atomsOfRow(row, 0).flatMap((atom) => atom.functions)
        const own = [...read.get(row)!, ...writtenIn(trees.get(row)!)]
        return [...own, ...called.flatMap(([s, n]) => relationsOf(s, n, seen))]
      })

  return {
    atomsOf: (schema, name) => find(schema, name, 0),
    relationsOf: (schema, name) => [...new Set(relationsOf(schema, name))],
  }
}
