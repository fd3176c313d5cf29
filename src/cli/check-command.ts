/** assay check. */
import { checkProject } from '../project/check-project.ts'
import { envelopeText } from '../report/envelope.ts'
import { findingsText } from '../report/findings.ts'
import type { ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import type { CommonOptions } from './run-command.ts'

export const checkCommand = async (
  directory: string,
  options: CommonOptions & { readonly against?: string | true },
  output: Output,
): Promise<ExitCode> => {
  const { against } = options
  const check = await checkProject({
    directory,
    ...(against === undefined ? {} : { against: against === true ? null : against }),
    ...(options.url === undefined ? {} : { url: options.url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  output.settle()
  const { ok, findings, rules, structures } = check
  if (options.json) {
    const next = ok ? [] : [`assay prove ${directory}`]
    output.result(envelopeText({ ok, command: 'check', summary: { rules, structures }, findings, next, artifacts: [] }))
  } else {
    const { paint, width } = output
    const verdict = ok
      ? paint.good(`The ledger covers all ${rules} rules and ${structures} structures.`)
      : paint.bad(`The ledger does not cover ${findings.length} thing${findings.length === 1 ? '' : 's'}.`)
    output.result([...findingsText(findings, { paint, width }), verdict].join('\n'))
  }
  return ok ? 0 : 1
}
