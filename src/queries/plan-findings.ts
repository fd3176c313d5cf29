/** What the plan of a query that was run says about it: misjudged rows, policies in the way, subqueries for each row. */
import type { QueryRule } from '../architecture/kinds/query.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { loopsOf, nodesOf, numberIn, rowsOf, textIn, workOf } from '../postgres/plan-work.ts'
import type { PlanNode } from '../postgres/plan.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { Finding } from '../prove/result.ts'

export interface RunPlan {
  readonly rule: QueryRule
  readonly plan: PlanNode
  /** The same statement by whoever bypasses row-level security; null: it is that one. */
  readonly asOwner: PlanNode | null
}

/** Fewer rows are read as fast one way as another. */
const fewRows = 1_000
const farOff = 10
const manyLoops = 10
const timesMore = 4

const place = ({ at }: QueryRule): Pick<Finding, 'where'> => (at === null ? {} : { where: at })

const tableOf = (node: PlanNode, rule: QueryRule, catalog: Catalog): Table | undefined => {
  const name = node['Relation Name']
  const read = rule.reads.flatMap((id) => catalog.tables.get(id) ?? [])
  return (
    read.find((table) => table.name === name) ??
    [...catalog.tables.values()].find((table) => table.name === name)
  )
}

/** Columns of the table that a condition names. */
const columnsIn = (condition: unknown, table: Table): readonly string[] => {
  if (typeof condition !== 'string') return []
  const words = new Set(condition.split(/[^\p{L}\p{N}_$]+/u))
  return table.columns
    .map(({ name }) => name)
    .filter((name) => words.has(name) || condition.includes(ident(name)))
}

const statisticsMend = (table: Table, columns: readonly string[]): string => {
  const name = qualified(table)
  const list = columns.map(ident).join(', ')
  if (columns.length > 1)
    return `Tell PostgreSQL that these columns go together:\ncreate statistics ${ident(`${table.name}_${columns.join('_')}`.slice(0, 55) + '_stats')} on ${list} from ${name};\nanalyze ${name};`
  if (columns.length === 1)
    return `Have more of its values counted:\nalter table ${name} alter column ${list} set statistics 1000;\nanalyze ${name};`
  return `Have its statistics made anew:\nanalyze ${name};`
}

const estimate = ({ rule, plan }: RunPlan, catalog: Catalog): readonly Finding[] => {
  const { misjudged } = workOf(plan)
  if (misjudged === null || misjudged.factor < farOff) return []
  if (Math.max(misjudged.expected, misjudged.actual) < fewRows) return []
  const { node, expected, actual } = misjudged
  const table = tableOf(node, rule, catalog)
  const conditions = [node['Filter'], node['Index Cond'], node['Recheck Cond']]
  const columns = table ? [...new Set(conditions.flatMap((one) => columnsIn(one, table)))] : []
  return [
    {
      code: 'query.estimate',
      severity: 'warning',
      rule: rule.id,
      summary: `"${rule.sentence}": PostgreSQL expects ${Math.round(expected)} rows at ${node['Node Type']}${table ? ` on ${table.id}` : ''}, and ${Math.round(actual)} come`,
      why: 'an order of joins that is right for few rows is wrong for many: the plan is chosen by what is expected',
      fix: table ? statisticsMend(table, columns) : 'Have the statistics of its tables made anew: analyze;',
      ...place(rule),
    },
  ]
}

const indexesOn = (plan: PlanNode): ReadonlySet<string> =>
  new Set(
    nodesOf(plan).flatMap((node) => (typeof node['Index Name'] === 'string' ? [node['Index Name']] : [])),
  )

/** An index that serves it without the policies and that it cannot use under them. */
const notLeakproof = ({ rule, plan, asOwner }: RunPlan, catalog: Catalog): readonly Finding[] => {
  if (asOwner === null) return []
  const used = indexesOn(plan)
  const lost = [...indexesOn(asOwner)].filter((name) => !used.has(name))
  const [own, free] = [workOf(plan), workOf(asOwner)]
  const filtered = nodesOf(plan).find(
    (node) => typeof node['Filter'] === 'string' && tableOf(node, rule, catalog)?.rowSecurity === true,
  )
  const [readHere, readFreely] = [own, free].map((work) => work.rowsRead / Math.max(1, work.rowsUsed))
  if (lost.length === 0 || filtered === undefined || readHere! <= timesMore * readFreely!) return []
  const table = tableOf(filtered, rule, catalog)!
  return [
    {
      code: 'query.not-leakproof',
      severity: 'warning',
      rule: rule.id,
      summary: `"${rule.sentence}" cannot use ${lost.join(', ')} under the policies of ${table.id}: it reads ${Math.round(readHere!)} rows for each that it returns`,
      why: `its condition calls a function that is not leakproof, which may only see rows that the policies let through: ${textIn(filtered, 'Filter')}`,
      fix: `Let an index begin with what the policy asks for, so that few rows are left for the condition; or, where the function tells nobody what it is given, mark it as a superuser: alter function … leakproof;`,
      ...place(rule),
    },
  ]
}

/** Functions that a policy calls; a sub-select around a call is asked once for the statement. */
const callsIn = (expression: string): readonly string[] => {
  const bare = expression.replaceAll(/\(\s*select\b[^()]*(?:\((?:[^()]|\([^()]*\))*\)[^()]*)*\)/giu, '')
  return [...bare.matchAll(/([\p{L}_][\p{L}\p{N}_$.]*)\(/gu)].map((match) => match[1]!)
}

interface PolicyText {
  readonly using?: string | null
}

const policyPerRow = ({ rule, plan, asOwner }: RunPlan, catalog: Catalog): readonly Finding[] => {
  if (asOwner === null) return []
  const told = new Set<string>()
  return nodesOf(plan).flatMap((node): Finding[] => {
    const table = tableOf(node, rule, catalog)
    const filter = node['Filter']
    if (!table?.rowSecurity || typeof filter !== 'string' || told.has(table.id)) return []
    const read = rowsOf(node) + Math.round(loopsOf(node) * numberIn(node, 'Rows Removed by Filter'))
    if (read < fewRows / 10) return []
    const policies = catalog.of(table.id, 'policy') as readonly Structure<PolicyText>[]
    const calls = policies.flatMap(({ facts, name }) =>
      callsIn(facts.using ?? '').flatMap((call) => (filter.includes(`${call}(`) ? [{ call, name }] : [])),
    )
    const [first] = calls
    if (first === undefined) return []
    told.add(table.id)
    return [
      {
        code: 'query.policy-per-row',
        severity: 'warning',
        rule: rule.id,
        summary: `"${rule.sentence}": the policy ${first.name} of ${table.id} calls ${first.call} for each of ${read} rows`,
        why: 'the call answers the same for every row of the statement',
        fix: `Put it into a sub-select, which is asked once: … = (select ${first.call}(…)).`,
        ...place(rule),
      },
    ]
  })
}

/** N + 1 in one statement. */
const subqueryPerRow = ({ rule, plan }: RunPlan): readonly Finding[] =>
  nodesOf(plan)
    .filter((node) => node['Parent Relationship'] === 'SubPlan' && loopsOf(node) >= manyLoops)
    .slice(0, 1)
    .map((node) => ({
      code: 'query.subquery-per-row',
      severity: 'warning' as const,
      rule: rule.id,
      summary: `"${rule.sentence}" runs ${textIn(node, 'Subplan Name') || 'a subquery'} ${loopsOf(node)} times, once for each row`,
      why: 'it is one query and then one more for each of its rows: twice the rows take twice as long',
      fix: 'Join what the subquery asks for, grouped, or take it with a lateral join over the rows of the page alone.',
      ...place(rule),
    }))

export const planFindings = (run: RunPlan, catalog: Catalog): readonly Finding[] => [
  ...estimate(run, catalog),
  ...notLeakproof(run, catalog),
  ...policyPerRow(run, catalog),
  ...subqueryPerRow(run),
]
