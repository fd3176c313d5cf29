/** Statements written otherwise: each is run beside the original, and told only when its rows are the same and it costs less. */
import type { Catalog } from '../../../catalog/structure.ts'
import type { Session } from '../../../postgres/session.ts'
import { runTrials } from '../../../prove/runner.ts'
import { differenceFrom } from '../../../prove/judge.ts'
import type { Observation } from '../../../prove/result.ts'
import type { Experiment } from '../../../rules/experiment.ts'
import { analysed } from '../../../rules/query/text.ts'
import type { LoadedQuery } from '../../loaded-query.ts'
import type { Rewritten } from '../result.ts'
import { declaredText } from '../declared-text.ts'
import { asking, costOf, rowsText } from '../same-rows.ts'
import type { Attempt, Pair, RewriteContext, RewriteKind } from './attempt.ts'
import { existsForIn } from './exists-for-in.ts'
import { keysetForOffset } from './keyset-for-offset.ts'
import { policyOnce } from './policy-once.ts'

/** To add one, add a file and a line. */
const rewriteKinds: readonly RewriteKind[] = [keysetForOffset, existsForIn, policyOnce]

export interface RewriteParts {
  readonly queries: readonly LoadedQuery[]
  readonly catalog: Catalog
  readonly owner: string
  /** Run first: it takes away what is not advised. */
  readonly ddl: readonly string[]
  /** Made then, where it does not stand yet; left out: nothing. */
  readonly and?: readonly string[]
}

/** Less is not worth that somebody changes a statement. */
const worthwhile = 0.9

/** Counted by PostgreSQL in the transaction; those that it puts into the statement itself are none. */
const callsSql = `select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_xact_function_calls(oid)), 0)::float8
  from pg_catalog.pg_proc where oid >= 16384`
const beginCounting = `select pg_catalog.set_config('assay.calls', (${callsSql})::text, true)`
const endCounting = `select (${callsSql}) - pg_catalog.current_setting('assay.calls')::float8`

/** PostgreSQL's own ratio: a function costs a hundred operators, of 0.0025 pages each. */
const pagesOfCall = 0.25

interface Side {
  /** Why the call's budget breaks; null: it holds. */
  readonly broken: string | null
  /** In pages, calls of functions with them. */
  readonly cost: number
  readonly calls: number
}

/** Null: other rows come, or one of them is refused. */
const compare = async (
  db: Session,
  owner: string,
  base: readonly string[],
  { experiment, ddl, before, after }: Pair,
): Promise<{ readonly before: Side; readonly after: Side } | null> => {
  const of = (sql: string): readonly Experiment[] => [
    asking(experiment, sql),
    { ...experiment, when: [analysed(sql), analysed(sql)] },
    asking(experiment, beginCounting, sql, endCounting),
  ]
  const [old, other] = await runTrials(db, owner, [
    { ddl: base, experiments: of(before) },
    { ddl: [...base, ...ddl], experiments: of(after) },
  ])
  const sideOf = ([rows, plan, counted]: readonly Observation[]): Side | null => {
    const cost = costOf(plan!)
    const calls = counted!.fault === null ? Number(counted!.rows.at(-1)?.[0] ?? 0) : 0
    const broken = differenceFrom(experiment, plan!)
    return cost === null || rows!.fault ? null : { broken, calls, cost: cost + calls * pagesOfCall }
  }
  const [was, is] = [sideOf(old!.observations), sideOf(other!.observations)]
  if (was === null || is === null) return null
  return rowsText(old!.observations[0]!) === rowsText(other!.observations[0]!)
    ? { before: was, after: is }
    : null
}

const rounded = (n: number): number => Math.round(n * 10) / 10

const judge = async (
  db: Session,
  { owner, ddl, and = [] }: RewriteParts,
  { rule }: LoadedQuery,
  attempt: Attempt,
): Promise<Rewritten | null> => {
  const { pairs, added, hint, ...told } = attempt
  let [costBefore, costAfter, callsBefore, callsAfter] = [0, 0, 0, 0]
  const broken = new Set<string>()
  for (const pair of pairs) {
    const costs = await compare(db, owner, [...ddl, ...and], pair)
    if (costs === null) return null
    costBefore += costs.before.cost / pairs.length
    costAfter += costs.after.cost / pairs.length
    if (costs.after.broken !== null) broken.add(costs.after.broken)
    callsBefore += costs.before.calls / pairs.length
    callsAfter += costs.after.calls / pairs.length
  }
  if (pairs.length === 0 || costAfter > costBefore * worthwhile) return null
  const [form] = rule.forms
  const parameters = [...(form?.parameters ?? []), ...(added ?? []).map((name) => ({ name, type: null }))]
  const declaration =
    added === undefined || form === undefined
      ? null
      : await declaredText({ sql: told.after, parameters }, { rule, form }, db)
  const costs = {
    costBefore: rounded(costBefore),
    costAfter: rounded(costAfter),
    callsBefore: rounded(callsBefore),
    callsAfter: rounded(callsAfter),
    brokenAfter: [...broken],
  }
  return { rule: rule.id, ...told, declaration, hint: hint ?? null, ...costs }
}

/** Needs `loadParser()`. */
export const rewriteAll = async (db: Session, parts: RewriteParts): Promise<readonly Rewritten[]> => {
  const { queries, catalog, owner } = parts
  const context: RewriteContext = {
    catalog,
    async ask(experiment, select) {
      const [outcome] = await runTrials(db, owner, [{ ddl: [], experiments: [asking(experiment, select)] }])
      const [observed] = outcome!.observations
      return observed!.fault === null ? observed!.rows : null
    },
  }
  const found: Rewritten[] = []
  for (const query of queries)
    for (const one of rewriteKinds)
      for (const attempt of await one.attempts(query, context)) {
        const rewritten = await judge(db, parts, query, attempt)
        if (rewritten) found.push(rewritten)
      }
  return found
}
