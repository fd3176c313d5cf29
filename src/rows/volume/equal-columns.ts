/** Columns that a condition computes from others: `total = net + tax`. PostgreSQL computes them for given values. */
import { ident, literal } from '../../postgres/quote.ts'
import { deparseExpression, parseExpression, type ParseNode } from '../../postgres/parse.ts'
import { columnOf, columnsOf, nameList, nodeParts, underCasts } from '../tree.ts'
import type { Component, Judging } from './conditions.ts'
import type { Tuple } from './samples.ts'

export interface EqualColumn {
  /** Its place among the component's columns. */
  readonly at: number
  /** What it is equal to, and of which columns that is made. */
  readonly sql: string
  readonly uses: readonly string[]
}

const conjunctsOf = (node: unknown): readonly unknown[] => {
  const parts = nodeParts(node)
  return parts?.[0] === 'BoolExpr' && parts[1]['boolop'] === 'AND_EXPR'
    ? (parts[1]['args'] as readonly unknown[]).flatMap(conjunctsOf)
    : [node]
}

const sidesOf = (node: unknown): readonly [unknown, unknown] | null => {
  const parts = nodeParts(node)
  if (parts?.[0] !== 'A_Expr' || nameList(parts[1]['name']).at(-1) !== '=') return null
  if (parts[1]['kind'] !== 'AEXPR_OP') return null
  return [parts[1]['lexpr'], parts[1]['rexpr']]
}

/** One for each column at most; what is fixed is computed from nothing. */
export const equalColumns = ({ columns, expressions }: Component): readonly EqualColumn[] => {
  const found = new Map<string, EqualColumn>()
  for (const expression of expressions) {
    let tree: unknown
    try {
      tree = parseExpression(expression)
    } catch {
      continue
    }
    for (const sides of conjunctsOf(tree).map(sidesOf)) {
      if (sides === null) continue
      for (const [one, other] of [sides, [sides[1], sides[0]]] as const) {
        const name = columnOf(underCasts(one))
        const at = columns.findIndex(({ column, isFixed }) => !isFixed && column.name === name)
        const uses = columnsOf(other)
        const isKnown = uses.every((used) => columns.some(({ column }) => column.name === used))
        // Neither a constant nor itself, and nothing that is computed from it.
        const isCircle = uses.some((used) => used === name || found.get(used)?.uses.includes(name ?? ''))
        if (name === null || at < 0 || found.has(name) || uses.length === 0 || !isKnown || isCircle) continue
        found.set(name, { at, sql: deparseExpression(other as ParseNode), uses })
        break
      }
    }
  }
  // What others are computed from comes first.
  const all = [...found.values()]
  const isUsed = ({ uses }: EqualColumn): boolean => uses.some((used) => found.has(used))
  return [...all.filter((one) => !isUsed(one)), ...all.filter(isUsed)]
}

/** The tuples with what the equalities make of them; a value that cannot be computed stays what it was. */
export const withEqualColumns = async (
  { columns }: Component,
  equal: readonly EqualColumn[],
  tuples: readonly Tuple[],
  { texts }: Judging,
): Promise<readonly Tuple[]> => {
  let all = tuples
  for (const { at, sql, uses } of equal) {
    const given = columns.flatMap(({ column }, place) =>
      uses.includes(column.name) ? [{ column, place }] : [],
    )
    const asked = all.map((tuple) => {
      const values = given.map(({ column, place }) => {
        const text = tuple[place] ?? null
        return `${text === null ? 'null' : literal(text)}::${column.type} as ${ident(column.name)}`
      })
      return `select ${sql} from (select ${values.join(', ')}) as t`
    })
    const computed = await texts(columns[at]!.column, asked)
    all = all.map((tuple, n) => {
      const value = computed[n]
      return value === undefined ? tuple : tuple.map((old, place) => (place === at ? value : old))
    })
  }
  return all
}
