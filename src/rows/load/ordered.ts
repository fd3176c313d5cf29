/** Columns that a CHECK puts behind another of their row (`ends_at > starts_at`): a range over both is one then. */
import type { CheckFacts } from '../../catalog/check.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { columnOf, nameList, nodeParts, underCasts } from '../tree.ts'

export interface Follows {
  /** The column that it follows. */
  readonly column: string
  /** It comes before that one, not behind it. */
  readonly isBefore: boolean
}

type Pair = readonly [earlier: string, later: string]

/** What has to hold of each row: the parts of an AND. */
const parts = (node: unknown): readonly unknown[] => {
  const [kind, body] = nodeParts(node) ?? ['', {}]
  return kind === 'BoolExpr' && body['boolop'] === 'AND_EXPR'
    ? (body['args'] as readonly unknown[]).flatMap(parts)
    : [node]
}

const pairOf = (node: unknown): readonly Pair[] => {
  const [kind, body] = nodeParts(node) ?? ['', {}]
  if (kind !== 'A_Expr' || body['kind'] !== 'AEXPR_OP') return []
  const operator = nameList(body['name']).at(-1) ?? ''
  const [left, right] = [columnOf(underCasts(body['lexpr'])), columnOf(underCasts(body['rexpr']))]
  if (left === null || right === null || left === right) return []
  if (operator === '<' || operator === '<=') return [[left, right]]
  return operator === '>' || operator === '>=' ? [[right, left]] : []
}

/**
 * By column, of those that `isFree` says nothing else depends on. Needs `loadParser()`. Both columns of a pair are of one
 * type: greater numbers make greater values of it.
 */
export const followsIn = (
  table: Table,
  catalog: Catalog,
  isFree: (column: string) => boolean,
): ReadonlyMap<string, Follows> => {
  const typeOf = (name: string): string | undefined =>
    table.columns.find((one) => one.name === name)?.baseType
  const found = new Map<string, Follows>()
  for (const { facts } of catalog.of(table.id, 'check') as readonly Structure<CheckFacts>[])
    for (const [earlier, later] of parts(parseExpression(facts.expression)).flatMap(pairOf)) {
      if (typeOf(earlier) === undefined || typeOf(earlier) !== typeOf(later)) continue
      if (isFree(later) && !found.has(later) && !found.has(earlier))
        found.set(later, { column: earlier, isBefore: false })
      else if (isFree(earlier) && !found.has(earlier) && !found.has(later))
        found.set(earlier, { column: later, isBefore: true })
    }
  return found
}
