/** Advice for a person at a terminal: what each query costs before and after, what to declare, and what that costs. */
import { callPriceText, callTitle, pricesTold, refusalText } from '../queries/advise/advice-findings.ts'
import type { CallCost } from '../queries/advise/call-meter.ts'
import type { Advised, AdvisedCall, AdvisedQuery, AdviceResult } from '../queries/advise/result.ts'
import { findingsText } from './findings.ts'
import { headline, labelledRow } from './labelled.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

const counted = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`

const sizeText = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1_000 ** at
  return `${value >= 10 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]!}`
}

type Unit = AdviceResult['unit']

const queryLine = (
  { sentence, before, after, brokenBefore, brokenAfter }: AdvisedQuery,
  unit: Unit,
  layout: Layout,
): string => {
  const { paint } = layout
  const mark = brokenAfter.length > 0 ? paint.bad('✗') : paint.good('✓')
  const budget =
    unit !== 'pages'
      ? ''
      : brokenBefore.length === 0
        ? '; within its budget'
        : brokenAfter.length > 0
          ? `; still ${brokenAfter[0]!}`
          : '; its budget holds then'
  return headline(
    mark,
    `${printable(sentence)}: ${before} ${unit} a call, ${after} with the advice${budget}`,
    layout,
  )
}

const kindText = ({ kind }: Advised): string => (kind === 'statistics' ? 'statistics' : `an index (${kind})`)

const structureLines = (advised: Advised, unit: Unit, layout: Layout): readonly string[] => {
  const { table, rule, sql, gain, mends, bytes, bytesPerRow, walPerInsert, buffersPerInsert } = advised
  const rows = bytesPerRow > 0 ? ` for ${counted(Math.round(bytes / bytesPerRow), 'row')}` : ''
  const write =
    walPerInsert === null || buffersPerInsert === null
      ? 'writes were not measured'
      : `${buffersPerInsert} buffers and ${walPerInsert} bytes of log an insert`
  const [whole, what] = [`${printable(table)}: ${printable(rule ?? sql)}`, kindText(advised)]
  // A declaration that is broken over lines could not be pasted.
  const fits = whole.length + 4 <= layout.width
  return [
    headline(
      layout.paint.strong('+'),
      fits || rule === null ? whole : `${printable(table)}: ${what}`,
      layout,
    ),
    ...(fits || rule === null ? [] : labelledRow('rule', `among its rules:\n${printable(rule)},`, layout)),
    ...labelledRow(
      'gain',
      `${gain} ${unit} a call of each query${mends.length === 0 ? '' : `; needed by ${mends.join(', ')}`}`,
      layout,
    ),
    ...labelledRow('price', `${sizeText(bytes)}${rows}, ${write}`, layout),
    ...labelledRow('', refusalText(advised) ?? '', layout),
    ...pricesTold(advised).flatMap((one) => labelledRow('', `${one.id}, ${callPriceText(one)}`, layout)),
    ...(rule === null ? [] : labelledRow('sql', `for a migration:\n${sql}`, layout)),
  ]
}

const costText = (cost: CallCost | null): string =>
  cost === null
    ? 'refused'
    : `${cost.buffers} buffers${cost.wal === null ? '' : `, ${cost.wal} bytes of log`}, ${cost.indexEntries} index entries a row`

/** Only those that something changes for, or that are beyond their budget. */
const callLine = (
  { sentence, title, before, after, brokenBefore, brokenAfter }: AdvisedCall,
  layout: Layout,
): readonly string[] => {
  const isSame = costText(before) === costText(after)
  if (isSame && brokenAfter === null) return []
  const { paint } = layout
  const mark = brokenAfter === null ? paint.good('✓') : paint.bad('✗')
  const budget =
    brokenAfter === null
      ? 'its budget holds'
      : brokenBefore === null
        ? brokenAfter
        : `as before, ${brokenAfter}`
  const text = isSame ? costText(before) : `${costText(before)}, ${costText(after)} with the advice`
  return [
    headline(mark, `${printable(sentence)}, ${printable(callTitle(title))}: ${text}; ${budget}`, layout),
  ]
}

/** How far the choice is from what no choice comes below. */
const boundText = ({ before, after, least, isBest }: AdviceResult['cost'], unit: Unit): string =>
  `All together ${before} ${unit}, ${after} with the advice; with everything that was tried at no price they would cost ${least}${isBest ? ', and no other choice was found to be better' : ''}.`

const verdictOf = (
  { unit, queries, structures, rewrites, calls }: AdviceResult,
  { paint }: Layout,
): string => {
  const beyond = calls.filter(({ brokenAfter }) => brokenAfter !== null)
  if (beyond.length > 0)
    return paint.bad(
      `${counted(beyond.length, 'declared call')} beyond ${beyond.length === 1 ? 'its' : 'their'} budget.`,
    )
  if (queries.length === 0)
    return paint.good(
      unit === 'pages'
        ? 'Nothing to advise: every query stays within its budget.'
        : 'Nothing to advise: no statement reads a table of the architecture.',
    )
  const left = queries.filter(({ brokenAfter }) => brokenAfter.length > 0).length
  if (left > 0) return paint.bad(`${left} of ${queries.length} stay beyond their budget.`)
  if (structures.length + rewrites.length === 0)
    return paint.good('Nothing to advise: no candidate makes a query cheaper.')
  return paint.good(
    unit === 'pages' ? 'With this advice every budget holds.' : 'This makes its statements cheaper.',
  )
}

/** Without a final newline. */
export const adviceText = (result: AdviceResult, layout: Layout): string => {
  const { paint, width } = layout
  const { architecture, unit, queries, structures, rows, tried, calls, cost, findings } = result
  const loaded = Object.values(rows).reduce((sum, n) => sum + n, 0)
  const isRun = unit === 'pages'
  // Of hundreds of statements only those are worth a line that something changes for.
  const shown = isRun ? queries : queries.filter(({ before, after }) => after < before)
  const head = `${architecture}: ${counted(queries.length, isRun ? 'query' : 'statement', isRun ? 'queries' : 'statements')} to advise on, ${counted(tried, 'candidate')} ${isRun ? `tried on ${counted(loaded, 'row')}` : 'planned with the statistics of the database'}`
  const others = findings.filter(({ code }) => code !== 'advice.structure')
  return [
    [paint.strong(wrap(head, width, 0)), ...shown.map((query) => queryLine(query, unit, layout))].join('\n'),
    ...(structures.length === 0
      ? []
      : [
          [paint.strong('Declare'), ...structures.flatMap((one) => structureLines(one, unit, layout))].join(
            '\n',
          ),
        ]),
    ...(structures.length === 0
      ? []
      : [
          [...calls.flatMap((one) => callLine(one, layout)), wrap(boundText(cost, unit), width, 0)].join(
            '\n',
          ),
        ]),
    ...(others.length === 0 ? [] : [findingsText(others, layout).join('\n')]),
    verdictOf(result, layout),
  ].join('\n\n')
}
