/** Findings for a person at a terminal: what, why, and the exact mend. */
import type { Finding } from '../prove/result.ts'
import type { Paint } from './paint.ts'
import { printable, wrap } from './printable.ts'

export interface FindingsOptions {
  readonly paint: Paint
  /** 80 when the output is not a terminal. */
  readonly width: number
}

const lines = (finding: Finding, { paint, width }: FindingsOptions): readonly string[] => {
  const label = (name: string, text: string): string =>
    `    ${paint.dim(name.padEnd(5))} ${wrap(printable(text), width - 10, '          ')}`
  const mark = finding.severity === 'error' ? paint.bad('✗') : paint.dim('·')
  const id = finding.rule ?? finding.structure
  return [
    `  ${mark} ${wrap(printable(finding.summary), width - 4, '    ')}`,
    ...(id === undefined ? [] : [label('id', id)]),
    label('why', finding.why),
    label('mend', finding.fix),
    ...(finding.where ? [label('where', `${finding.where.file}:${finding.where.line}`)] : []),
  ]
}

export const findingsText = (findings: readonly Finding[], options: FindingsOptions): readonly string[] =>
  findings.flatMap((finding) => lines(finding, options))
