/**
 * PostgreSQL prints `x IN ('a', 'b')` over varchar as a cast of an array, and reads that text back as an array of
 * casts: another expression. With the array's own type said first, or without a cast where the operator asks for one
 * itself, it is read back as what it was.
 */
import { quotedLength } from './quoted-length.ts'

interface Element {
  readonly text: string
  /** Where the element's last cast begins, at its own depth; -1 for none. */
  readonly cast: number
}

/** The elements of the array whose bracket opens before `from`, and where it closes. */
const readElements = (sql: string, from: number): { elements: readonly Element[]; end: number } | null => {
  const elements: Element[] = []
  let depth = 0
  let start = from
  let cast = -1
  for (let i = from; i < sql.length; i += 1) {
    const quoted = quotedLength(sql, i)
    const c = sql[i]
    if (quoted > 0) i += quoted - 1
    else if (c === '(' || c === '[') depth += 1
    else if (depth === 0 && (c === ',' || c === ']')) {
      elements.push({
        text: sql.slice(start, i).trim(),
        cast: cast < 0 ? -1 : sql.slice(start, i).trimStart().length - (i - cast),
      })
      start = i + 1
      cast = -1
      if (c === ']') return { elements, end: i }
    } else if (c === ')' || c === ']') depth -= 1
    else if (depth === 0 && sql.startsWith('::', i)) cast = i
  }
  return null
}

const opening = '(ARRAY['

/** What PostgreSQL prints without a cast; a numeric that looks like an integer has one. */
const plainType = (text: string): string => {
  if (/^\d+$/u.test(text)) return 'integer'
  if (/^\d[\d.]*(?:e[+-]?\d+)?$/u.test(text)) return 'numeric'
  return /^(?:true|false)$/u.test(text) ? 'boolean' : ''
}

/** The type of all elements; null where they differ or say none. */
const elementType = (elements: readonly Element[]): string | null => {
  const types = new Set(elements.map(({ text, cast }) => (cast < 0 ? plainType(text) : text.slice(cast + 2))))
  const [type] = types
  return types.size === 1 && type !== undefined && type !== '' ? type : null
}

/** Where the cast of an operand of ANY or ALL ends, which stands alone in its parentheses; -1 where it does not. */
const castEnd = (sql: string, from: number): number => {
  const cast = /^[\w .]+(?:\(\d+(?:,\d+)?\))?(?: [\w ]+)?\[\](?=\))/u.exec(sql.slice(from, from + 200))
  return cast === null ? -1 : from + cast[0].length
}

/** What compares with the elements gives the array its type, as it did at first. */
const isCompared = (sql: string, at: number): boolean =>
  /(?:ANY|ALL) \($/u.test(sql.slice(Math.max(0, at - 5), at))

/** Leaves strings, names and function bodies alone. */
export const withArrayTypes = (sql: string): string => {
  if (!sql.includes(opening)) return sql
  let out = ''
  for (let i = 0; i < sql.length;) {
    const quoted = quotedLength(sql, i)
    const array = quoted === 0 && sql.startsWith(opening, i) ? readElements(sql, i + opening.length) : null
    const type = array ? elementType(array.elements) : null
    if (array && type !== null && sql.startsWith('])::', array.end)) {
      const inner = withArrayTypes(sql.slice(i + opening.length, array.end))
      out += `(${opening}${inner}])::${type}[])`
      i = array.end + 2
    } else if (array && isCompared(sql, i) && castEnd(sql, array.end + 4) > 0) {
      out += `ARRAY[${withArrayTypes(sql.slice(i + opening.length, array.end))}]`
      i = castEnd(sql, array.end + 4)
    } else {
      const length = Math.max(quoted, 1)
      out += sql.slice(i, i + length)
      i += length
    }
  }
  return out
}
