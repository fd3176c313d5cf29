/** A proof as one page of Markdown: the verdict, tables and their figures, and each finding folded under its headline. */
import type { ProjectProof, ProofCommand } from '../project/prove-project.ts'
import { stepsOf } from '../project/prove-project.ts'
import type { ProveResult, Verdict } from '../prove/result.ts'
import { markdownCode, markdownDetails, markdownHtml, markdownTable, markdownText } from './markdown-text.ts'
import { reportedFindings, asReported, type ReportedFinding } from './reported-finding.ts'
import { percentOf } from './score.ts'
import { stateOf } from './site-state.ts'

/** Of findings; GitHub takes a megabyte for a step, and nothing of a page that is longer. */
const mostBytes = 500_000

const marks = { error: '✗', warning: '!', note: '·' } as const

const placeText = ({ place }: ReportedFinding): readonly string[] =>
  place ? [`where: ${markdownText(`${place.file}:${place.line}`)}`] : []

/** The first line of a fix is prose; what follows is SQL, a declaration or commands. */
const fixParts = (fix: string): readonly string[] => {
  const [prose = '', ...code] = fix.split('\n')
  return [`mend: ${markdownText(prose)}`, ...(code.length > 0 ? [markdownCode(code.join('\n'), '')] : [])]
}

const findingDetails = (finding: ReportedFinding): string => {
  const id = finding.rule ?? finding.structure
  return markdownDetails(
    `${marks[finding.severity]} ${markdownHtml(finding.summary)}`,
    [
      `code: ${markdownText(finding.code)}`,
      ...(id === undefined ? [] : [`id: ${markdownText(id)}`]),
      `why: ${markdownText(finding.why)}`,
      ...fixParts(finding.fix),
      ...placeText(finding),
    ].join('\n\n'),
  )
}

const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8')

/** As many as there is room for, errors first, and how many others there are. */
const findingsBlocks = (findings: readonly ReportedFinding[], room: number): readonly string[] => {
  const isError = (f: ReportedFinding): boolean => f.severity === 'error'
  const inOrder = [...findings.filter(isError), ...findings.filter((f) => !isError(f))]
  const blocks: string[] = []
  let bytes = 0
  for (const finding of inOrder) {
    const block = findingDetails(finding)
    bytes += bytesOf(block)
    if (bytes > room) {
      blocks.push(`and ${inOrder.length - blocks.length} more, for which there is no room here`)
      break
    }
    blocks.push(block)
  }
  return blocks
}

const findingsCount = (n: number): string => `${n} thing${n === 1 ? ' keeps' : 's keep'} this from being true`

/** What of a table was looked at, and what came of it. */
const rowsOf = (
  { tables, rules, structures }: ProveResult,
  command: ProofCommand,
): readonly (readonly string[])[] => {
  const steps = stepsOf[command]
  const all: readonly (string | null)[] = [
    ...new Set<string | null>([...tables, ...structures.map(({ table }) => table)]),
  ]
  return all.flatMap((table): readonly (readonly string[])[] => {
    const own = rules.filter((rule) => rule.table === table)
    const its = structures.filter((structure) => structure.table === table)
    if (own.length + its.length === 0) return []
    const mutants = its.flatMap((structure) => structure.mutants)
    const count = (...verdicts: readonly Verdict[]): string =>
      `${mutants.filter((mutant) => verdicts.includes(mutant.verdict)).length}`
    const good = own.filter((rule) => ['green', 'awaited'].includes(stateOf(rule, { command })))
    const isSound =
      good.length === own.length &&
      (command === 'red' || its.every((s) => s.rules.length > 0)) &&
      mutants.every(({ verdict }) => verdict !== 'survived' && verdict !== 'unsolved')
    const name = table === null ? 'of the whole database' : markdownText(table)
    return [
      [
        `${isSound ? '✓' : '✗'} ${name}`,
        `${good.length} of ${own.length}`,
        `${its.length}`,
        ...(command === 'red' ? [] : [`${its.filter((s) => s.rules.length === 0).length}`]),
        ...(steps.includes('mutate')
          ? [
              count('killed'),
              count('redundant', 'equivalent', 'stillborn'),
              count('survived'),
              count('unsolved'),
            ]
          : []),
      ],
    ]
  })
}

const scoreOf = ({ summary: { mutants: m } }: ProveResult): string => {
  const told = m.killed + m.survived + m.unsolved
  return told === 0
    ? 'There was no mutant that can be told apart.'
    : `Score: ${percentOf(m.killed, told)} % of the ${told} mutants that can be told apart were killed.`
}

const proven: Readonly<Record<ProofCommand, string>> = {
  prove: 'rules proven',
  red: 'rules red',
  green: 'rules that hold',
  mutate: 'rules that hold',
}

interface Asked {
  readonly command: ProofCommand
  readonly shown: (file: string) => string
  /** Bytes for findings. */
  readonly room: number
}

const architectureBlocks = (result: ProveResult, { command, shown, room }: Asked): readonly string[] => {
  const findings = reportedFindings(result, false).map((finding) => asReported(finding, shown))
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const mutates = stepsOf[command].includes('mutate')
  const head = [
    'table',
    proven[command],
    'structures',
    ...(command === 'red' ? [] : ['without a rule']),
    ...(mutates ? ['killed', 'cannot be told apart', 'survived', 'unsolved'] : []),
  ]
  const { summary } = result
  return [
    `## ${errors === 0 ? '✓' : '✗'} assay ${command}: ${markdownText(result.architecture)}`,
    `${errors === 0 ? 'Nothing keeps this from being true' : findingsCount(errors)}: ${summary.rules} rules with ${summary.experiments} experiments on PostgreSQL ${result.server.major}.${mutates ? ` ${scoreOf(result)}` : ''}`,
    markdownTable(head, rowsOf(result, command)),
    ...findingsBlocks(findings, room),
  ]
}

/** Paths stand as `shown` writes them. */
export const markdownOfProof = (
  { proofs }: ProjectProof,
  command: ProofCommand,
  shown: (file: string) => string,
): string =>
  `${proofs.flatMap(({ result }) => architectureBlocks(result, { command, shown, room: mostBytes / proofs.length })).join('\n\n')}\n`

/** Of what came to findings without a proof. */
export const markdownOfFindings = (
  command: string,
  findings: readonly ReportedFinding[],
  verdict: string,
): string => {
  const isError = findings.some(({ severity }) => severity === 'error')
  return `${[
    `## ${isError ? '✗' : '✓'} assay ${markdownText(command)}`,
    markdownText(verdict),
    ...findingsBlocks(findings, mostBytes),
  ].join('\n\n')}\n`
}
