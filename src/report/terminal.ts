/** A proof for a person at a terminal: sentences by table, then what to do, then the score. */
import type { ProveResult, RuleResult } from '../prove/result.ts'
import { findingsText, type FindingsOptions } from './findings.ts'
import { printable, wrap } from './printable.ts'

export interface TerminalOptions extends FindingsOptions {
  /** Which steps were run: what was not looked at is not claimed. */
  readonly steps: readonly ('green' | 'red' | 'mutate')[]
}

/** More green rules of one kind than this on one table share a line. */
const ownLines = 3

const isTrue = (rule: RuleResult): boolean =>
  rule.green && rule.unsolved.length === 0 && (rule.red === null || rule.red.proven)

const detailOf = (rule: RuleResult): string => rule.id.slice(rule.id.indexOf(':') + 1)

const tableLines = (rules: readonly RuleResult[], options: TerminalOptions): readonly string[] => {
  const { paint, width } = options
  const lines: string[] = []
  const line = (mark: string, text: string): void => {
    lines.push(`  ${mark} ${wrap(printable(text), width - 4, '    ')}`)
  }
  const kinds = [...new Set(rules.map((r) => r.kind))]
  for (const kind of kinds) {
    const ofKind = rules.filter((r) => r.kind === kind)
    const good = ofKind.filter(isTrue)
    if (good.length > ownLines) line(paint.good('✓'), `${kind}: ${good.map(detailOf).join(', ')}`)
    else for (const rule of good) line(paint.good('✓'), rule.sentence)
    for (const rule of ofKind.filter((r) => !isTrue(r))) line(paint.bad('✗'), rule.sentence)
  }
  return lines
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? '100' : ((100 * part) / whole).toFixed(part === whole ? 0 : 1)

const scoreLines = (result: ProveResult, options: TerminalOptions): readonly string[] => {
  const { summary: s } = result
  const { steps, paint } = options
  const { mutants: m } = s
  const rows: [string, string][] = [
    ['tables', `${s.tables}`],
    ['rules', `${s.rules}, proven by ${s.experiments} experiments`],
  ]
  if (steps.includes('red')) rows.push(['red', `${s.red} of ${s.rules} fail without their structure`])
  rows.push(['green', `${s.green} of ${s.rules} hold`])
  rows.push(['structures', `${s.structures}, ${s.unproven} that no rule asks for`])
  if (steps.includes('mutate')) {
    const effective = m.killed + m.survived + m.unsolved
    rows.push(
      ['mutants', `${m.made}: ${m.killed} killed, ${m.redundant} redundant, ${m.equivalent} equivalent,`],
      ['', `${m.stillborn} stillborn, ${m.survived} survived, ${m.unsolved} unsolved`],
      ['score', `${percent(m.killed, effective)} % of the mutants that can be told apart were killed`],
    )
  }
  const total = s.seconds.start + s.seconds.red + s.seconds.green + s.seconds.mutate
  const parts = [
    `start ${s.seconds.start.toFixed(1)}`,
    ...(steps.includes('red') ? [`red ${s.seconds.red.toFixed(1)}`] : []),
    `green ${s.seconds.green.toFixed(1)}`,
    ...(steps.includes('mutate') ? [`mutate ${s.seconds.mutate.toFixed(1)}`] : []),
  ]
  rows.push(['seconds', `${total.toFixed(1)} (${parts.join(', ')})`])
  return rows.map(([name, text]) => `  ${paint.dim(name.padEnd(11))} ${text}`)
}

/** The whole report, without a final newline. */
export const terminalReport = (result: ProveResult, options: TerminalOptions): string => {
  const { paint } = options
  const blocks: string[] = [
    `${paint.strong(printable(result.architecture))} on PostgreSQL ${result.server.major}`,
  ]
  for (const table of result.tables) {
    const rules = result.rules.filter((r) => r.table === table)
    if (rules.length === 0) continue
    blocks.push([paint.strong(printable(table)), ...tableLines(rules, options)].join('\n'))
  }
  if (result.findings.length > 0) {
    blocks.push(
      [paint.strong('To do'), ...findingsText(result.findings, options)].join('\n'),
    )
  }
  const verdict =
    result.findings.length === 0
      ? paint.good('Everything that is declared is proven.')
      : paint.bad(
          `${result.findings.length} thing${result.findings.length === 1 ? ' keeps' : 's keep'} this from being proven.`,
        )
  blocks.push([...scoreLines(result, options), '', verdict].join('\n'))
  return blocks.join('\n\n')
}
