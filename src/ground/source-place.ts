/** Turns a position in a user's file into what people read: line, column and the line with a caret under it. */
import path from 'node:path'
import type { SourcePlace } from './errors.ts'

/** As wide as an excerpt may be; longer lines are cut around the caret. */
const width = 100

/** Tabs would move the caret, control characters would move the cursor. */
const printable = (line: string): string => line.replaceAll(/\p{Cc}/gu, ' ')

const excerptOf = (line: string, column: number): string => {
  const from = column < width ? 0 : column - Math.floor(width / 2)
  const shown = printable(line.slice(from, from + width)).trimEnd()
  return `${shown}\n${' '.repeat(column - from)}^`
}

/** Below the directory from there on, elsewhere as it is. */
export const shownPath = (file: string, relativeTo = process.cwd()): string => {
  const shown = path.relative(relativeTo, file)
  return shown.startsWith('..') ? file : shown
}

/** `offset` counts UTF-16 units from 0; `relativeTo` is the directory that paths are shown from. */
export const placeInFile = (
  file: string,
  text: string,
  offset: number,
  relativeTo = process.cwd(),
): SourcePlace => {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const lineEnd = text.indexOf('\n', offset)
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd)
  return {
    file: shownPath(file, relativeTo),
    line: text.slice(0, lineStart).split('\n').length,
    column: offset - lineStart + 1,
    excerpt: excerptOf(line, offset - lineStart),
  }
}

/** PostgreSQL counts characters from 1; a character may be two UTF-16 units. */
export const offsetOfPosition = (sql: string, position: number): number => {
  let offset = 0
  for (let character = 1; character < position && offset < sql.length; character += 1) {
    offset += (sql.codePointAt(offset) ?? 0) > 0xff_ff ? 2 : 1
  }
  return offset
}
