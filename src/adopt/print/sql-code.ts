/** SQL inside declarations: conditions, and key parts whose columns the compiler checks. */
import { columnName, fieldsOf } from '../../catalog/expression/tree.ts'
import type { Table } from '../../catalog/table.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { atom, type Code } from './code.ts'
import { sql, templateText, text, textLiteral } from './literals.ts'

/** A condition on one line. */
export const condition = (value: string): Code => (value.includes('\n') ? text(value) : sql(value))

interface Found {
  readonly name: string
  /** In bytes from the beginning of the text. */
  readonly at: number
}

/** What parseExpression writes before the text. */
const head = Buffer.byteLength('select (')

const columnsIn = (node: unknown): readonly Found[] => {
  if (Array.isArray(node)) return node.flatMap(columnsIn)
  if (typeof node !== 'object' || node === null) return []
  const name = columnName(node)
  if (name === null) return Object.values(node).flatMap(columnsIn)
  const at = fieldsOf(node, 'ColumnRef')?.['location']
  return typeof at === 'number' ? [{ name, at: at - head }] : []
}

/** `` t.sql`lower(${'email'}) || ${'name'}` `` */
export const keyTemplate = (value: string, table: Table): Code => {
  const bytes = Buffer.from(value)
  let done = 0
  let written = ''
  for (const { name, at } of columnsIn(parseExpression(value)).toSorted((a, b) => a.at - b.at)) {
    if (!table.columns.some((column) => column.name === name)) continue
    const rest = bytes.subarray(at).toString('utf8')
    const shown = [ident(name), name].find((one) => rest.startsWith(one))
    if (shown === undefined) continue
    written += templateText(bytes.subarray(done, at).toString('utf8')) + `\${${textLiteral(name)}}`
    done = at + Buffer.byteLength(shown)
  }
  return atom(`t.sql\`${written}${templateText(bytes.subarray(done).toString('utf8'))}\``)
}

const functionOfColumn = /^[a-z_][\w.]*\(([a-z_]\w*)\)$/u

/** An expression as part of a key: `'lower(email)'`, or a template. */
export const keyExpression = (value: string, table: Table): Code => {
  const column = functionOfColumn.exec(value)?.[1]
  const isPlain = table.columns.some(({ name }) => name === column) && !isColumnName(value, table)
  return isPlain ? text(value) : keyTemplate(value, table)
}

const isColumnName = (value: string, table: Table): boolean =>
  table.columns.some((column) => column.name === value)
