/** `x not in (select y …)` as `not exists`: an anti-join instead of a list that is looked through, where neither is null. */
import type { Catalog } from '../../../catalog/structure.ts'
import { deparseStatement, parseStatements } from '../../../postgres/parse.ts'
import { columnOf, nodeParts } from '../../../rows/tree.ts'
import { aliasOf, rangeVars, type ColumnsOf, type Source } from '../../../rules/query/conditions.ts'
import { statementIn } from '../../../rules/query/text.ts'
import type { RewriteKind } from './attempt.ts'

type Body = Record<string, unknown>

const string = (sval: string): Body => ({ String: { sval } })

interface Side {
  readonly source: Source
  readonly column: string
}

/** A column that is never null, with the relation that it is of. */
const sideOf = (node: unknown, sources: readonly Source[], catalog: Catalog): Side | null => {
  const columnsOf: ColumnsOf = (id) => catalog.tables.get(id)?.columns.map(({ name }) => name) ?? []
  const alias = aliasOf(node, sources, columnsOf)
  const source = sources.find((one) => one.alias === alias)
  const column = columnOf(node)
  if (!source || column === null) return null
  const found = catalog.tables.get(source.id)?.columns.find(({ name }) => name === column)
  return found?.notNull === true ? { source, column } : null
}

const reference = ({ source, column }: Side): Body => ({
  ColumnRef: { fields: [string(source.alias), string(column)] },
})

/** The same test as EXISTS; null where it may say something else. */
const existsFor = (link: Body, outside: readonly Source[], catalog: Catalog): Body | null => {
  const select = nodeParts(link['subselect'])?.[1]
  const targets = (select?.['targetList'] ?? []) as readonly unknown[]
  const plain =
    select &&
    !['groupClause', 'limitCount', 'limitOffset', 'withClause', 'havingClause', 'distinctClause'].some(
      (key) => key in select,
    )
  if (!select || !plain || select['op'] !== 'SETOP_NONE' || targets.length !== 1) return null
  const own = rangeVars(select['fromClause'])
  // A name that stands outside too would mean another relation inside.
  if (own.some(({ alias }) => outside.some((one) => one.alias === alias))) return null
  const inner = sideOf(nodeParts(targets[0])?.[1]['val'], own, catalog)
  const outer = sideOf(link['testexpr'], outside, catalog)
  if (inner === null || outer === null) return null
  const equal = {
    A_Expr: { kind: 'AEXPR_OP', name: [string('=')], lexpr: reference(inner), rexpr: reference(outer) },
  }
  const where = select['whereClause']
  const one = { ResTarget: { val: { A_Const: { ival: { ival: 1 } } } } }
  return {
    SubLink: {
      subLinkType: 'EXISTS_SUBLINK',
      subselect: {
        SelectStmt: {
          ...select,
          targetList: [one],
          whereClause:
            where === undefined ? equal : { BoolExpr: { boolop: 'AND_EXPR', args: [where, equal] } },
        },
      },
    },
  }
}

/** The statement with every such test put otherwise; null: it has none. Throws what libpg-query throws. */
export const withExists = (sql: string, catalog: Catalog): string | null => {
  const [statement] = parseStatements(sql)
  const select = nodeParts(statement?.node)
  if (select?.[0] !== 'SelectStmt') return null
  const outside = rangeVars(select[1]['fromClause'])
  let changed = false
  const change = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(change)
    if (typeof node !== 'object' || node === null) return node
    const parts = nodeParts(node)
    const isIn =
      parts?.[0] === 'SubLink' && parts[1]['subLinkType'] === 'ANY_SUBLINK' && !('operName' in parts[1])
    const exists = isIn ? existsFor(parts[1], outside, catalog) : null
    if (exists !== null) {
      changed = true
      return exists
    }
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, change(value)]))
  }
  const whereClause = change(select[1]['whereClause'])
  return changed ? deparseStatement({ SelectStmt: { ...select[1], whereClause } }) : null
}

export const existsForIn: RewriteKind = {
  kind: 'exists-for-in',
  attempts: ({ rule, experiments }, { catalog }) =>
    Promise.resolve(
      rule.forms.slice(0, 1).flatMap(({ sql }) => {
        const after = withExists(sql, catalog)
        if (after === null) return []
        const pairs = experiments.flatMap((experiment) => {
          const before = statementIn(experiment.when.at(-1)!)
          const other = withExists(before, catalog)
          return other === null ? [] : [{ experiment, ddl: [], before, after: other }]
        })
        const summary = `"${rule.sentence}" looks for values in a list, where a join would do`
        return [{ kind: 'exists-for-in', summary, before: sql, after, added: [], pairs }]
      }),
    ),
}
