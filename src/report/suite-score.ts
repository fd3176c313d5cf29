/** A suite's score for a person at a terminal: what it does not protect first, each survivor as a difference of DDL. */
import { scorePercent } from '../score/score-findings.ts'
import {
  countVerdicts,
  noticed,
  protectionOf,
  toldApart,
  type Protection,
  type ScoredMutant,
  type ScoredStructure,
  type ScoreResult,
} from '../score/score-result.ts'
import { findingsText } from './findings.ts'
import { mutantChange, plainDdl } from './mutant-change.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

/** Columns before the text of a row. */
const textColumn = 14

/** A statement or a comment line of a difference. */
export interface DiffLine {
  readonly sign: '-' | '+'
  readonly text: string
}

/** What the mutant takes away and what it puts there; only the latter where the two resemble nothing. */
export const diffOf = (
  { create }: Pick<ScoredStructure, 'create'>,
  mutant: ScoredMutant,
): readonly DiffLine[] => {
  const { before, after } = mutantChange(plainDdl(create), mutant)
  const lines = (sign: DiffLine['sign'], sql: string): readonly DiffLine[] =>
    `${sql};`.split('\n').map((text) => ({ sign, text }))
  if (before === null && after === null) return plainDdl(mutant.ddl).flatMap((sql) => lines('+', sql))
  return [...(before === null ? [] : lines('-', before)), ...(after === null ? [] : lines('+', after))]
}

/** Survivors, and those of which it is not known. */
export const missed = ({ mutants }: Pick<ScoredStructure, 'mutants'>): readonly ScoredMutant[] =>
  mutants.filter(({ verdict }) => verdict === 'survived' || verdict === 'unsolved')

/** "2 of 5". */
export const noticedWords = ({ mutants }: Pick<ScoredStructure, 'mutants'>): string => {
  const counts = countVerdicts(mutants)
  return `${noticed(counts)} of ${toldApart(counts)}`
}

export const withProtection = (
  { structures }: Pick<ScoreResult, 'structures'>,
  wanted: Protection,
): readonly ScoredStructure[] => structures.filter((structure) => protectionOf(structure) === wanted)

const diffLines = (lines: readonly DiffLine[], { paint }: Layout): readonly string[] =>
  lines.map(({ sign, text }) => (sign === '-' ? paint.bad : paint.good)(`      ${sign} ${printable(text)}`))

const minus = (lines: readonly DiffLine[]): string =>
  lines.flatMap(({ sign, text }) => (sign === '-' ? [text] : [])).join('\n')

/** Each way that was missed; what it takes away is told once for all ways that take away the same. */
const wayLines = (structure: ScoredStructure, layout: Layout): readonly string[] => {
  let before = ''
  return missed(structure).flatMap((mutant) => {
    const lines = diffOf(structure, mutant)
    const isTold = minus(lines) === before
    before = minus(lines)
    const said =
      mutant.verdict === 'unsolved' ? `${mutant.summary}: not known: ${mutant.why}` : mutant.summary
    const shown =
      isTold && lines.some(({ sign }) => sign === '+') ? lines.filter(({ sign }) => sign === '+') : lines
    return [`    ${layout.paint.dim(wrap(said, layout.width, 4))}`, ...diffLines(shown, layout)]
  })
}

const headOf = (structure: ScoredStructure, { paint }: Layout): string =>
  `  ${paint.bad('✗')} ${printable(structure.id)} ${paint.dim(`${noticedWords(structure)} noticed`)}`

const inPart = (structure: ScoredStructure, layout: Layout): readonly string[] => [
  headOf(structure, layout),
  ...wayLines(structure, layout),
]

/** Nothing protects it: the first way says all, which is that it goes away; in how many others it can be changed is counted. */
const notAtAll = (structure: ScoredStructure, layout: Layout): readonly string[] => {
  const [first, ...others] = missed(structure)
  if (!first) return [headOf(structure, layout)]
  const more =
    others.length === 0 ? '' : `; likewise in ${others.length} more ${others.length === 1 ? 'way' : 'ways'}`
  return [
    headOf(structure, layout),
    `    ${layout.paint.dim(wrap(`${first.summary}${more}`, layout.width, 4))}`,
    ...diffLines(diffOf(structure, first), layout),
  ]
}

const block = (
  title: string,
  structures: readonly ScoredStructure[],
  lines: (structure: ScoredStructure, layout: Layout) => readonly string[],
  layout: Layout,
): readonly string[] =>
  structures.length === 0
    ? []
    : [[layout.paint.strong(title), ...structures.flatMap((s) => lines(s, layout))].join('\n')]

export const scoreSentence = ({ counts }: Pick<ScoreResult, 'counts'>): string => {
  const percent = scorePercent(counts)
  return percent === null
    ? 'there was no mutant that a suite could notice'
    : `${percent} % of the ${toldApart(counts)} mutants that can be told apart were noticed`
}

const sinceWords = ({ ref, changed, gone }: NonNullable<ScoreResult['since']>): string => {
  const lost = gone.length === 0 ? '' : `; gone: ${gone.map(({ id }) => id).join(', ')}`
  return changed === 0
    ? `${ref}: no structure is new or another${lost}`
    : `${ref}: ${changed === 1 ? '1 structure is' : `${changed} structures are`} new or another${lost}`
}

/** Rows of name and text. */
export const scoreRows = (result: ScoreResult): readonly (readonly [name: string, text: string])[] => {
  const { structures, counts: c, suite, workers, seconds, resumed, leftOut } = result
  const of = (protection: Protection): number => withProtection(result, protection).length
  const made = structures.reduce((n, { mutants }) => n + mutants.length, 0)
  const untold = of('untold')
  return [
    ['suite', suite.name],
    ...(result.since === null ? [] : [['since', sinceWords(result.since)] as const]),
    [
      'structures',
      `${structures.length}: ${of('whole')} protected, ${of('part')} in part, ${of('none')} not at all${untold === 0 ? '' : `, ${untold} of which nothing can be told`}`,
    ],
    [
      'mutants',
      `${made}: ${c.killed} killed, ${c.timeout} timed out, ${c.survived} survived, ${c.equivalent} equivalent, ${c.stillborn} stillborn, ${c.unsolved} unsolved`,
    ],
    ...(leftOut === 0
      ? []
      : [
          ['left out', `${leftOut} mutants of comments: no test can notice them; --only names them`] as const,
        ]),
    ['score', scoreSentence(result)],
    ...(workers === 0
      ? []
      : [
          [
            'seconds',
            `${seconds.toFixed(1)} with ${workers} worker${workers === 1 ? '' : 's'}; the suite alone takes ${suite.seconds.toFixed(1)}, and is ended after ${suite.limitSeconds}${resumed === 0 ? '' : `; ${resumed} mutants were known from a run that was interrupted`}`,
          ] as const,
        ]),
  ]
}

/** Without a final newline. Survivors stand with their structures, so that of the findings only errors are told again. */
export const suiteScoreText = (result: ScoreResult, layout: Layout): string => {
  const { paint, width } = layout
  const errors = result.findings.filter(({ severity }) => severity === 'error')
  // Survivors are told above.
  const others = result.findings.filter(
    ({ severity, code }) => severity !== 'error' && (!code.startsWith('score.') || code === 'score.gone'),
  )
  return [
    `${paint.strong(wrap(result.name, width, 0))} on PostgreSQL ${result.major}`,
    ...block('Not protected at all', withProtection(result, 'none'), notAtAll, layout),
    ...block('Protected in part', withProtection(result, 'part'), inPart, layout),
    ...(others.length === 0 ? [] : [[paint.strong('To know'), ...findingsText(others, layout)].join('\n')]),
    ...(errors.length === 0 ? [] : [[paint.strong('To do'), ...findingsText(errors, layout)].join('\n')]),
    scoreRows(result)
      .map(([name, text]) => `  ${paint.dim(name.padEnd(11))} ${wrap(text, width, textColumn)}`)
      .join('\n'),
  ].join('\n\n')
}
