/** What the plan of a query that was run says about it: misjudged rows, subqueries for each row. Policies: policy-findings.ts. */
import type { Table } from '../catalog/table.ts'
import { deparseExpression, parseExpression, type ParseNode } from '../postgres/parse.ts'
import { loopsOf, textIn, workOf } from '../postgres/plan-work.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { Finding } from '../prove/result.ts'
import { columnOf, underCasts, walk } from '../rows/tree.ts'
import { policyFindings } from './policy-findings.ts'
import type { PlanGround } from './run-plan.ts'
import { columnsIn, few, place, subPlansOf, tableOf, type RunPlan } from './run-plan.ts'

const farOff = 10

/** Expressions over columns that a condition compares: what PostgreSQL guesses at without statistics of their own. */
const expressionsIn = (condition: unknown): readonly string[] => {
  if (typeof condition !== 'string') return []
  const found: string[] = []
  try {
    walk(parseExpression(condition), (kind, body) => {
      if (kind !== 'A_Expr' || body['kind'] === 'AEXPR_OP_ANY') return
      for (const side of [body['lexpr'], body['rexpr']]) {
        const bare = underCasts(side)
        let isColumn = false
        walk(bare, (inner) => {
          if (inner === 'ColumnRef') isColumn = true
        })
        if (isColumn && columnOf(bare) === null) found.push(deparseExpression(bare as ParseNode))
      }
    })
  } catch {
    return []
  }
  return [...new Set(found)]
}

interface Mend {
  readonly prose: string
  readonly ddl: readonly string[]
}

/** What gives PostgreSQL better estimates of a table, the most telling first. */
const statisticsMends = (table: Table, conditions: readonly unknown[]): readonly Mend[] => {
  const columns = [...new Set(conditions.flatMap((one) => columnsIn(one, table)))]
  const expressions = [...new Set(conditions.flatMap(expressionsIn))]
  const name = qualified(table)
  const analyze = `analyze ${name}`
  const made = (what: readonly string[], ending: string): string =>
    `create statistics ${qualified({ schema: table.schema, name: `${`${table.name}_${columns.join('_')}`.slice(0, 50)}_${ending}` })} on ${what.join(', ')} from ${name}`
  return [
    ...(columns.length < 2
      ? []
      : [
          {
            prose: 'Tell PostgreSQL that these columns go together',
            ddl: [made(columns.map(ident), 'stats'), analyze],
          },
        ]),
    ...expressions.map((expression) => ({
      prose: 'Have the values of this expression counted',
      ddl: [made([`(${expression})`], 'expr'), analyze],
    })),
    ...columns.map((column) => ({
      prose: 'Have more of its values counted',
      ddl: [`alter table ${name} alter column ${ident(column)} set statistics 1000`, analyze],
    })),
    { prose: 'Have its statistics made anew', ddl: [analyze] },
  ]
}

const sql = (ddl: readonly string[]): string => ddl.map((one) => `${one};`).join('\n')

/** Each is tried on the loaded rows. */
const estimateMend = async (
  table: Table,
  conditions: readonly unknown[],
  { planAfter }: PlanGround,
): Promise<string> => {
  const mends = statisticsMends(table, conditions)
  let mayTry = false
  for (const { prose, ddl } of mends) {
    const plan = await planAfter(ddl)
    mayTry ||= plan !== null
    const misjudged = plan === null ? null : workOf(plan).misjudged
    if (plan !== null && (misjudged === null || misjudged.factor < farOff))
      return `${prose}; it was tried, and the estimate is right then:\n${sql(ddl)}`
  }
  const [first] = mends
  if (!mayTry && first) return `${first.prose}; whether it helps could not be tried here:\n${sql(first.ddl)}`
  return `No statistics were found that mend it, of its columns alone, together or of its expressions: compare columns with values where it compares them with one another or with what a function answers.`
}

const estimate = async ({ rule, plan }: RunPlan, ground: PlanGround): Promise<readonly Finding[]> => {
  const { misjudged } = workOf(plan)
  if (misjudged === null || misjudged.factor < farOff) return []
  if (Math.max(misjudged.expected, misjudged.actual) < few) return []
  const { node, expected, actual } = misjudged
  const table = tableOf(node, rule, ground.catalog)
  const conditions = [node['Filter'], node['Index Cond'], node['Recheck Cond']]
  return [
    {
      code: 'query.estimate',
      severity: 'warning',
      rule: rule.id,
      summary: `"${rule.sentence}": PostgreSQL expects ${Math.round(expected)} rows at ${node['Node Type']}${table ? ` on ${table.id}` : ''}, and ${Math.round(actual)} come`,
      why: 'an order of joins that is right for few rows is wrong for many: the plan is chosen by what is expected',
      fix: table
        ? await estimateMend(table, conditions, ground)
        : 'Rows are misjudged where they are joined: have the statistics of its tables made anew (analyze), and look at which of its conditions go together.',
      ...place(rule),
    },
  ]
}

/** N + 1 in one statement. Those of policies are none of the statement's. */
const subqueryPerRow = ({ rule, plan, asOwner }: RunPlan): readonly Finding[] =>
  (asOwner !== null && subPlansOf(asOwner).length === 0 ? [] : subPlansOf(plan)).slice(0, 1).map((node) => ({
    code: 'query.subquery-per-row',
    severity: 'warning' as const,
    rule: rule.id,
    summary: `"${rule.sentence}" runs ${textIn(node, 'Subplan Name') || 'a subquery'} ${loopsOf(node)} times, once for each row`,
    why: 'it is one query and then one more for each of its rows: twice the rows take twice as long',
    fix: 'Join what the subquery asks for, grouped, or take it with a lateral join over the rows of the page alone.',
    ...place(rule),
  }))

export const planFindings = async (run: RunPlan, ground: PlanGround): Promise<readonly Finding[]> => [
  ...(await estimate(run, ground)),
  ...subqueryPerRow(run),
  ...(await policyFindings(run, ground)),
]
