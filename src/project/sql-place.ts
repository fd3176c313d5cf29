/** Where a piece of declared SQL stands in the user's file, so that a caret can be put under its fault. */
import { readFileSync } from 'node:fs'
import type { DeclaredAt } from '../architecture/rule.ts'
import type { SourcePlace } from '../ground/errors.ts'

const readLines = (file: string): readonly string[] => {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** A line and a caret under its 1-based column: tabs are kept, and letters of two code units are two cells wide. */
const withCaret = (line: string, column: number): string =>
  `${line}\n${line.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')}^`

/**
 * `position` is 0-based in `sql`. The SQL is looked for from the rule's line on; when it is not written there
 * as it is (escapes, joined strings), the rule's line is told and the SQL itself is the excerpt.
 */
export const placeInFile = (
  at: DeclaredAt | null,
  sql: string,
  position: number | null,
): SourcePlace | null => {
  if (at === null) return null
  const lines = readLines(at.file)
  const rest = lines.slice(at.line - 1).join('\n')
  const found = rest.indexOf(sql)
  const faultLine = sql.slice(0, position ?? 0).split('\n')
  if (found < 0 || sql === '') {
    const line = sql.split('\n')[faultLine.length - 1] ?? ''
    const column = (faultLine.at(-1)?.length ?? 0) + 1
    return { file: at.file, line: at.line, excerpt: position === null ? line : withCaret(line, column) }
  }
  const head = rest.slice(0, found + (position ?? 0)).split('\n')
  const line = at.line + head.length - 1
  const text = lines[line - 1] ?? ''
  if (position === null) return { file: at.file, line, excerpt: text }
  const column = (head.at(-1)?.length ?? 0) + 1
  return { file: at.file, line, column, excerpt: withCaret(text, column) }
}
