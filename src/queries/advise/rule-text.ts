/** A candidate as it is declared: `t.indexed('user_id', 'ordered_at desc', { include: ['total'] })`. */
import { deparseExpression, parseExpression, type ParseNode } from '../../postgres/parse.ts'
import type { IndexKey } from '../../rules/indexed/ddl.ts'
import { columnOf, nodeParts } from '../../rows/tree.ts'
import type { IndexDraft, StatisticsDraft } from './candidate.ts'

const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

const inTemplate = (text: string): string => text.replaceAll(/[\\`]|\$\{/gu, (found) => `\\${found}`)

/** A word that stands in the text for a column, and in no SQL. */
const mark = (n: number): string => `assay_column_${n}_`

/** `` t.sql`lower(${'email'})` ``: the compiler sees the columns. */
const template = (sql: string): string => {
  const columns: string[] = []
  const marked = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(marked)
    if (typeof node !== 'object' || node === null) return node
    const column = nodeParts(node)?.[0] === 'ColumnRef' ? columnOf(node) : null
    if (column === null || column === '*')
      return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, marked(value)]))
    columns.push(column)
    return { ColumnRef: { fields: [{ String: { sval: mark(columns.length - 1) } }] } }
  }
  const text = deparseExpression(marked(parseExpression(sql)) as ParseNode)
  const parts = inTemplate(text).replaceAll(
    /assay_column_(\d+)_/gu,
    (_, n: string) => `\${${quoted(columns[Number(n)]!)}}`,
  )
  return `t.sql\`${parts}\``
}

const partText = ({ column, expression, descending, nulls, operatorClass }: IndexKey): string => {
  if (column !== null && operatorClass === null)
    return quoted(`${column}${descending ? ' desc' : ''}${nulls === null ? '' : ` nulls ${nulls}`}`)
  const key = column === null ? template(expression) : quoted(column)
  if (column === null && operatorClass === null && !descending && nulls === null) return key
  const options = [
    `key: ${key}`,
    ...(operatorClass === null ? [] : [`operatorClass: ${quoted(operatorClass)}`]),
    ...(descending ? ['descending: true'] : []),
    ...(nulls === null ? [] : [`nulls: ${quoted(nulls)}`]),
  ]
  return `{ ${options.join(', ')} }`
}

/** `name`: where the usual one is taken. Needs `loadParser()`. */
export const ruleText = ({ keys, using, include, where }: IndexDraft, name: string | null): string => {
  const options = [
    ...(using === 'btree' ? [] : [`using: ${quoted(using)}`]),
    ...(include.length === 0 ? [] : [`include: [${include.map(quoted).join(', ')}]`]),
    ...(where === null ? [] : [`where: ${quoted(where)}`]),
    ...(name === null ? [] : [`name: ${quoted(name)}`]),
  ]
  return `t.indexed(${[...keys.map(partText), ...(options.length === 0 ? [] : [`{ ${options.join(', ')} }`])].join(', ')})`
}

export const statisticsText = ({ columns }: StatisticsDraft): string =>
  `t.statistics(${columns.map(quoted).join(', ')})`
