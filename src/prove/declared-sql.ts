/** Declared SQL that PostgreSQL refuses becomes a fault in the user's own file, with line and caret. */
import { readFileSync } from 'node:fs'
import { AssayError, AssayErrors, type SourcePlace } from '../ground/errors.ts'
import type { RefusedSql } from './refused-sql.ts'

/** Lines below the declaration in which its SQL text is looked for. */
const reach = 40

const excerptOf = (text: string, column: number): string => `${text}\n${' '.repeat(column - 1)}^`

/** What PostgreSQL points at, as a query builder or a text of several lines has it: the last name of a path. */
const wordAt = (sql: string, position: number): string => {
  const path = /^(?:(?:"(?:[^"]|"")+"|[\p{L}\p{N}_$]+)\.?)+/u.exec(sql.slice(position - 1))?.[0] ?? ''
  const last = /(?:"(?<quoted>(?:[^"]|"")+)"|(?<bare>[\p{L}\p{N}_$]+))$/u.exec(path)?.groups
  return last?.['quoted']?.replaceAll('""', '"') ?? last?.['bare'] ?? ''
}

/** What stands around the position between parameters and ends of lines, as the declaration has it too. */
const pieceAt = (sql: string, position: number): { readonly text: string; readonly offset: number } => {
  const [before, after] = [sql.slice(0, position - 1), sql.slice(position - 1)]
  const start = /(?:^|\n|\$\d+)(?!.*(?:\n|\$\d+))(?<own>.*)$/su.exec(before)?.groups?.['own'] ?? ''
  const own = start.trimStart()
  return { text: `${own}${/^.*?(?=\n|\$\d+|$)/su.exec(after)?.[0] ?? ''}`.trimEnd(), offset: own.length }
}

/** Finds the SQL text near its declaration and points at PostgreSQL's position in it. */
const placeOf = ({ rule, sql, fault }: RefusedSql): SourcePlace | null => {
  if (!rule.at) return null
  const { file, line } = rule.at
  let lines: readonly string[]
  try {
    lines = readFileSync(file, 'utf8').split('\n')
  } catch {
    return { file, line }
  }
  for (let n = line - 1; n < Math.min(lines.length, line - 1 + reach); n++) {
    const text = lines[n]!
    const at = text.indexOf(sql)
    if (at < 0) continue
    const column = at + (fault.position ?? 1)
    return { file, line: n + 1, column, excerpt: excerptOf(text, column) }
  }
  const piece = pieceAt(sql, fault.position ?? 1)
  for (let n = line - 1; piece.text !== '' && n < Math.min(lines.length, line - 1 + reach); n++) {
    const at = lines[n]!.indexOf(piece.text)
    if (at < 0) continue
    const column = at + piece.offset + 1
    return { file, line: n + 1, column, excerpt: excerptOf(lines[n]!, column) }
  }
  const word = wordAt(sql, fault.position ?? 1)
  for (let n = line - 1; word !== '' && n < Math.min(lines.length, line - 1 + reach); n++) {
    const column = lines[n]!.indexOf(word) + 1
    if (column > 0) return { file, line: n + 1, column, excerpt: excerptOf(lines[n]!, column) }
  }
  const column = fault.position ?? 1
  return { file, line, excerpt: `${sql}\n${' '.repeat(Math.max(0, column - 1))}^` }
}

/** Throws AssayErrors (exit 2) with every refused text; does nothing when there is none. */
export const refuseDeclaredSql = (refused: readonly RefusedSql[]): void => {
  if (refused.length === 0) return
  throw new AssayErrors(
    refused.map((r) => {
      const where = placeOf(r)
      return new AssayError(`${r.rule.id}: PostgreSQL refuses its SQL: ${r.fault.message}`, {
        code: 'rule.sql-refused',
        exit: 2,
        asked: r.isStatement
          ? `a statement over ${(r.rule.reads ?? [r.rule.table]).join(', ')}`
          : `an expression over the columns of ${r.rule.table}`,
        found: r.sql,
        why: `SQLSTATE ${r.fault.sqlstate}${r.fault.hint ? `; ${r.fault.hint}` : ''}`,
        mend: r.isStatement
          ? 'correct the statement in the declaration; PostgreSQL has to take it as `prepare … as` on the migrated database'
          : 'correct the SQL text in the declaration; it must work as `check (…)` on that table',
        ...(where ? { where } : {}),
      })
    }),
  )
}
