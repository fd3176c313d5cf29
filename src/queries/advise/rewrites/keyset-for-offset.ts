/** `offset 1000` as `where (ordered_at, id) < (…)`: the next page begins where the last one ended, and no row is read in vain. */
import type { KeyFacts } from '../../../catalog/key/key.ts'
import type { PolicyFacts } from '../../../catalog/policy.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import { deparseStatement, parseStatements, type ParseNode } from '../../../postgres/parse.ts'
import { literal } from '../../../postgres/quote.ts'
import { columnOf, nodeParts } from '../../../rows/tree.ts'
import { equalColumns, rangeVars } from '../../../rules/query/conditions.ts'
import { statementIn } from '../../../rules/query/text.ts'
import type { LoadedQuery } from '../../loaded-query.ts'
import type { Attempt, Pair, RewriteContext, RewriteKind } from './attempt.ts'

type Body = Record<string, unknown>

interface Page {
  readonly select: Body
  /** What it is ordered by, as trees. */
  readonly keys: readonly unknown[]
  readonly operator: '<' | '>'
}

const string = (sval: string): Body => ({ String: { sval } })
const number = (ival: number): Body => ({ A_Const: { ival: { ival } } })

/** A policy lets rows through that have one value in these. */
const columnsOfPolicy = (table: string, catalog: Catalog): readonly string[] => {
  const [policy, ...others] = catalog.of(table, 'policy') as readonly Structure<PolicyFacts>[]
  const using = others.length === 0 ? (policy?.facts.using ?? null) : null
  return using === null ? [] : equalColumns(`select where ${using}`)
}

/** One order of columns that are never null and tell rows apart, all in one direction; null: a row cannot say where it ends. */
const pageOf = (sql: string, catalog: Catalog, isGuarded: boolean): Page | null => {
  const parts = nodeParts(parseStatements(sql)[0]?.node)
  if (parts?.[0] !== 'SelectStmt' || !('limitOffset' in parts[1]) || 'groupClause' in parts[1]) return null
  const [select, order] = [parts[1], (parts[1]['sortClause'] ?? []) as readonly unknown[]]
  const [source, ...others] = rangeVars(select['fromClause'])
  const table = catalog.tables.get(source?.id ?? '')
  if (!table || others.length > 0 || select['op'] !== 'SETOP_NONE' || 'distinctClause' in select) return null
  const sorts = order.map((one) => nodeParts(one)?.[1] ?? {})
  const directions = new Set(sorts.map((sort) => sort['sortby_dir'] === 'SORTBY_DESC'))
  const names = sorts.map((sort) => columnOf(sort['node']))
  const isPlain = names.every((name) => table.columns.some((one) => one.name === name && one.notNull))
  const known = [...names, ...equalColumns(sql), ...(isGuarded ? columnsOfPolicy(table.id, catalog) : [])]
  const isTotal = ['primaryKey', 'unique'].some((kind) =>
    (catalog.of(table.id, kind) as readonly Structure<KeyFacts>[]).some(
      ({ facts }) =>
        facts.predicate === null &&
        facts.keys.every(({ column }) => column !== null && known.includes(column)),
    ),
  )
  if (names.length === 0 || !isPlain || !isTotal || directions.size !== 1) return null
  const keys = sorts.map((sort) => sort['node'])
  return { select, keys, operator: directions.has(true) ? '<' : '>' }
}

const after = ({ select, keys, operator }: Page, values: readonly unknown[]): string => {
  const { limitOffset: _offset, whereClause, ...others } = select
  const [left, right] = [keys, values].map((args) =>
    args.length === 1 ? args[0] : { RowExpr: { args, row_format: 'COERCE_IMPLICIT_CAST' } },
  )
  const beyond = { A_Expr: { kind: 'AEXPR_OP', name: [string(operator)], lexpr: left, rexpr: right } }
  const where =
    whereClause === undefined ? beyond : { BoolExpr: { boolop: 'AND_EXPR', args: [whereClause, beyond] } }
  return deparseStatement({ SelectStmt: { ...others, whereClause: where } })
}

const withOffset = ({ select }: Page, offset: number): Body => ({
  SelectStmt: { ...select, limitOffset: number(offset) },
})

/** The row before the page, by its keys alone. */
const lastRow = (page: Page, offset: number): string => {
  const targetList = page.keys.map((val) => ({ ResTarget: { val } }))
  const select = { ...page.select, targetList, limitCount: number(1), limitOffset: number(offset - 1) }
  return deparseStatement({ SelectStmt: select })
}

/** Far into the list, where rows are that far. */
const offsets = [1_000, 200, 40]

const typesOf = (page: Page, sql: string, catalog: Catalog): readonly string[] => {
  const [source] = rangeVars(parseStatements(sql).map(({ node }) => node))
  const table = catalog.tables.get(source!.id)!
  return page.keys.map((key) => table.columns.find(({ name }) => name === columnOf(key))!.type)
}

const pairFor = async (
  experiment: LoadedQuery['experiments'][number],
  context: RewriteContext,
  isGuarded: boolean,
): Promise<Pair | null> => {
  const { catalog } = context
  const sql = statementIn(experiment.when.at(-1)!)
  const page = pageOf(sql, catalog, isGuarded)
  if (page === null) return null
  const types = typesOf(page, sql, catalog)
  for (const offset of offsets) {
    const [row] = (await context.ask(experiment, lastRow(page, offset))) ?? []
    if (row === undefined || row.some((value) => value === null)) continue
    const values = row.map((value, at) => castOf(value!, types[at]!))
    return {
      experiment,
      ddl: [],
      before: deparseStatement(withOffset(page, offset)),
      after: after(page, values),
    }
  }
  return null
}

/** `'…'::type`, as PostgreSQL's own parser reads it. */
const castOf = (value: string, type: string): unknown => {
  const [cast] = parseStatements(`select ${literal(value)}::${type}`)
  const [target] = (nodeParts(cast!.node)![1]['targetList'] as readonly ParseNode[]) ?? []
  return nodeParts(target)![1]['val']
}

/** `after_id`; a column's name that no parameter can have is counted. */
const nameOf = (column: string, at: number, taken: Set<string>): string => {
  const usual = /^[A-Za-z_]\w*$/u.test(column) ? `after_${column}` : `after_${at + 1}`
  const name = taken.has(usual) ? `${usual}_${at + 1}` : usual
  taken.add(name)
  return name
}

export const keysetForOffset: RewriteKind = {
  kind: 'keyset-for-offset',
  async attempts({ rule, experiments }, context): Promise<readonly Attempt[]> {
    const [form] = rule.forms
    const page = form ? pageOf(form.sql, context.catalog, rule.asApplication) : null
    if (!form || page === null) return []
    const pairs: Pair[] = []
    for (const experiment of experiments) {
      const pair = await pairFor(experiment, context, rule.asApplication)
      if (pair) pairs.push(pair)
    }
    // The parameters that it has keep their numbers.
    const values = page.keys.map((_, at) => ({ ParamRef: { number: form.parameters.length + 1 + at } }))
    const taken = new Set(form.parameters.flatMap((one) => ('name' in one ? one.name : [])))
    return [
      {
        kind: 'keyset-for-offset',
        summary: `"${rule.sentence}" counts off the rows of all pages before the one that it shows`,
        before: form.sql,
        after: after(page, values),
        added: page.keys.map((key, at) => nameOf(columnOf(key) ?? '', at, taken)),
        hint: 'What it is given are the values of the last row of the page before; the first page goes without that condition.',
        pairs,
      },
    ]
  },
}
