/**
 * Advice that was found on other rows than those that proofs load (`--rows`): whether budgets that hold with it there hold
 * with it here, too. Else it would be declared, and the next proof would still be red.
 */
import { differenceFrom } from '../../prove/judge.ts'
import type { Finding } from '../../prove/result.ts'
import { runTrials } from '../../prove/runner.ts'
import { loadQueries, type LoadWish } from '../load-queries.ts'
import { onAdvisedDatabase } from './advised-database.ts'
import type { Candidate } from './candidate.ts'
import type { AdviceResult } from './result.ts'
import { attemptsOf, rewriteAll, type Rewritten } from './rewrites/rewrite.ts'

interface Broken {
  readonly rule: string
  readonly sentence: string
  readonly why: string
  /** What was found for it elsewhere. */
  readonly what: string
}

const finding = ({ rule, sentence, why, what }: Broken): Finding => ({
  code: 'advice.other-rows',
  severity: 'warning',
  rule,
  summary: `"${sentence}": its budget holds with ${what} on the rows of --rows, and not on those that proofs load: ${why}`,
  why: 'both were tried; the loaded rows are fewer, and their values stand otherwise, so that the rule stays red with it',
  fix: 'Name calls that find the same in both, { with: [{ … }] }; or give it a budget for each row that comes (buffersPerRow, rowsReadPerRow), or a wider one. To see what helps on the loaded rows: assay advise without --rows.',
})

interface Told extends Pick<AdviceResult, 'queries'> {
  readonly rewrites: readonly Rewritten[]
}

/** `set`: what is advised. Budgets that do not hold there either are told already. */
export const otherRows = async (
  wish: LoadWish,
  set: readonly Candidate[],
  { queries, rewrites }: Told,
): Promise<readonly Finding[]> => {
  const rewritten = rewrites.flatMap(({ rule, kind, brokenAfter, index }) =>
    brokenAfter.length === 0 ? [{ rule, kind, index }] : [],
  )
  const held = queries.filter(
    ({ brokenBefore, brokenAfter }) => brokenBefore.length > 0 && brokenAfter.length === 0,
  )
  const asked = queries.filter(
    (query) => held.includes(query) || rewritten.some(({ rule }) => rule === query.id),
  )
  if (asked.length === 0) return []
  const only = asked.map(({ id }) => id)
  const loaded = await loadQueries({ ...wish, only, sizes: null, withCalls: false })
  const { database, catalog } = loaded
  if (database === null) return []
  return onAdvisedDatabase(wish.server, database, async (db) => {
    const { owner } = wish.server
    const ddl = set.flatMap(({ create }) => create)
    const broken: Broken[] = []
    for (const query of loaded.queries) {
      const { id, sentence } = query.rule
      const [trial] = await runTrials(db, owner, [{ ddl, experiments: query.experiments }])
      if (trial!.ddlFault) continue
      const whys = trial!.observations.flatMap((one, at) => differenceFrom(query.experiments[at]!, one) ?? [])
      if (whys.length === 0) continue
      const own = { rule: id, sentence, why: [...new Set(whys)].join('; ') }
      if (held.some((one) => one.id === id)) broken.push({ ...own, what: 'what is advised' })
      const written = rewritten.filter(({ rule }) => rule === id)
      if (written.length === 0) continue
      const attempts = await attemptsOf(db, { queries: [query], catalog, owner })
      for (const { kind, index } of written) {
        const tried = attempts
          .filter(({ attempt }) => attempt.kind === kind)
          .map((one) => ({ ...one, indexes: [] }))
        const and = [...ddl, ...(index?.create ?? [])]
        const [same] = await rewriteAll(db, tried, { catalog, owner, ddl: [], and })
        if (same?.brokenAfter.length === 0) continue
        broken.push({
          ...own,
          why: same?.brokenAfter.join('; ') ?? own.why,
          what: 'the statement as it is shown',
        })
      }
    }
    return broken.map(finding)
  })
}
