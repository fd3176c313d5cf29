/**
 * `a BETWEEN 1 AND 2 AND b`, `(a, b) = (1, 2) AND c` and `a IN (b, c) OR d` are kept as a conjunction in a conjunction
 * and printed as one, but read back as a single flat one: another expression. Written as they were said, or set apart
 * by a cast, they are read back as what they were.
 */
import { quotedLength } from './quoted-length.ts'

/** Where the group that opens at `from` closes; -1 where it does not. */
const closing = (sql: string, from: number): number => {
  let depth = 0
  for (let i = from; i < sql.length; i += 1) {
    const quoted = quotedLength(sql, i)
    if (quoted > 0) {
      i += quoted - 1
      continue
    }
    const c = sql[i]
    if (c === '(' || c === '[') depth += 1
    else if (c === ')' || c === ']') {
      depth -= 1
      if (depth === 0) return i
    }
  }
  return -1
}

/** The parts between the operators that stand at the depth of the text itself; null where a group does not close. */
const partsOf = (text: string, operator: string): readonly string[] | null => {
  const parts: string[] = []
  let from = 0
  for (let i = 0; i < text.length; i += 1) {
    const quoted = quotedLength(text, i)
    if (quoted > 0) i += quoted - 1
    else if (text[i] === '(' || text[i] === '[') {
      const end = closing(text, i)
      if (end < 0) return null
      i = end
    } else if (text.startsWith(operator, i)) {
      parts.push(text.slice(from, i))
      from = i + operator.length
    }
  }
  return [...parts, text.slice(from)]
}

/** Both sides of the one operator; null where it stands there never or more than once. */
const sides = (text: string, operator: string): readonly [string, string] | null => {
  const [left, right, more] = partsOf(text, operator) ?? []
  return left !== undefined && right !== undefined && more === undefined ? [left, right] : null
}

const isGroup = (part: string): boolean => part.startsWith('(') && closing(part, 0) === part.length - 1

/** Both sides of each part, which compares in parentheses; null where one does not. */
const comparisons = (
  parts: readonly string[],
  operators: readonly string[],
): readonly (readonly [string, string])[] | null => {
  const found = parts.flatMap((part, i) => {
    if (!isGroup(part)) return []
    const both = sides(part.slice(1, -1), operators[i] ?? operators[0]!)
    return both && !/^(?:ANY|ALL|SOME) \(/u.test(both[1]) ? [both] : []
  })
  return found.length === parts.length && parts.length > 1 ? found : null
}

/** `(x >= 1) AND (x <= 2)` with BETWEEN; null for anything else. */
const between = (parts: readonly string[], isOr: boolean): string | null => {
  const [first, second, more] = comparisons(parts, isOr ? [' < ', ' > '] : [' >= ', ' <= ']) ?? []
  if (!first || !second || more || first[0] !== second[0]) return null
  return `(${first[0]} ${isOr ? 'NOT ' : ''}BETWEEN ${first[1]} AND ${second[1]})`
}

/** `(x = 1) AND (y = 2)` as a comparison of rows; null for anything else. */
const rowsCompared = (parts: readonly string[], isOr: boolean): string | null => {
  const operator = isOr ? ' <> ' : ' = '
  const all = comparisons(parts, [operator])
  if (!all) return null
  const [left, right] = [0, 1].map((side) => `ROW(${all.map((both) => both[side]).join(', ')})`)
  return `(${left}${operator}${right})`
}

/** A cast to what it is already: PostgreSQL drops it once it has seen that the group stands apart. */
const apart = (group: string, parts: readonly string[]): string | null =>
  parts.length > 1 && parts.every(isGroup) ? `${withConjunctions(group)}::boolean` : null

/** What the group that opens at `at` reads as, when it leads a longer one of its kind. */
const leading = (sql: string, at: number): { readonly text: string; readonly end: number } | null => {
  const end = closing(sql, at)
  if (end < 0) return null
  const isOr = sql.startsWith(' OR ', end + 1)
  if (!isOr && !sql.startsWith(' AND ', end + 1)) return null
  const parts = partsOf(sql.slice(at + 1, end), isOr ? ' OR ' : ' AND ') ?? []
  const text = between(parts, isOr) ?? rowsCompared(parts, isOr) ?? apart(sql.slice(at, end + 1), parts)
  return text === null ? null : { text, end }
}

/** Leaves strings, names and function bodies alone. */
export const withConjunctions = (sql: string): string => {
  if (!sql.includes('(((')) return sql
  let out = ''
  for (let i = 0; i < sql.length;) {
    const quoted = quotedLength(sql, i)
    const found = quoted === 0 && sql.startsWith('(((', i) ? leading(sql, i + 1) : null
    if (found) {
      out += `(${found.text}`
      i = found.end + 1
    } else {
      const length = Math.max(quoted, 1)
      out += sql.slice(i, i + length)
      i += length
    }
  }
  return out
}
