/** Statements written otherwise: each is run beside the original, and told only when its rows are the same and it costs less. */
import type { Catalog } from '../../../catalog/structure.ts'
import type { Session } from '../../../postgres/session.ts'
import { runTrials } from '../../../prove/runner.ts'
import { differenceFrom } from '../../../prove/judge.ts'
import type { Experiment } from '../../../rules/experiment.ts'
import { analysed } from '../../../rules/query/text.ts'
import type { LoadedQuery } from '../../loaded-query.ts'
import type { Candidate } from '../candidate.ts'
import type { Rewritten as RewriteTold } from '../result.ts'
import { declaredText } from '../declared-text.ts'
import { asking, costOf, rowsText } from '../same-rows.ts'
import type { Attempt, Pair, RewriteContext, RewriteKind } from './attempt.ts'
import { existsForIn } from './exists-for-in.ts'
import { keysetForOffset } from './keyset-for-offset.ts'
import { policyOnce } from './policy-once.ts'

/** To add one, add a file and a line. */
const rewriteKinds: readonly RewriteKind[] = [keysetForOffset, existsForIn, policyOnce]

/** A way to put one query otherwise. */
export interface QueryAttempt {
  readonly query: LoadedQuery
  readonly attempt: Attempt
}

export interface Tryable extends QueryAttempt {
  /** That may be made with it, the likeliest first. */
  readonly indexes: readonly Candidate[]
}

/** As it was tried: what stands beside it is priced later. */
export interface Rewritten extends Omit<RewriteTold, 'index'> {
  readonly index: Candidate | null
}

export interface RewriteParts {
  readonly catalog: Catalog
  readonly owner: string
  /** Run first: it takes away what is not advised. */
  readonly ddl: readonly string[]
  /** Made then, where it does not stand yet; left out: nothing. */
  readonly and?: readonly string[]
  /** Whether an index breaks no budget of others; absent: nobody asks. */
  readonly isHarmless?: (index: Candidate) => Promise<boolean>
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

interface Ran extends Side {
  readonly rows: string
}

/** Null: it is refused. */
const runSide = async (
  db: Session,
  owner: string,
  ddl: readonly string[],
  experiment: Experiment,
  sql: string,
): Promise<Ran | null> => {
  const experiments: readonly Experiment[] = [
    asking(experiment, sql),
    { ...experiment, when: [analysed(sql), analysed(sql)] },
    asking(experiment, beginCounting, sql, endCounting),
  ]
  const [trial] = await runTrials(db, owner, [{ ddl, experiments }])
  if (trial!.ddlFault) return null
  const [rows, plan, counted] = trial!.observations
  const cost = costOf(plan!)
  if (cost === null || rows!.fault) return null
  const calls = counted!.fault === null ? Number(counted!.rows.at(-1)?.[0] ?? 0) : 0
  const broken = differenceFrom(experiment, plan!)
  return { broken, calls, cost: cost + calls * pagesOfCall, rows: rowsText(rows!) }
}

/** Of all calls: the mean of one, and what breaks. */
interface Total {
  readonly cost: number
  readonly calls: number
  readonly broken: readonly string[]
  /** Of each call. */
  readonly rows: readonly string[]
}

/** Null: one of them is refused. */
const totalFor = async (
  pairs: readonly Pair[],
  run: (pair: Pair) => Promise<Ran | null>,
): Promise<Total | null> => {
  const ran: Ran[] = []
  for (const pair of pairs) {
    const one = await run(pair)
    if (one === null) return null
    ran.push(one)
  }
  const mean = (of: (one: Ran) => number): number =>
    ran.reduce((sum, one) => sum + of(one), 0) / Math.max(1, ran.length)
  return {
    cost: mean(({ cost }) => cost),
    calls: mean(({ calls }) => calls),
    broken: [...new Set(ran.flatMap(({ broken }) => broken ?? []))],
    rows: ran.map(({ rows }) => rows),
  }
}

const isSame = (one: Total, other: Total): boolean => one.rows.every((rows, at) => rows === other.rows[at])

const rounded = (n: number): number => Math.round(n * 10) / 10

/** An index that the statement needs as it is put then, and as it was does not. */
interface Served {
  readonly after: Total
  readonly index: Candidate | null
}

/** Fewer budgets first, then less work. */
const isBetter = (one: Total, than: Total): boolean =>
  one.broken.length < than.broken.length ||
  (one.broken.length === than.broken.length && one.cost < than.cost * worthwhile)

const judge = async (
  db: Session,
  { owner, ddl, and = [], isHarmless }: RewriteParts,
  { query: { rule }, attempt, indexes }: Tryable,
): Promise<Rewritten | null> => {
  const { pairs, added, hint, ...told } = attempt
  const base = [...ddl, ...and]
  const otherwise = (more: readonly string[]): Promise<Total | null> =>
    totalFor(pairs, (pair) =>
      runSide(db, owner, [...base, ...more, ...pair.ddl], pair.experiment, pair.after),
    )
  const before = await totalFor(pairs, (pair) => runSide(db, owner, base, pair.experiment, pair.before))
  const alone = before === null ? null : await otherwise([])
  if (pairs.length === 0 || before === null || alone === null || !isSame(before, alone)) return null
  let best: Served = { after: alone, index: null }
  // What its budget still lacks, an index of its own may bring.
  for (const index of before.broken.length > 0 && alone.broken.length > 0 ? indexes : []) {
    const after = await otherwise(index.create)
    if (after === null || !isSame(before, after) || !isBetter(after, best.after)) continue
    if ((await isHarmless?.(index)) !== false) best = { after, index }
  }
  const { after, index } = best
  // A budget that holds then is worth more than pages.
  const isMended = before.broken.length > 0 && after.broken.length === 0
  if (!isMended && after.cost > before.cost * worthwhile) return null
  const [form] = rule.forms
  const parameters = [...(form?.parameters ?? []), ...(added ?? []).map((name) => ({ name, type: null }))]
  const declaration =
    added === undefined || form === undefined
      ? null
      : await declaredText({ sql: told.after, parameters }, { rule, form }, db)
  const costs = {
    costBefore: rounded(before.cost),
    costAfter: rounded(after.cost),
    callsBefore: rounded(before.calls),
    callsAfter: rounded(after.calls),
    brokenAfter: after.broken,
  }
  return { rule: rule.id, ...told, declaration, hint: hint ?? null, index, ...costs }
}

/** Needs `loadParser()`. */
export const attemptsOf = async (
  db: Session,
  {
    queries,
    catalog,
    owner,
  }: Pick<RewriteParts, 'catalog' | 'owner'> & { readonly queries: readonly LoadedQuery[] },
): Promise<readonly QueryAttempt[]> => {
  const context: RewriteContext = {
    catalog,
    async ask(experiment, select) {
      const [outcome] = await runTrials(db, owner, [{ ddl: [], experiments: [asking(experiment, select)] }])
      const [observed] = outcome!.observations
      return observed!.fault === null ? observed!.rows : null
    },
  }
  const found: QueryAttempt[] = []
  for (const query of queries)
    for (const one of rewriteKinds)
      for (const attempt of await one.attempts(query, context)) found.push({ query, attempt })
  return found
}

/** Needs `loadParser()`. */
export const rewriteAll = async (
  db: Session,
  attempts: readonly Tryable[],
  parts: RewriteParts,
): Promise<readonly Rewritten[]> => {
  const found: Rewritten[] = []
  for (const one of attempts) {
    const rewritten = await judge(db, parts, one)
    if (rewritten) found.push(rewritten)
  }
  return found
}
