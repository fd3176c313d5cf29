/** An expression without what cuts or rounds in it: casts to a length, where the parser sees them. */
import { parseExpression, type ParseNode } from '../../postgres/parse.ts'
import { walk } from '../../rows/tree.ts'

/** Types as they are written with a length, and what takes every value of them. */
const limited: readonly (readonly [RegExp, string])[] = [
  [/^(?:character\s+varying|char\s+varying|varchar)\s*\(\s*\d+\s*\)/iu, 'varchar'],
  [/^(?:character|char|bpchar)\b(?!\s+varying)(?:\s*\(\s*\d+\s*\))?/iu, 'bpchar'],
  [/^(?:bit\s+varying|varbit)\s*\(\s*\d+\s*\)/iu, 'bit varying'],
  [/^bit\b(?!\s+varying)(?:\s*\(\s*\d+\s*\))?/iu, 'bit varying'],
  [/^(?:numeric|decimal|dec)\s*\(\s*\d+\s*(?:,\s*-?\s*\d+\s*)?\)/iu, 'numeric'],
]

const ofCatalog = /^"?pg_catalog"?\s*\.\s*/iu

interface Written {
  readonly start: number
  readonly end: number
  /** As it may be written instead. */
  readonly whole: string
}

const head = 'select ('

/** Where the types of its casts stand. [] where it does not parse: PostgreSQL says so when it is run. */
const typePlaces = (sql: string): readonly number[] => {
  let tree: ParseNode
  try {
    tree = parseExpression(sql)
  } catch {
    return []
  }
  const bytes = Buffer.from(sql, 'utf8')
  const places = new Set<number>()
  walk(tree, (kind, body) => {
    if (kind !== 'TypeCast') return
    const { location } = (body['typeName'] ?? {}) as { readonly location?: number }
    if (location === undefined || location < head.length) return
    places.add(bytes.subarray(0, location - head.length).toString('utf8').length)
  })
  return [...places]
}

const limitedAt = (sql: string, place: number): readonly Written[] => {
  const [schema = ''] = ofCatalog.exec(sql.slice(place)) ?? []
  const start = place + schema.length
  const rest = sql.slice(start)
  for (const [written, whole] of limited) {
    const [text] = written.exec(rest) ?? []
    if (text !== undefined) return [{ start, end: start + text.length, whole }]
  }
  return []
}

/** The expression with every cast to a length as a cast that keeps all of a value; null: it has none. */
export const withoutCuts = (sql: string): string | null => {
  const found = typePlaces(sql).flatMap((place) => limitedAt(sql, place))
  if (found.length === 0) return null
  return found
    .toSorted((a, b) => b.start - a.start)
    .reduce((text, { start, end, whole }) => text.slice(0, start) + whole + text.slice(end), sql)
}
