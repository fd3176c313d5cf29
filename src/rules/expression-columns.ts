/** Which columns of a table an SQL expression reads, found by PostgreSQL's parser. */
import type { Table } from '../catalog/table.ts'
import { loadParser, parseExpression } from '../postgres/parse.ts'

const gather = (node: unknown, into: Set<string>): void => {
  if (Array.isArray(node)) for (const one of node) gather(one, into)
  else if (node !== null && typeof node === 'object') {
    const reference = (node as Record<string, unknown>)['ColumnRef'] as
      { fields?: readonly unknown[] } | undefined
    const last = reference?.fields?.at(-1) as { String?: { sval?: string }; A_Star?: object } | undefined
    if (last?.String?.sval !== undefined) into.add(last.String.sval)
    for (const value of Object.values(node)) gather(value, into)
  }
}

/** In the table's order; every column when the text does not parse or names the whole row. */
export const columnsIn = async (table: Table, expression: string): Promise<readonly string[]> => {
  await loadParser()
  const names = new Set<string>()
  const all = table.columns.map((c) => c.name)
  try {
    gather(parseExpression(expression), names)
  } catch {
    return all
  }
  return names.has(table.name) && !all.includes(table.name) ? all : all.filter((name) => names.has(name))
}
