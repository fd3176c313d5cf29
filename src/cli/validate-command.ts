/** assay validate. */
import { validateProject } from '../project/validate-project.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { validateText } from '../report/validate.ts'
import { directorySlip } from './directory-slip.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { withPathsFromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'

export interface ValidateOptions extends CommonOptions {
  readonly only?: readonly string[]
  readonly rows?: readonly string[]
}

export const validateCommand = async (
  directory: string,
  options: ValidateOptions,
  output: Output,
): Promise<Answer> => {
  const { url, only = [], rows = [] } = options
  const results = await validateProject({
    directory,
    only,
    rows,
    ...(url === undefined ? {} : { url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  }).catch((cause: unknown) => {
    throw directorySlip('validate', '--only', only, cause)
  })
  const findings = results.flatMap(({ architecture, findings: own }) =>
    own.map((finding): EnvelopeFinding => ({
      ...withPathsFromHere(finding),
      ...(results.length > 1 ? { architecture } : {}),
    })),
  )
  const ok = !findings.some(({ severity }) => severity === 'error')
  const code = ok ? 0 : 1
  if (options.json) {
    const all = results.map(({ architecture, calibration, rows, queries, indexes }) => ({
      architecture,
      calibration,
      rows,
      queries,
      indexes,
    }))
    const summary = all.length === 1 ? all[0] : { architectures: all }
    return {
      code,
      text: envelopeText({ ok, command: 'validate', summary, findings, next: [], artifacts: [] }),
    }
  }
  const text = results.map((result) =>
    validateText({ ...result, findings: result.findings.map(withPathsFromHere) }, output.layout),
  )
  return { code, text: text.join('\n\n') }
}
