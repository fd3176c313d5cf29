/** Statements written otherwise: each is run beside the original, and told only when its rows are the same and it costs less. */
import type { Catalog } from '../../../catalog/structure.ts'
import type { Session } from '../../../postgres/session.ts'
import { runTrials } from '../../../prove/runner.ts'
import type { Experiment } from '../../../rules/experiment.ts'
import { analysed } from '../../../rules/query/text.ts'
import type { LoadedQuery } from '../../loaded-query.ts'
import type { Rewritten } from '../result.ts'
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
}

/** Less is not worth that somebody changes a statement. */
const worthwhile = 0.9

/** Null: other rows come, or one of them is refused. */
const compare = async (
  db: Session,
  owner: string,
  base: readonly string[],
  { experiment, ddl, before, after }: Pair,
): Promise<{ readonly before: number; readonly after: number } | null> => {
  const of = (sql: string): readonly Experiment[] => [
    asking(experiment, sql),
    asking(experiment, analysed(sql), analysed(sql)),
  ]
  const [old, other] = await runTrials(db, owner, [
    { ddl: base, experiments: of(before) },
    { ddl: [...base, ...ddl], experiments: of(after) },
  ])
  const [oldRows, oldPlan] = old!.observations
  const [rows, plan] = other!.observations
  const [costBefore, costAfter] = [costOf(oldPlan!), costOf(plan!)]
  if (costBefore === null || costAfter === null || oldRows!.fault || rows!.fault) return null
  return rowsText(oldRows!) === rowsText(rows!) ? { before: costBefore, after: costAfter } : null
}

const rounded = (n: number): number => Math.round(n * 10) / 10

const judge = async (
  db: Session,
  { owner, ddl }: RewriteParts,
  rule: string,
  attempt: Attempt,
): Promise<Rewritten | null> => {
  const { pairs, ...told } = attempt
  let [costBefore, costAfter] = [0, 0]
  for (const pair of pairs) {
    const costs = await compare(db, owner, ddl, pair)
    if (costs === null) return null
    costBefore += costs.before / pairs.length
    costAfter += costs.after / pairs.length
  }
  if (pairs.length === 0 || costAfter > costBefore * worthwhile) return null
  return { rule, ...told, costBefore: rounded(costBefore), costAfter: rounded(costAfter) }
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
        const rewritten = await judge(db, parts, query.rule.id, attempt)
        if (rewritten) found.push(rewritten)
      }
  return found
}
