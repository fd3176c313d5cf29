/** Findings as GitHub's workflow commands: the runner shows each beside the line that it speaks of. */
import { printable } from './printable.ts'
import type { ReportedFinding } from './reported-finding.ts'

/** GitHub shows ten of a step and drops the others without a word. */
const shown = 10

const commands = { error: 'error', warning: 'warning', note: 'notice' } as const

const gravest = ['error', 'warning', 'note'] as const

/** A line end would end the command, and what stands behind it could be another. */
const escapeData = (text: string): string =>
  printable(text.replaceAll(/\r\n?/gu, '\n')).replaceAll('%', '%25').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

export interface Annotation {
  readonly severity: ReportedFinding['severity']
  readonly file?: string
  readonly line?: number
  readonly title: string
  readonly message: string
}

export const annotation = ({ severity, file, line, title, message }: Annotation): string => {
  const properties = Object.entries({ file, line, title }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`],
  )
  return `::${commands[severity]} ${properties.join(',')}::${escapeData(message)}`
}

const ofFinding = (finding: ReportedFinding): string => {
  const { severity, place, summary, why, fix, code } = finding
  const id = finding.rule ?? finding.structure
  return annotation({
    severity,
    ...place,
    title: `assay ${code}${id === undefined ? '' : ` ${id}`}`,
    message: `${summary}\nwhy: ${why}\nmend: ${fix}`,
  })
}

const more = (left: readonly ReportedFinding[], command: string): string =>
  annotation({
    severity: left[0]!.severity,
    title: 'assay',
    message: `and ${left.length} more: what \`assay ${command}\` prints names them all`,
  })

/** One command a line, errors first; at most ten, and the tenth then says how many are left. */
export const annotationLines = (findings: readonly ReportedFinding[], command: string): readonly string[] => {
  const inOrder = gravest.flatMap((severity) => findings.filter((f) => f.severity === severity))
  if (inOrder.length <= shown) return inOrder.map(ofFinding)
  return [...inOrder.slice(0, shown - 1).map(ofFinding), more(inOrder.slice(shown - 1), command)]
}
