/**
 * `a BETWEEN 1 AND 2 AND b` is kept as a conjunction in a conjunction and printed as one, but read back as a single
 * flat one: another expression. Written with BETWEEN it is read back as what it was.
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

/** Both sides of the one operator that stands at the depth of the text itself. */
const sides = (text: string, operator: string): readonly [string, string] | null => {
  let found = -1
  for (let i = 0; i < text.length; i += 1) {
    const quoted = quotedLength(text, i)
    if (quoted > 0) i += quoted - 1
    else if (text[i] === '(' || text[i] === '[') {
      const end = closing(text, i)
      if (end < 0) return null
      i = end
    } else if (text.startsWith(operator, i)) {
      if (found >= 0) return null
      found = i
    }
  }
  return found < 0 ? null : [text.slice(0, found), text.slice(found + operator.length)]
}

/** `(x >= 1) AND (x <= 2)` as BETWEEN; null for anything else. */
const between = (
  text: string,
  word: ' AND ' | ' OR ',
  [low, high]: readonly [string, string],
): string | null => {
  const parts = sides(text, word)
  if (!parts || parts.some((part) => !part.startsWith('(') || closing(part, 0) !== part.length - 1))
    return null
  const [first, second] = parts.map((part, i) => sides(part.slice(1, -1), i === 0 ? low : high))
  if (!first || !second || first[0] !== second[0]) return null
  if ([first[1], second[1]].some((bound) => /^(?:ANY|ALL|SOME) \(/u.test(bound))) return null
  return `(${first[0]} ${word === ' OR ' ? 'NOT ' : ''}BETWEEN ${first[1]} AND ${second[1]})`
}

/** What the group that opens at `at` reads as, when it leads a longer one of its kind. */
const leading = (sql: string, at: number): { readonly text: string; readonly end: number } | null => {
  const end = closing(sql, at)
  if (end < 0) return null
  const inner = sql.slice(at + 1, end)
  const text = sql.startsWith(' AND ', end + 1)
    ? between(inner, ' AND ', [' >= ', ' <= '])
    : sql.startsWith(' OR ', end + 1)
      ? between(inner, ' OR ', [' < ', ' > '])
      : null
  return text === null ? null : { text, end }
}

/** Leaves strings, names and function bodies alone. */
export const withBetween = (sql: string): string => {
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
