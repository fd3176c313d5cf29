/** A query's statement with values in it, and as EXPLAIN is asked of it. Needs `loadParser()`. */
import { literal } from '../../postgres/quote.ts'
import { scanWords } from '../../postgres/scan.ts'

/** A value as text and the type that PostgreSQL gives the parameter. */
export interface TypedValue {
  readonly text: string | null
  readonly type: string
}

/** Values in place of `$1`, `$2`, …; what has none stays. */
export const withValues = (sql: string, values: readonly (TypedValue | null)[]): string => {
  let text = ''
  let from = 0
  for (const word of scanWords(sql)) {
    const number = /^\$(\d+)$/u.exec(word.text)?.[1]
    const value = number === undefined ? null : values[Number(number) - 1]
    if (!value) continue
    text += `${sql.slice(from, word.start)}${literal(value.text)}::${value.type}`
    from = word.end
  }
  return text + sql.slice(from)
}

const head = 'explain (analyze, buffers, timing off, summary off, format json) '

/** Counted, not timed: what it answers is the same on a slow machine. */
export const analysed = (sql: string): string => `${head}${sql}`

/** The statement that `analysed` was given. */
export const statementIn = (explained: string): string =>
  explained.startsWith(head) ? explained.slice(head.length) : explained
