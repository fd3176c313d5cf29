/**
 * Statements that also run where only a part of what they undo stands: a migration in stages may have stopped half way,
 * and its way back begins there.
 */

/** Names and strings of a statement, which stay as they are. */
const quoted = /("(?:[^"]|"")*"|'(?:[^']|'')*')/u

const whole =
  'constraint|column|index|policy|trigger|rule|view|materialized view|statistics|type|domain|sequence|table|publication|function|procedure|schema'

/** Each text outside of quotes. */
const outside = (sql: string, change: (text: string, next: string) => string): string => {
  const parts = sql.split(quoted)
  return parts.map((part, i) => (i % 2 === 0 ? change(part, parts[i + 1] ?? '') : part)).join('')
}

const tolerant = (text: string, name: string): string =>
  text
    .replaceAll(
      new RegExp(String.raw`\bdrop (${whole}) (?!if exists|concurrently)`, 'gu'),
      'drop $1 if exists ',
    )
    .replaceAll(/\bdrop (identity|expression)(?! if exists)\b/gu, 'drop $1 if exists')
    .replaceAll(/\badd column (?!if not exists)/gu, 'add column if not exists ')
    .replaceAll(/^create (unique )?index (?!if not exists|concurrently)/gu, 'create $1index if not exists ')
    // A constraint has no IF NOT EXISTS: what stands gives way to the same.
    .replaceAll(/(?<!, )\badd constraint $/gu, `drop constraint if exists ${name}, add constraint `)

/** Of statements that begin with DROP, ALTER TABLE or CREATE INDEX; others as they are. */
export const fromHalfWay = (sql: string): string =>
  /^(?:drop|alter table|create (?:unique )?index)\b/u.test(sql) ? outside(sql, tolerant) : sql
