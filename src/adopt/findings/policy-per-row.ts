/** Policies that call a function for each row whose answer is the same throughout the statement. */
import { literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { Finding } from '../../prove/result.ts'
import { askJson } from './ask-json.ts'
import { askPlans, unforced } from './ask-plans.ts'
import type { FindingKind } from './finding-kind.ts'
import { callKey, callsIn, wrapCalls, type CallName, type Wrapped } from '../../rows/per-row-calls.ts'
import { filtersOf, hasInitPlan } from './plan-nodes.ts'
import { anyRowOf } from '../../rows/idle/row-constants.ts'
import { guardedTables, policySql, type Policy } from './table-policies.ts'

type Volatility = 'stable' | 'immutable'

/** Of the functions of these names: null for volatile ones, and where overloads differ. */
const readVolatility = async (
  db: Session,
  calls: readonly CallName[],
): Promise<ReadonlyMap<string, Volatility>> => {
  const named = new Map(calls.map((call) => [callKey(call), call]))
  if (named.size === 0) return new Map()
  const list = [...named.values()].map(({ schema, name }) => `(${literal(schema)}, ${literal(name)})`)
  const rows = await askJson<CallName & { readonly is: Volatility | null }>(
    db,
    `select n.nspname as schema, p.proname as name,
        case when bool_and(p.provolatile = 's') then 'stable' when bool_and(p.provolatile = 'i') then 'immutable' end as is
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where (n.nspname, p.proname) in (${list.join(', ')}) group by 1, 2`,
  )
  return new Map(rows.flatMap((row) => (row.is ? [[callKey(row), row.is] as const] : [])))
}

interface Case {
  readonly table: Table
  readonly policy: Policy
  readonly part: 'using' | 'withCheck'
  readonly sql: string
  readonly wrapped: Wrapped
}

/** Settings, and functions of the users' own; the clock of the transaction costs nothing. */
const isWorthIt = ({ schema, name }: CallName): boolean =>
  schema !== 'pg_catalog' || name === 'current_setting'

const casesOf = (
  table: Table,
  policy: Policy,
  volatility: ReadonlyMap<string, Volatility>,
): readonly Case[] =>
  (['using', 'withCheck'] as const).flatMap((part) => {
    const sql = policy.facts[part]
    if (sql === null) return []
    const wrapped = wrapCalls(
      sql,
      (call) => isWorthIt(call) && volatility.get(callKey(call)) === 'stable',
      (call) => volatility.has(callKey(call)),
    )
    return wrapped ? [{ table, policy, part, sql, wrapped }] : []
  })

/** Under an index its condition is read once; the next statement may come by another index, or by none. */
const plainScans =
  'set local enable_indexscan = off; set local enable_indexonlyscan = off; set local enable_bitmapscan = off'

/** A partitioned table may have no partition to scan. */
const explain = (table: Table, condition: string): string =>
  `${unforced(table)}${plainScans};\nexplain (verbose, costs off, format json) select from ${
    table.kind === 'partitioned' ? anyRowOf(table) : `only ${qualified(table)}`
  } where (${condition}\n)`

/** Called for each row as it stands, once per statement in a subquery, as the planner has it. */
const readMeasured = async (
  db: Session,
  catalog: Catalog,
  cases: readonly Case[],
): Promise<readonly Case[]> => {
  const plans = await askPlans(
    db,
    catalog,
    cases.flatMap(({ table, sql, wrapped }) => [explain(table, sql), explain(table, wrapped.sql)]),
  )
  return cases.filter((_case, i) => {
    const [plain, mended] = [plans[2 * i], plans[2 * i + 1]]
    if (!plain || !mended) return false
    const before = JSON.stringify(filtersOf(plain))
    return before !== '[]' && before !== JSON.stringify(filtersOf(mended)) && hasInitPlan(mended)
  })
}

const callText = ({ schema, name }: CallName): string =>
  schema === 'pg_catalog' ? `${name}()` : `${schema}.${name}()`

const finding = (policy: Policy, cases: readonly Case[]): Finding => {
  const calls = [...new Set(cases.flatMap(({ wrapped }) => wrapped.calls.map(callText)))]
  const clauses = cases.map(({ part, wrapped }) =>
    part === 'using' ? `using (${wrapped.sql})` : `with check (${wrapped.sql})`,
  )
  const isOnlyWritten = cases.every(({ part }) => part === 'withCheck')
  return {
    code: 'adopt.policy-per-row',
    severity: isOnlyWritten ? 'note' : 'warning',
    structure: policy.id,
    summary: `${policy.table}: policy ${policy.name} calls ${calls.join(', ')} once for each row${isOnlyWritten ? ' that is written' : ''}`,
    reason: `a policy calls a function once for each row${isOnlyWritten ? ' that is written' : ''}`,
    why: isOnlyWritten
      ? 'EXPLAIN VERBOSE shows the call in what is asked of each row; in a subquery it becomes an InitPlan, which runs once per statement, as many rows as it writes'
      : 'EXPLAIN VERBOSE shows the call in the Filter of the scan, which is asked for each row; in a subquery it becomes an InitPlan, which runs once per statement',
    fix: `put it in a subquery:\nalter ${policySql(policy)} ${clauses.join(' ')};`,
  }
}

export const policyPerRow: FindingKind = {
  codes: ['adopt.policy-per-row'],
  find: async ({ copy, catalog }) => {
    const guarded = guardedTables(catalog)
    const volatility = await readVolatility(
      copy,
      guarded.flatMap(({ policies }) =>
        policies.flatMap(({ facts }) =>
          [facts.using, facts.withCheck].flatMap((sql) => (sql === null ? [] : callsIn(sql))),
        ),
      ),
    )
    const cases = guarded.flatMap(({ table, policies }) =>
      policies.flatMap((policy) => casesOf(table, policy, volatility)),
    )
    const measured = await readMeasured(copy, catalog, cases)
    const policies = [...new Set(measured.map(({ policy }) => policy))]
    return policies.map((policy) =>
      finding(
        policy,
        measured.filter((one) => one.policy === policy),
      ),
    )
  },
}
