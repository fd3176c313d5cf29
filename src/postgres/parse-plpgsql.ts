/** The SQL inside a PL/pgSQL function, found by PostgreSQL's own parser. Call `loadParser` of parse.ts before. */
import { parsePlPgSQLSync } from 'libpg-query'
import type { ParseNode } from './parse.ts'

/** The tree of a whole `create function … language plpgsql` statement. Throws when it does not parse. */
export const parsePlpgsql = (createFunction: string): ParseNode =>
  parsePlPgSQLSync(createFunction) as ParseNode

const collect = (value: unknown, found: string[]): void => {
  if (Array.isArray(value)) {
    for (const v of value) collect(v, found)
    return
  }
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'PLpgSQL_expr') {
      const query = (inner as { query?: unknown }).query
      if (typeof query === 'string') found.push(query)
    } else collect(inner, found)
  }
}

/** Every expression and statement of a `create function … language plpgsql` text, in its order; [] when it does not parse. */
export const plpgsqlQueries = (createFunction: string): readonly string[] => {
  try {
    const found: string[] = []
    collect(parsePlpgsql(createFunction), found)
    return found
  } catch {
    return []
  }
}
