/** The tables that a view reads: by the catalog's account, through other views and functions, and in the text of queries. */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { ViewFacts } from '../../catalog/view/structure.ts'

/** A partition's rows are its parent's. */
const whole = (catalog: Catalog, id: string): string => {
  const parent = catalog.tables.get(id)?.partitionOf
  return parent ? whole(catalog, parent) : id
}

/** Words that may be names, in quotes or not, as PostgreSQL would read them. */
const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/"((?:[^"]|"")+)"|[\p{L}_][\p{L}\p{N}_$]*/gu)].map(([all, quoted]) =>
      quoted === undefined ? all.toLowerCase() : quoted.replaceAll('""', '"'),
    ),
  )

/** Strings of a query that hold a query themselves: `crosstab('select …')`. */
const innerQueries = (sql: string): readonly string[] =>
  [...sql.matchAll(/'((?:[^']|'')*)'|\$(\w*)\$(.*?)\$\2\$/gsu)]
    .map((m) => m[1]?.replaceAll("''", "'") ?? m[3] ?? '')
    .filter((text) => /\b(?:select|from)\b/iu.test(text))

export interface TablesUnder {
  readonly tables: readonly Table[]
  /** Relation ids of tables that only the text of a function or of a string names. */
  readonly hidden: ReadonlySet<string>
  /** Itself, and the views under it, those among them that only a text names. */
  readonly views: readonly Structure[]
  /** Queries in strings, and those that functions in SQL consist of. */
  readonly queries: readonly string[]
  /** Materialized views that it reads, those that others stand on first. */
  readonly materialized: readonly Structure<ViewFacts>[]
}

const mostHidden = 12

export const tablesUnder = (view: Structure, catalog: Catalog): TablesUnder => {
  const found = new Set<string>()
  const hidden = new Set<string>()
  const seen = new Set<string>()
  const views: Structure[] = []
  const queries: string[] = []
  const materialized: Structure<ViewFacts>[] = []
  const named = (text: string): void => {
    const words = wordsOf(text)
    if (words.size === 0) return
    for (const table of catalog.tables.values())
      if (words.has(table.name) && hidden.size < mostHidden) hidden.add(whole(catalog, table.id))
    for (const one of catalog.structures.values())
      if ((one.kind === 'view' || one.kind === 'materializedView') && words.has(one.name)) visit(one)
  }
  const visit = (structure: Structure): void => {
    if (seen.has(structure.id)) return
    seen.add(structure.id)
    if (structure.kind === 'view' || structure.kind === 'materializedView') {
      views.push(structure)
      const inside = innerQueries((structure.facts as ViewFacts).definition)
      queries.push(...inside)
      named(inside.join('\n'))
    }
    if (structure.kind === 'function') {
      const { body, language } = structure.facts as FunctionFacts
      if (language === 'sql' && body !== null) queries.push(body)
      named(body ?? '')
    }
    for (const id of structure.dependsOn) {
      const on = catalog.structures.get(id)
      if (!on) continue
      if (on.table !== null) found.add(whole(catalog, on.table))
      else if (['view', 'materializedView', 'function', 'aggregate', 'operator'].includes(on.kind)) visit(on)
    }
    if (structure.kind === 'materializedView' && structure !== view)
      materialized.push(structure as Structure<ViewFacts>)
  }
  visit(view)
  const only = new Set([...hidden].filter((id) => !found.has(id)))
  return {
    tables: [...catalog.tables.values()].filter((table) => found.has(table.id) || only.has(table.id)),
    hidden: only,
    views,
    queries,
    materialized,
  }
}
