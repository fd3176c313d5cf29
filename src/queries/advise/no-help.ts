/** Budgets that no structure brings back: by what they are missed, what else would bring them back, and what stands in the way. */
import type { Finding } from '../../prove/result.ts'
import type { AdvisedQuery, AdviceResult } from './result.ts'

type Result = Omit<AdviceResult, 'findings'>

const fixOf = (
  id: string,
  { rewrites, views, viewsRefused, keptOut }: Result,
  isCut: boolean,
): { readonly fix: string; readonly isHelped: boolean } => {
  const isRewritten = rewrites.some(({ rule, brokenAfter }) => rule === id && brokenAfter.length === 0)
  const view = views.find((one) =>
    one.rewrites.some(({ rule, brokenAfter }) => rule === id && brokenAfter.length === 0),
  )
  const breaks = [...new Set(keptOut.flatMap((one) => one.breaks))]
  const unkept = viewsRefused.find(({ rule }) => rule === id)
  const ways = [
    ...(isRewritten ? ['Write it as shown'] : []),
    ...(view === undefined
      ? []
      : [`Keep its answer in ${view.view} as shown, if its readers may see old rows`]),
    ...(isCut ? ['Allow more with --storage and --writes'] : []),
    ...(breaks.length === 0 ? [] : [`Give ${breaks.join(', ')} a wider budget, which keeps structures out`]),
  ]
  const isHelped = isRewritten || view !== undefined
  if (ways.length > 0) return { isHelped, fix: `${ways.join('; or: ')}; or give it a wider budget.` }
  const kept =
    unkept === undefined
      ? 'a materialized view, a column that a trigger keeps'
      : 'a column that a trigger keeps'
  const why = unkept === undefined ? '' : ` (No materialized view: ${unkept.why}.)`
  return {
    isHelped,
    fix: `Ask for less in one statement (a page, fewer columns), keep the answer (${kept}), or give it a wider budget.${why}`,
  }
}

const whyOf = ({ before, after }: AdvisedQuery, { unit, keptOut }: Result, isCut: boolean): string => {
  const left = `leaves it at ${after} of ${before} ${unit}`
  if (isCut) return `what is advised within the limits ${left}; more would be advised without them`
  if (keptOut.length > 0) return `what breaks no budget of a declared write ${left}; see advice.kept-out`
  return `the best that was found ${left}`
}

/** Rows are misjudged, and nothing else is beyond it. */
const estimateFix =
  'Statistics over its columns were tried, too: compare columns with values where it compares them with one another or with what a function answers; or give it a wider budget: { budget: { estimate: … } }.'

/** No structure has the name that a budget asks for. */
const slipFix = 'Name an index that there is, in { budget: { uses: … } }; see npx assay prove.'

export const noHelp = (result: Result, isCut: boolean): readonly Finding[] =>
  result.queries
    .filter(({ brokenAfter }) => brokenAfter.length > 0)
    .map((query) => {
      const isSlip = query.brokenAfter.some((one) => one.includes('there is no index '))
      const isEstimate = query.brokenAfter.every((one) =>
        /^its rows at [^;]* are misjudged [^;]*$/u.test(one),
      )
      const own = fixOf(query.id, result, isCut)
      const { fix, isHelped } = isSlip
        ? { fix: slipFix, isHelped: false }
        : isEstimate && !own.isHelped && !isCut
          ? { fix: estimateFix, isHelped: false }
          : own
      return {
        code: 'advice.no-help',
        severity: isHelped ? 'warning' : 'error',
        rule: query.id,
        summary: `"${query.sentence}": no structure brings its budget back: ${query.brokenAfter.join('; ')}`,
        why: whyOf(query, result, isCut),
        fix,
      }
    })
