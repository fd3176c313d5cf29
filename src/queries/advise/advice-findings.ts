/** Advice as findings: what to declare, what to write otherwise, and what nothing was found for. */
import type { Finding } from '../../prove/result.ts'
import type { LoadedQuery } from '../loaded-query.ts'
import type { Advised, AdviceResult, Rewritten } from './result.ts'

export interface AdviceFacts {
  /** Limits kept something out. */
  readonly isCut: boolean
  /** Why nothing was planned at the declared sizes. */
  readonly unprojected: string | null
}

const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

const priceOf = ({ bytes, bytesPerRow, buffersPerInsert, walPerInsert }: Advised): string =>
  bytes === 0
    ? 'it takes no room and nothing of a write; ANALYZE keeps it'
    : `it takes ${bytesPerRow} bytes of disk for each row${walPerInsert === null ? '' : `, and each insert looks at ${buffersPerInsert ?? 0} buffers and writes ${walPerInsert} bytes of the write-ahead log more`}`

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
    why: `${brings}, and the calls cost ${gain} ${unit} less than with the other advice alone; ${priceOf(advised)}`,
    fix:
      rule === null
        ? `Add to a migration:\n${sql}`
        : `Add to the rules of ${table}; assay design writes the migration:\n${rule},`,
  }
}

const rewriteFinding = ({
  rule,
  kind,
  summary,
  before,
  after,
  costBefore,
  costAfter,
}: Rewritten): Finding => ({
  code: `advice.${kind}`,
  severity: 'warning',
  rule,
  summary,
  why: `both were run and gave the same rows: ${costBefore} pages before, ${costAfter} after; it was\n${before}`,
  fix: `Write it so:\n${after}`,
})

export const adviceFindings = (
  { queries, structures, rewrites, unit }: Omit<AdviceResult, 'findings'>,
  loaded: readonly LoadedQuery[],
  { isCut, unprojected }: AdviceFacts,
): readonly Finding[] => {
  const rewritten = new Set(rewrites.map(({ rule }) => rule))
  const placeOf = (id: string): Pick<Finding, 'where'> => {
    const at = loaded.find(({ rule }) => rule.id === id)?.rule.at
    return at ? { where: at } : {}
  }
  return [
    ...loaded.flatMap(({ rule, missing, unsolved }) =>
      [...(missing === null ? [] : [missing]), ...unsolved.map((one) => one.summary)].map(
        (summary): Finding => ({
          code: 'query.unsolved',
          severity: 'error',
          rule: rule.id,
          summary: `"${rule.sentence}" could not be run: ${summary}`,
          why: 'what it costs is not known',
          fix: 'Name calls to run it with: { with: [{ … }] }; or bring what it reads with a migration.',
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
    ...structures.map((one) => structureFinding(one, unit)),
    ...rewrites.map((one) => ({ ...rewriteFinding(one), ...placeOf(one.rule) })),
    ...queries
      .filter(({ brokenAfter }) => brokenAfter.length > 0)
      .map(({ id, sentence, brokenAfter, before, after }): Finding => {
        const isHelped = rewritten.has(id)
        return {
          code: 'advice.no-help',
          severity: isHelped ? 'warning' : 'error',
          rule: id,
          summary: `"${sentence}": no structure brings its budget back: ${brokenAfter.join('; ')}`,
          why: isCut
            ? `what is advised within the limits leaves it at ${after} of ${before} ${unit}; more would be advised without them`
            : `the best that was found leaves it at ${after} of ${before} ${unit}`,
          fix: isHelped
            ? 'Write it as shown, or give it a wider budget.'
            : isCut
              ? 'Allow more with --storage and --writes, or give it a wider budget.'
              : 'Ask for less in one statement (a page, fewer columns), keep the answer (a materialized view, a column that a trigger keeps), or give it a wider budget.',
          ...placeOf(id),
        }
      }),
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
