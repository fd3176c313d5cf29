/** An expression without what cuts or rounds in it: casts to a length or to less than they are given, where the parser sees them. */
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

/** Types that keep less than what is cast to them may have. */
const rounded: readonly (readonly [RegExp, string])[] = [
  [/^(?:smallint|integer|bigint|int[248]?)\b/iu, 'numeric'],
  [/^date\b/iu, 'timestamp'],
  [/^(?:real|float4)\b/iu, 'double precision'],
  ...['timestamptz', 'timestamp', 'timetz', 'time', 'interval'].map((name): readonly [RegExp, string] => [
    new RegExp(String.raw`^${name}\s*\(\s*\d\s*\)`, 'iu'),
    name,
  ]),
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

const writtenAt = (sql: string, place: number, types: typeof limited): readonly Written[] => {
  const [schema = ''] = ofCatalog.exec(sql.slice(place)) ?? []
  const start = place + schema.length
  const rest = sql.slice(start)
  for (const [written, whole] of types) {
    const [text] = written.exec(rest) ?? []
    if (text !== undefined) return [{ start, end: start + text.length, whole }]
  }
  return []
}

const rewritten = (sql: string, types: typeof limited): string | null => {
  const found = typePlaces(sql).flatMap((place) => writtenAt(sql, place, types))
  if (found.length === 0) return null
  return found
    .toSorted((a, b) => b.start - a.start)
    .reduce((text, { start, end, whole }) => text.slice(0, start) + whole + text.slice(end), sql)
}

/** The expression with every cast to a length as a cast that keeps all of a value; null: it has none. */
export const withoutCuts = (sql: string): string | null => rewritten(sql, limited)

/** The same for casts to whole numbers, days, fewer digits of a second or of a fraction. */
export const withoutRounding = (sql: string): string | null => rewritten(sql, rounded)
