/** assay check. */
import { shellCommand } from '../ground/shell-word.ts'
import { checkProject, type ProjectCheck } from '../project/check-project.ts'
import { envelopeText } from '../report/envelope.ts'
import { findingsText } from '../report/findings.ts'
import { wrap } from '../report/printable.ts'
import { directorySlip } from './directory-slip.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import { withReportsOf } from './report-files.ts'
import type { ReportOptions } from './report-options.ts'
import type { CommonOptions } from './run-command.ts'
import { writtenLines, type Written } from './written-lines.ts'

type CheckOptions = CommonOptions & ReportOptions & { readonly against?: string | true }

const verdictOf = ({ ok, findings, rules, structures, against }: ProjectCheck): string => {
  if (!ok)
    return `${findings.length} thing${findings.length === 1 ? ' needs' : 's need'} a proof or a reviewer.`
  const since = against === null ? '' : `; no rule asks less than at ${against}`
  return `The ledger covers all ${rules} rules and ${structures} structures${since}.`
}

const checked = async (
  directory: string,
  { against, url }: CheckOptions,
  output: Output,
): Promise<ProjectCheck> =>
  checkProject({
    directory,
    ...(against === undefined ? {} : { against: against === true ? null : against }),
    ...(url === undefined ? {} : { url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  }).catch((cause: unknown) => {
    throw directorySlip('check', '--against', typeof against === 'string' ? [against] : [], cause)
  })

const checkAnswer = (
  check: ProjectCheck,
  written: Written,
  {
    directory,
    options,
    output,
  }: { readonly directory: string; readonly options: CheckOptions; readonly output: Output },
): Answer => {
  const { ok, rules, structures } = check
  const code = ok ? 0 : 1
  const findings = check.findings.map(withPathsFromHere)
  const next = ok ? [] : [shellCommand('npx', 'assay', 'prove', ...(directory === '.' ? [] : [directory]))]
  if (options.json) {
    const summary = { rules, structures, planned: check.planned, against: check.against }
    const artifacts = written.all.map(fromHere)
    return { code, text: envelopeText({ ok, command: 'check', summary, findings, next, artifacts }) }
  }
  const { paint, width } = output.layout
  const verdict = wrap(verdictOf(check), width, 0)
  const lines = [
    ...findingsText(findings, output.layout),
    ...(findings.length > 0 ? [''] : []),
    ok ? paint.good(verdict) : paint.bad(verdict),
    ...writtenLines(written, output.layout),
    ...next.map((step) => `  ${paint.dim('next')} ${step}`),
  ]
  return { code, text: lines.join('\n') }
}

export const checkCommand = (directory: string, options: CheckOptions, output: Output): Promise<Answer> =>
  withReportsOf({ command: 'check', directory, options, output }, async (reports) => {
    const check = await checked(directory, options, output)
    const written = await reports.ofFindings(check.findings, verdictOf(check))
    return checkAnswer(check, written, { directory, options, output })
  })
