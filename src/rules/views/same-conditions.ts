/** Broken queries whose condition lets through what the query's own does, for every row that the table's constraints allow. */
import { printExpression } from '../../catalog/expression/text.ts'
import { fieldsOf, type ParseNode } from '../../catalog/expression/tree.ts'
import { conjuncts } from '../../catalog/query/tree.ts'
import type { Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'
import type { RuleContext } from '../rule-kind.ts'
import { selectEach } from '../trial.ts'
import { columnsIn, conditionClauses, hasSubquery, relationKey, withBareNames } from './query-facts.ts'
import { scopedSelects, type ViewQuery } from './query-scope.ts'

interface Exchange {
  readonly table: Table
  /** Over bare names of the table's columns: true or not. */
  readonly before: string
  readonly after: string
}

/** Without positions in the text; subqueries are looked at by themselves. */
const shape = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) =>
    /location$|list_(?:start|end)$|^SelectStmt$/u.test(key) ? undefined : value,
  )

const and = (parts: readonly ParseNode[]): ParseNode => {
  const [only] = parts
  if (parts.length === 1 && only) return only
  return parts.length === 0
    ? { A_Const: { boolval: { boolval: true } } }
    : { BoolExpr: { boolop: 'AND_EXPR', args: parts } }
}

/** Parts that only one of the two has. */
const ownParts = (parts: readonly ParseNode[], others: readonly ParseNode[]): readonly ParseNode[] => {
  const known = new Set(others.map(shape))
  return parts.filter((part) => !known.has(shape(part)))
}

const isOr = (node: unknown): boolean => fieldsOf(node, 'BoolExpr')?.['boolop'] === 'OR_EXPR'

const exchangeOf = (
  context: RuleContext,
  before: readonly ParseNode[],
  after: readonly ParseNode[],
): Exchange | null => {
  const all = [...before, ...after]
  if (all.some(hasSubquery)) return null
  const changed = [...ownParts(before, after), ...ownParts(after, before)]
  const relations = new Set(changed.flatMap((part) => columnsIn(part).map((c) => c.relation)))
  const [relation, ...others] = relations
  if (relation == null || others.length > 0) return null
  const table = [...context.catalog.tables.values()].find((t) => relationKey(t.schema, t.name) === relation)
  if (!table) return null
  // What else is asked of the same table stands beside it in both.
  const isAbout = (part: ParseNode): boolean => columnsIn(part).every((c) => c.relation === relation)
  const [b, a] = [before, after].map((parts) =>
    printExpression(withBareNames(and(parts.filter(isAbout))) as ParseNode),
  )
  return b == null || a == null ? null : { table, before: `(${b}) is true`, after: `(${a}) is true` }
}

/** Where the two queries differ in one condition alone: its parts, over columns of tables. */
const differing = (
  context: RuleContext,
  own: ParseNode,
  broken: ParseNode,
  viewQuery: ViewQuery,
): Exchange | null => {
  const [before, after] = [scopedSelects(own, viewQuery), scopedSelects(broken, viewQuery)]
  if (before.length !== after.length) return null
  for (const [i, { fields, scope }] of before.entries()) {
    const [mine, theirs] = [conditionClauses(fields), conditionClauses(after[i]!.fields)]
    if (mine.length !== theirs.length) return null
    const at = mine.flatMap((clause, k) => (shape(clause) === shape(theirs[k]) ? [] : [k]))
    const [only, ...others] = at
    if (only === undefined) continue
    if (others.length > 0) return null
    const parts = [mine[only], theirs[only]].map((clause) =>
      conjuncts(clause).map((part) => scope.resolve(part) as ParseNode),
    )
    // With OR in place of AND every part counts.
    if (parts.some((list) => list.length === 1 && isOr(list[0])) && parts[0]!.length !== parts[1]!.length)
      return null
    return exchangeOf(context, parts[0]!, parts[1]!)
  }
  return null
}

/** A row that an outer join has blanked is one more row. */
const blankRow = ({ columns }: Table): string =>
  `(select ${columns.map((c) => `cast(null as ${c.type}) as ${ident(c.name)}`).join(', ')}) as "assay blank"`

const agreeOnBlank = async (
  { db }: RuleContext,
  exchanges: readonly Exchange[],
): Promise<readonly boolean[]> => {
  const selects = exchanges.map(
    ({ table, before, after }) => `select (${before}) = (${after}) from ${blankRow(table)}`,
  )
  return (await selectEach(db, [], selects)).map((rows) => rows?.[0]?.[0] === 't')
}

/** Of these broken queries (indexes), those that provably show the same. */
export const sameByCondition = async (
  context: RuleContext,
  query: string,
  broken: readonly string[],
  untold: readonly number[],
  viewQuery: ViewQuery,
): Promise<ReadonlySet<number>> => {
  await loadParser()
  const parsed = (sql: string): ParseNode => parseExpression(`(${sql.trim().replace(/;$/u, '')}\n)`)
  const found: { readonly at: number; readonly exchange: Exchange }[] = []
  try {
    const own = parsed(query)
    for (const at of untold) {
      const exchange = differing(context, own, parsed(broken[at]!), viewQuery)
      if (exchange) found.push({ at, exchange })
    }
  } catch {
    return new Set()
  }
  const same = new Set<number>()
  const blank = await agreeOnBlank(
    context,
    found.map((f) => f.exchange),
  )
  for (const [i, { at, exchange }] of found.entries()) {
    if (!blank[i]) continue
    const { table, before, after } = exchange
    const told = await context.rows.distinguish(table, before, [after])
    if (told.equivalent.includes(0)) same.add(at)
  }
  return same
}
