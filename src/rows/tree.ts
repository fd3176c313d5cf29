/** Small questions put to a PostgreSQL parse tree: what a node is, what it names, what stands below it. */
import type { ParseNode } from '../postgres/parse.ts'

/** A node as its single key and body: `{ A_Expr: {…} }` is `['A_Expr', {…}]`. */
export const nodeParts = (node: unknown): readonly [string, Record<string, unknown>] | null => {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return null
  const [entry] = Object.entries(node)
  if (!entry || !/^[A-Z]/u.test(entry[0]) || typeof entry[1] !== 'object' || entry[1] === null) return null
  return [entry[0], entry[1] as Record<string, unknown>]
}

/** Adds the nodes directly below, in the order of the text. */
const addChildNodes = (value: unknown, found: ParseNode[]): ParseNode[] => {
  if (typeof value !== 'object' || value === null) return found
  for (const inner of Array.isArray(value) ? value : Object.values(value))
    if (nodeParts(inner)) found.push(inner as ParseNode)
    else addChildNodes(inner, found)
  return found
}

/** Calls `visit` on the node and everything below it; a visitor that answers false is not followed further down. */
export const walk = (
  node: unknown,
  visit: (kind: string, body: Record<string, unknown>, node: ParseNode) => boolean | void,
): void => {
  const parts = nodeParts(node)
  if (parts && visit(parts[0], parts[1], node as ParseNode) === false) return
  for (const child of addChildNodes(parts ? parts[1] : node, [])) walk(child, visit)
}

/** The text of a leaf; the parser leaves out empty strings and zeros. */
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

/** The strings of a name list: operator names, function names, column references. */
export const nameList = (value: unknown): string[] =>
  (Array.isArray(value) ? value : []).flatMap((v) => {
    const parts = nodeParts(v)
    return parts?.[0] === 'String' ? [textOf(parts[1]['sval'])] : []
  })

/** The column that a reference names, `*` for a whole row, null when the node is no reference. */
export const columnOf = (node: unknown): string | null => {
  const parts = nodeParts(node)
  if (parts?.[0] !== 'ColumnRef') return null
  const fields = parts[1]['fields'] as readonly unknown[]
  return nodeParts(fields.at(-1))?.[0] === 'A_Star' ? '*' : (nameList(fields).at(-1) ?? null)
}

/** The node under any casts. */
export const underCasts = (node: unknown): unknown => {
  const parts = nodeParts(node)
  return parts?.[0] === 'TypeCast' ? underCasts(parts[1]['arg']) : node
}

/** Text of a constant (a number, a string, a boolean), also under casts and a minus sign; null for anything else. */
export const constantOf = (node: unknown): string | null => {
  const parts = nodeParts(underCasts(node))
  if (!parts) return null
  const [kind, body] = parts
  if (kind === 'A_Expr' && body['lexpr'] === undefined && nameList(body['name']).at(-1) === '-') {
    const inner = constantOf(body['rexpr'])
    if (inner === null || !/^[\d.]/u.test(inner)) return null
    return `-${inner}`
  }
  if (kind !== 'A_Const' || body['isnull']) return null
  const inner = (key: string): Record<string, unknown> | undefined =>
    body[key] as Record<string, unknown> | undefined
  if (inner('ival')) return textOf(inner('ival')?.['ival'] ?? 0)
  if (inner('fval')) return textOf(inner('fval')?.['fval'])
  if (inner('boolval')) return inner('boolval')?.['boolval'] ? 'true' : 'false'
  if (inner('bsval')) return textOf(inner('bsval')?.['bsval']).slice(1)
  if (inner('sval')) return textOf(inner('sval')?.['sval'])
  return null
}

/** Columns named anywhere below, each once, in the order of the text. */
export const columnsOf = (node: unknown): string[] => {
  const found = new Set<string>()
  walk(node, (_kind, _body, at) => {
    const column = columnOf(at)
    if (column !== null) found.add(column)
  })
  return [...found]
}
