/** assay advise. */
import { adviseLive } from '../project/advise-live.ts'
import { adviseProject } from '../project/advise-project.ts'
import type { AdviceResult } from '../queries/advise/result.ts'
import { adviceText } from '../report/advice.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { directorySlip } from './directory-slip.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { withPathsFromHere } from './paths.ts'
import { tellInterruption } from './tell-interruption.ts'
import type { CommonOptions } from './run-command.ts'

export interface AdviseOptions extends CommonOptions {
  readonly only?: readonly string[]
  readonly rows?: readonly string[]
  readonly all?: boolean
  readonly storage?: string
  readonly writes?: string
  readonly architecture?: string
}

const adviceFor = async (
  directory: string,
  options: AdviseOptions,
  { onProgress }: Output,
): Promise<readonly AdviceResult[]> => {
  const { only = [], rows = [], all = false, storage, writes, url, architecture } = options
  const wish = { ...(storage === undefined ? {} : { storage }), ...(onProgress ? { onProgress } : {}) }
  if (url !== undefined) {
    const named = architecture === undefined ? {} : { architecture }
    return [await adviseLive({ directory, url, ...named, ...wish })]
  }
  const own = { directory, only, rows, isForAll: all, ...(writes === undefined ? {} : { writes }) }
  return adviseProject({ ...own, ...wish }).catch((cause: unknown) => {
    throw directorySlip('advise', '--only', only, cause)
  })
}

export const adviseCommand = async (
  directory: string,
  options: AdviseOptions,
  output: Output,
): Promise<Answer> => {
  const takeBack = tellInterruption(output)
  const results = await adviceFor(directory, options, output).finally(takeBack)
  const findings = results.flatMap(({ architecture, findings: own }) =>
    own.map((finding): EnvelopeFinding => ({
      ...withPathsFromHere(finding),
      ...(results.length > 1 ? { architecture } : {}),
    })),
  )
  const ok = !findings.some(({ severity }) => severity === 'error')
  const code = ok ? 0 : 1
  if (!options.json) {
    const texts = results.map((result) =>
      adviceText({ ...result, findings: result.findings.map(withPathsFromHere) }, output.layout),
    )
    return { code, text: texts.join('\n\n') }
  }
  const told = results.map(({ findings: _findings, ...summary }) => summary)
  const summary = told.length === 1 ? told[0] : { architectures: told }
  const isDeclared = ({ structures, calls }: AdviceResult): boolean =>
    structures.some(({ rule }) => rule !== null) || calls.some(({ mend }) => mend?.rule != null)
  const next = results.some((one) => isDeclared(one) || one.rewrites.length > 0)
    ? ['npx assay design', 'npx assay validate']
    : []
  return { code, text: envelopeText({ ok, command: 'advise', summary, findings, next, artifacts: [] }) }
}
