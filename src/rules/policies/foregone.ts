/**
 * What is foregone about a policy's expression for a role: that it can never be true, because the policies of a table
 * that its subquery reads show the role nothing; and that it says the same of every row of a statement.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { nodeParts, walk } from '../../rows/tree.ts'
import { askedOf, formulaOf, type PolicySet, type Standing } from './policy-set.ts'
import { looksElsewhere } from './skeleton.ts'

export interface Foregone {
  readonly isNeverTrue: (sql: string, standing: Standing) => boolean
  readonly isSteady: (sql: string) => boolean
}

const parsed = (sql: string): unknown => {
  try {
    return parseExpression(sql)
  } catch {
    return null
  }
}

/** Rows come only from rows of its tables: no aggregate, no set operation, nothing but inner joins. */
const isPlain = (select: Record<string, unknown>): boolean => {
  const isOperation = select['op'] !== undefined && select['op'] !== 'SETOP_NONE'
  if (isOperation || !Array.isArray(select['fromClause'])) return false
  let plain = true
  walk(select['targetList'], (kind) => {
    if (kind === 'FuncCall' || kind === 'SubLink') plain = false
  })
  walk(select['fromClause'], (kind, body) => {
    if (kind === 'JoinExpr' && body['jointype'] !== 'JOIN_INNER') plain = false
  })
  return plain
}

const tablesOf = (select: Record<string, unknown>, catalog: Catalog): readonly Table[] => {
  const found: Table[] = []
  walk(select['fromClause'], (kind, body) => {
    if (kind === 'SelectStmt') return false
    if (kind !== 'RangeVar') return true
    const table = [...catalog.tables.values()].find(
      (t) =>
        t.name === body['relname'] && (body['schemaname'] === undefined || t.schema === body['schemaname']),
    )
    if (table) found.push(table)
    return false
  })
  return found
}

export const foregone = (catalog: Catalog, setOf: (table: Table) => PolicySet): Foregone => {
  const sets = new Map<Table, PolicySet>()
  const shows = (table: Table, standing: Standing): boolean => {
    const set = sets.get(table) ?? setOf(table)
    sets.set(table, set)
    return formulaOf(askedOf(set, standing, 'select')) !== 'false'
  }
  const canBe = (node: unknown, standing: Standing): boolean => {
    const [kind, body] = nodeParts(node) ?? ['', {}]
    if (kind === 'BoolExpr') {
      const args = body['args'] as readonly unknown[]
      if (body['boolop'] === 'AND_EXPR') return args.every((arg) => canBe(arg, standing))
      return body['boolop'] === 'OR_EXPR' ? args.some((arg) => canBe(arg, standing)) : true
    }
    if (kind !== 'SubLink' || !['EXISTS_SUBLINK', 'ANY_SUBLINK'].includes(String(body['subLinkType'])))
      return true
    const select = nodeParts(body['subselect'])?.[1]
    if (!select || !isPlain(select)) return true
    const isFound = select['whereClause'] === undefined || canBe(select['whereClause'], standing)
    return isFound && tablesOf(select, catalog).every((table) => shows(table, standing))
  }
  const trees = new Map<string, unknown>()
  const treeOf = (sql: string): unknown => {
    if (!trees.has(sql)) trees.set(sql, parsed(sql))
    return trees.get(sql)
  }
  return {
    isNeverTrue: (sql, standing) => !standing.owns && !standing.bypasses && !canBe(treeOf(sql), standing),
    isSteady(sql) {
      const tree = treeOf(sql)
      if (tree === null || looksElsewhere(catalog, tree)) return false
      let columns = false
      walk(tree, (kind) => {
        if (kind === 'ColumnRef') columns = true
      })
      return !columns
    },
  }
}
