/**
 * A policy's expression over the row alone: what looks into other rows is taken for true, and for false. Rows that tell
 * the rest of it from what it may be broken into can be looked for before anything stands around them.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import { asksNothingOfItsCaller } from '../../catalog/function/purity.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { deparseExpression, parseExpression, type ParseNode } from '../../postgres/parse.ts'
import { nameList, nodeParts, walk } from '../../rows/tree.ts'

const truth = (value: boolean): ParseNode => ({ A_Const: { boolval: value ? { boolval: true } : {} } })

const readers = new WeakMap<Catalog, ReadonlySet<string>>()

/** Names of functions that may look at rows. */
export const readersOf = (catalog: Catalog): ReadonlySet<string> => {
  const known = readers.get(catalog)
  if (known) return known
  const functions = [...catalog.structures.values()].filter((s) => s.kind === 'function')
  const found = new Set(
    functions
      .map((s) => s.facts as FunctionFacts)
      .filter((f) => !asksNothingOfItsCaller(f, (schema) => schema !== null))
      .map((f) => f.name),
  )
  readers.set(catalog, found)
  return found
}

/** A subquery with FROM, or a call of what may look at rows. */
export const looksElsewhere = (catalog: Catalog, node: unknown): boolean => {
  const names = readersOf(catalog)
  let found = false
  walk(node, (kind, body) => {
    if (kind === 'SelectStmt' && Array.isArray(body['fromClause'])) found = true
    if (kind === 'FuncCall') found ||= names.has(nameList(body['funcname']).at(-1) ?? '')
    return !found
  })
  return found
}

/** Itself where it looks at nothing but the row; otherwise one text for each guess. Constants are left out. */
export const skeletonsOf = (catalog: Catalog, sql: string): readonly string[] => {
  let tree: ParseNode
  try {
    tree = parseExpression(sql)
  } catch {
    return [sql]
  }
  if (!looksElsewhere(catalog, tree)) return [sql]
  const guessed = (node: unknown, guess: boolean): ParseNode => {
    const [kind, body] = nodeParts(node) ?? ['', {}]
    if (kind === 'BoolExpr') {
      const args = (body['args'] as readonly unknown[]).map((arg) => guessed(arg, guess))
      return { BoolExpr: { ...body, args } }
    }
    return looksElsewhere(catalog, node) ? truth(guess) : (node as ParseNode)
  }
  const isOpen = (node: ParseNode): boolean => {
    let columns = false
    walk(node, (kind) => {
      if (kind === 'ColumnRef') columns = true
    })
    return columns
  }
  const texts = [true, false].flatMap((guess) => {
    const skeleton = guessed(tree, guess)
    return isOpen(skeleton) ? [deparseExpression(skeleton)] : []
  })
  return [...new Set(texts)]
}
