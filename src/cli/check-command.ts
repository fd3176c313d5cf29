/** assay check. */
import { shellCommand } from '../ground/shell-word.ts'
import { checkProject, type ProjectCheck } from '../project/check-project.ts'
import { envelopeText } from '../report/envelope.ts'
import { findingsText } from '../report/findings.ts'
import { wrap } from '../report/printable.ts'
import { directorySlip } from './directory-slip.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { withPathsFromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'

type CheckOptions = CommonOptions & { readonly against?: string | true }

const verdictOf = ({ ok, findings, rules, structures, against }: ProjectCheck): string => {
  if (!ok)
    return `${findings.length} thing${findings.length === 1 ? ' needs' : 's need'} a proof or a reviewer.`
  const since = against === null ? '' : `; no rule asks less than at ${against}`
  return `The ledger covers all ${rules} rules and ${structures} structures${since}.`
}

export const checkCommand = async (
  directory: string,
  options: CheckOptions,
  output: Output,
): Promise<Answer> => {
  const { against, url } = options
  const check = await checkProject({
    directory,
    ...(against === undefined ? {} : { against: against === true ? null : against }),
    ...(url === undefined ? {} : { url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  }).catch((cause: unknown) => {
    throw directorySlip('check', '--against', typeof against === 'string' ? [against] : [], cause)
  })
  const { ok, rules, structures } = check
  const code = ok ? 0 : 1
  const findings = check.findings.map(withPathsFromHere)
  const next = ok ? [] : [shellCommand('npx', 'assay', 'prove', ...(directory === '.' ? [] : [directory]))]
  if (options.json) {
    const summary = { rules, structures, against: check.against }
    return { code, text: envelopeText({ ok, command: 'check', summary, findings, next, artifacts: [] }) }
  }
  const { paint, width } = output.layout
  const verdict = wrap(verdictOf(check), width, 0)
  const lines = [
    ...findingsText(findings, output.layout),
    ...(findings.length > 0 ? [''] : []),
    ok ? paint.good(verdict) : paint.bad(verdict),
    ...next.map((step) => `  ${paint.dim('next')} ${step}`),
  ]
  return { code, text: lines.join('\n') }
}
