/** Advice as findings: what to declare, what to write otherwise, and what nothing was found for. */
import type { DeclaredRule } from '../../architecture/rule.ts'
import type { Finding } from '../../prove/result.ts'
import type { LoadedQuery } from '../loaded-query.ts'
import type { CallCost, CallMeter } from './call-meter.ts'
import { noHelp } from './no-help.ts'
import type {
  AdviceKeptOut,
  AdviceResult,
  Advised,
  AdvisedCall,
  AdvisedView,
  CallPrice,
  Rewritten,
} from './result.ts'

export interface AdviceFacts {
  /** What is declared of queries and writes: findings say where. */
  readonly declared: readonly Pick<DeclaredRule, 'id' | 'at'>[]
  /** Limits kept something out. */
  readonly isCut: boolean
  /** Something was tried on the loaded rows that nothing is known of at the declared sizes. */
  readonly isLoadedOnly: boolean
  /** Why nothing was planned at the declared sizes. */
  readonly unprojected: string | null
  /** Declared calls that could not be run. */
  readonly unread: CallMeter['unread']
  /** Tables of structures of which nobody knows what writing them costs, though --writes bounds it. */
  readonly unweighed: readonly string[]
}

export const noFacts: AdviceFacts = {
  declared: [],
  isLoadedOnly: false,
  isCut: false,
  unprojected: null,
  unread: [],
  unweighed: [],
}

const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** What it would refuse; null: nothing. */
export const refusalText = ({ longColumns }: Pick<Advised, 'longColumns'>): string | null =>
  longColumns.length === 0
    ? null
    : `a row with more than 2,700 bytes of ${longColumns.join(' and ')} would be refused: bound ${longColumns.length === 1 ? 'it' : 'them'} with a CHECK first`

type Price = Pick<Advised, 'bytesPerRow' | 'buffersPerInsert' | 'walPerInsert'>

const indexPrice = ({ bytesPerRow, buffersPerInsert, walPerInsert }: Price): string =>
  `it takes ${bytesPerRow} bytes of disk for each row${walPerInsert === null ? '' : `, and each insert looks at ${buffersPerInsert ?? 0} buffers and writes ${walPerInsert} bytes of the write-ahead log more`}`

const priceOf = (advised: Advised): string =>
  advised.bytes === 0 ? 'it takes no room and nothing of a write; ANALYZE keeps it' : indexPrice(advised)

/** Of calls that it costs something, or spares something. */
export const pricesTold = ({ calls }: Advised): readonly CallPrice[] =>
  calls.filter(
    ({ buffersPerRow, walPerRow, indexEntriesPerRow }) =>
      buffersPerRow !== 0 || (walPerRow ?? 0) !== 0 || indexEntriesPerRow !== 0,
  )

/** What a row of a declared call costs more, in words. */
export const callPriceText = ({ title, buffersPerRow, walPerRow, indexEntriesPerRow }: CallPrice): string =>
  `${callTitle(title)}: ${buffersPerRow} buffers${walPerRow === null ? '' : `, ${walPerRow} bytes of log`}, ${indexEntriesPerRow} index entries more a row`

/** Without what every title says. */
export const callTitle = (title: string): string => title.replace(', it stays within the budget', '')

const keptOutFinding = ({ table, rule, sql, breaks, why }: AdviceKeptOut): Finding => ({
  code: 'advice.kept-out',
  severity: 'note',
  summary: `${table}: ${rule ?? sql} is not advised: it breaks the budget of ${breaks.join(', ')}`,
  why: `it was built on the filled tables of the declared call, beside what is advised: ${why}`,
  fix: `Keep it out; or give ${breaks.join(', ')} a wider budget, and ask again.`,
})

const viewFinding = ({ view, declaration, rewrites, bytes, refresh, staleness }: AdvisedView): Finding => ({
  code: 'advice.materialized-view',
  severity: 'note',
  summary: `${view}: a materialized view would keep the answer of ${rewrites.map(({ rule }) => rule).join(', ')}`,
  why: `it was made on the loaded rows, and every call gave the same rows over it: ${rewrites
    .map(
      ({ rule, costBefore, costAdvised, costAfter, brokenAfter }) =>
        `${rule}: ${costBefore} pages a call today, ${costAdvised} with the structures that are advised, ${costAfter} over the view${brokenAfter.length === 0 ? '; its budget holds then' : `; still ${brokenAfter.join('; ')}`}`,
    )
    .join(
      '; ',
    )}. It takes ${bytes} bytes, and a refresh looks at and writes ${refresh.pages} pages (${refresh.milliseconds} ms here)${refresh.isConcurrent ? ', concurrently while others read' : ', while nobody reads'}. ${staleness}`,
  fix: [
    'If its readers may see old rows, put it among the views of the architecture; assay design writes the migration:',
    declaration,
    ...rewrites.map(
      ({ rule, after, declaration }) =>
        `// ${rule}, over ${view} (which it then names among what it reads):\n${declaration ?? after}`,
    ),
  ].join('\n'),
})

const costText = (cost: CallCost | null): string =>
  cost === null ? 'refused' : `${cost.rowsRead} rows read and ${cost.buffers} buffers a row`

/** Neither without nor with what is advised can it be counted. */
const refusedFinding = ({ id, sentence, brokenAfter }: AdvisedCall): Finding => ({
  code: 'advice.call-unmeasured',
  severity: 'error',
  rule: id,
  summary: `"${sentence}" is refused: ${brokenAfter ?? ''}`,
  why: 'what is advised may bring it beyond its budget, and nobody has counted it',
  fix: 'Let who calls it do so (a grant, a policy, what a constraint asks for), or declare it otherwise; npx assay prove shows the call. Then ask again.',
})

/** Beyond its budget, with or without what is advised. */
const callFinding = ({ id, sentence, title, before, brokenAfter, mend }: AdvisedCall): Finding => ({
  code: 'advice.call-broken',
  severity: mend === null ? 'error' : 'warning',
  rule: id,
  summary: `"${sentence}" is beyond its budget: ${callTitle(title)}: ${brokenAfter ?? ''}`,
  why:
    mend === null
      ? 'no index that its statements ask for, or that finds what points to its rows, brings it back alone'
      : `with ${mend.sql.replace(/;$/u, '')} it stays within it: ${costText(before)} before, ${costText(mend.after)} after; no other budget breaks`,
  fix:
    mend === null
      ? 'See npx assay prove for its mend: fewer rows or statements in one call, fewer indexes and triggers on what it writes; or give it a wider budget.'
      : `Add to the rules of ${mend.table}; assay design writes the migration:\n${mend.rule ?? mend.sql},`,
})

const structureFinding = (advised: Advised, unit: AdviceResult['unit']): Finding => {
  const { table, rule, sql, gain, mends } = advised
  const brings =
    mends.length > 0
      ? `${counted(mends.length, 'budget')} of ${mends.join(', ')} ${mends.length === 1 ? 'holds' : 'hold'} with it`
      : unit === 'pages'
        ? 'no budget needs it'
        : 'statements of the database use it'
  return {
    code: 'advice.structure',
    severity: mends.length > 0 ? 'warning' : 'note',
    summary: `${table}: ${rule ?? sql}`,
    why: `${brings}, and the calls cost ${gain} ${unit} less than with the other advice alone; ${[priceOf(advised), ...[refusalText(advised)].flatMap((text) => text ?? []), ...pricesTold(advised).map((one) => `${one.id}, ${callPriceText(one)}`)].join('; ')}`,
    fix:
      rule === null
        ? `Add to a migration:\n${sql}`
        : `Add to the rules of ${table}; assay design writes the migration:\n${rule},`,
  }
}

const loadedOnly: Finding = {
  code: 'advice.rows-needed',
  severity: 'note',
  summary:
    'Extended statistics, materialized views and rewrites were tried on the loaded rows alone, not at the declared sizes',
  why: 'a size is declared of tables, not how values of several columns go together there: ANALYZE counts that on rows, and what PostgreSQL expects a plan to cost is made of the very estimates that statistics change, so that two plans cannot be compared by it; whether a view or another text gives the same rows, and what a refresh costs, is seen when they run',
  fix: 'Load more of them: assay advise --rows …=…; indexes are tried at the declared sizes, too.',
}

const rewriteFinding = ({
  rule,
  kind,
  summary,
  before,
  after,
  declaration,
  hint,
  index,
  costBefore,
  costAfter,
  callsBefore,
  callsAfter,
  brokenAfter,
}: Rewritten): Finding => ({
  code: `advice.${kind}`,
  severity: 'warning',
  rule,
  summary,
  why: `both were run and gave the same rows: ${costBefore} pages before, ${costAfter} after${index === null ? '' : ` with an index of its own, which breaks no other budget (${indexPrice(index)})`}${callsBefore === callsAfter ? '' : ` (${callsBefore} calls of functions before, ${callsAfter} after, each as a quarter of a page)`}; ${brokenAfter.length === 0 ? 'its budget holds then' : `still ${brokenAfter.join('; ')}`}; it was\n${before}`,
  fix: [
    'Write it so:',
    after,
    ...(declaration === null ? [] : ['As it is declared:', declaration]),
    ...(index === null
      ? []
      : index.rule === null
        ? ['With it, in a migration:', index.sql]
        : [
            `With it, among the rules of ${index.table}; assay design writes the migration:`,
            `${index.rule},`,
          ]),
    ...(hint === null ? [] : [hint]),
  ].join('\n'),
})

export const adviceFindings = (
  result: Omit<AdviceResult, 'findings'>,
  loaded: readonly LoadedQuery[],
  { declared, isLoadedOnly, isCut, unprojected, unread, unweighed }: AdviceFacts,
): readonly Finding[] => {
  const { queries, structures, rewrites, views, unit, keptOut, calls } = result
  const placeOf = (id: string): Pick<Finding, 'where'> => {
    const at = [...declared, ...loaded.map(({ rule }) => rule)].find((rule) => rule.id === id)?.at
    return at ? { where: at } : {}
  }
  return [
    ...loaded.flatMap(({ rule, missing, unsolved }) =>
      [...(missing === null ? [] : [{ summary: missing, mend: undefined }]), ...unsolved].map(
        ({ summary, mend }): Finding => ({
          code: 'query.unsolved',
          severity: 'error',
          rule: rule.id,
          summary: `"${rule.sentence}" could not be run: ${summary}`,
          why: 'what it costs is not known',
          fix: mend ?? 'Bring what it reads with a migration.',
          ...placeOf(rule.id),
        }),
      ),
    ),
    ...(unprojected === null
      ? []
      : [
          {
            code: 'query.not-projected',
            severity: 'note',
            summary: 'No query was planned at its declared size',
            why: unprojected,
            fix: 'What is advised is right for the loaded rows; load more of them with --rows.',
          } as const,
        ]),
    ...(isLoadedOnly ? [loadedOnly] : []),
    ...unread.map(({ of, sentence, why }): Finding => ({
      code: 'advice.call-unmeasured',
      severity: 'warning',
      rule: of,
      summary: `"${sentence}" could not be run: ${why}`,
      why: 'what is advised may bring it beyond its budget, and nobody has counted it',
      fix: 'Name calls to run it with: { with: [{ … }] }; or bring what it needs with a migration.',
      ...placeOf(of),
    })),
    ...structures.map((one) => structureFinding(one, unit)),
    ...keptOut.map(keptOutFinding),
    ...calls.flatMap((one) =>
      one.brokenAfter === null
        ? []
        : [
            {
              ...(one.before === null && one.after === null ? refusedFinding(one) : callFinding(one)),
              ...placeOf(one.id),
            },
          ],
    ),
    ...(unweighed.length === 0
      ? []
      : [
          {
            code: 'advice.writes-unmeasured',
            severity: 'warning',
            summary: `What rows of ${unweighed.join(', ')} write was not measured, so that --writes does not bound it`,
            why: 'PostgreSQL did not take the rows that were to be written again',
            fix: 'Look at the price of these structures yourself, with assay validate.',
          } as const,
        ]),
    ...rewrites.map((one) => ({ ...rewriteFinding(one), ...placeOf(one.rule) })),
    ...views.map(viewFinding),
    ...noHelp(result, isCut).map((one) => ({ ...one, ...placeOf(one.rule ?? '') })),
    ...(isCut && queries.every(({ brokenAfter }) => brokenAfter.length === 0)
      ? [
          {
            code: 'advice.limited',
            severity: 'note',
            summary: 'More would be advised without the limits',
            why: 'some structures lower the cost further, and take more than --storage and --writes allow',
            fix: 'Allow more, to see them.',
          } as const,
        ]
      : []),
  ]
}
