/** assay validate. */
import { shellCommand } from '../ground/shell-word.ts'
import { validateProject } from '../project/validate-project.ts'
import type { ValidateResult } from '../queries/result.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { proofOfValidation } from '../report/validated-proof.ts'
import { validateText } from '../report/validate.ts'
import { directorySlip } from './directory-slip.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'
import { tellInterruption } from './tell-interruption.ts'
import { writtenLines } from './written-lines.ts'

export interface ValidateOptions extends CommonOptions {
  readonly only?: readonly string[]
  readonly rows?: readonly string[]
  readonly sweep?: boolean
  /** Directory of the report's pages. */
  readonly report?: string
}

/** The page to open first. Loaded when it is asked for: the pages weigh more than all the rest. */
const writePages = async (
  directory: string,
  results: readonly ValidateResult[],
  only: readonly string[],
): Promise<readonly string[]> => {
  const { writeSite } = await import('../report/write-site.ts')
  return writeSite(directory, proofOfValidation(results, only))
}

export const validateCommand = async (
  directory: string,
  options: ValidateOptions,
  output: Output,
): Promise<Answer> => {
  const { url, only = [], rows = [], sweep = false, report } = options
  if (report !== undefined) await (await import('../report/write-site.ts')).readySite(report)
  const takeBack = tellInterruption(output)
  const results = await validateProject({
    directory,
    only,
    rows,
    sweep,
    ...(url === undefined ? {} : { url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
    .catch((cause: unknown) => {
      throw directorySlip('validate', '--only', only, cause)
    })
    .finally(takeBack)
  const findings = results.flatMap(({ architecture, findings: own }) =>
    own.map((finding): EnvelopeFinding => ({
      ...withPathsFromHere(finding),
      ...(results.length > 1 ? { architecture } : {}),
    })),
  )
  const written = report === undefined ? [] : await writePages(report, results, only)
  const ok = !findings.some(({ severity }) => severity === 'error')
  const code = ok ? 0 : 1
  if (options.json) {
    const all = results.map(({ architecture, calibration, rows, queries, writes, indexes }) => ({
      architecture,
      calibration,
      rows,
      queries,
      writes,
      indexes,
    }))
    const summary = all.length === 1 ? all[0] : { architectures: all }
    return {
      code,
      text: envelopeText({
        ok,
        command: 'validate',
        summary,
        findings,
        next: findings.some(({ code: one }) => one === 'query.over-budget')
          ? [shellCommand('npx', 'assay', 'advise', ...(directory === '.' ? [] : [directory]))]
          : [],
        artifacts: written.map(fromHere),
      }),
    }
  }
  const text = results.map((result) =>
    validateText({ ...result, findings: result.findings.map(withPathsFromHere) }, output.layout),
  )
  const pages = writtenLines({ all: written, named: written.slice(0, 1) }, output.layout)
  return { code, text: [text.join('\n\n'), ...pages].join('\n') }
}
