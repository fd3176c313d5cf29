/** A proof for a person at a terminal: sentences by table, then what to do, then the score and the verdict. */
import type { Finding, ProveResult } from '../prove/result.ts'
import { findingsText } from './findings.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'
import { scoreLines } from './score.ts'
import { tableLines } from './table-lines.ts'

export interface TerminalOptions extends Layout {
  /** Which steps were run: what was not looked at is not claimed. */
  readonly steps: readonly ('green' | 'red' | 'mutate')[]
  /** What is said when nothing was found. */
  readonly allIsWell: string
  /** What became of the ledger, in one line; null when it was not in question. */
  readonly ledger: string | null
}

const isRedAlone = (steps: TerminalOptions['steps']): boolean =>
  steps.includes('red') && !steps.includes('mutate')

const verdictOf = (errors: number, { paint, allIsWell }: TerminalOptions): string =>
  errors === 0
    ? paint.good(allIsWell)
    : paint.bad(`${errors} thing${errors === 1 ? ' keeps' : 's keep'} this from being proven.`)

/** The whole report, without a final newline. */
export const terminalReport = (result: ProveResult, options: TerminalOptions): string => {
  const { paint, width, steps, ledger } = options
  const lookedFor = isRedAlone(steps) ? 'red' : 'all'
  const blocks: string[] = [
    `${paint.strong(wrap(result.architecture, width, 0))} on PostgreSQL ${result.server.major}`,
  ]
  for (const table of result.tables) {
    const rules = result.rules.filter((rule) => rule.table === table)
    if (rules.length === 0) continue
    const name = printable(table).replaceAll(/\s/gu, ' ')
    blocks.push([paint.strong(name), ...tableLines(rules, lookedFor, options)].join('\n'))
  }
  const isError = (finding: Finding): boolean => finding.severity === 'error'
  const errors = result.findings.filter(isError)
  const others = result.findings.filter((finding) => !isError(finding))
  if (others.length > 0) blocks.push([paint.strong('To know'), ...findingsText(others, options)].join('\n'))
  if (errors.length > 0) blocks.push([paint.strong('To do'), ...findingsText(errors, options)].join('\n'))
  const closing = [
    ...scoreLines(result, steps, options),
    ...(ledger === null ? [] : [`  ${paint.dim('ledger'.padEnd(11))} ${wrap(ledger, width, 14)}`]),
    '',
    verdictOf(errors.length, options),
  ]
  blocks.push(closing.join('\n'))
  return blocks.join('\n\n')
}
