/** assay migrate expand and contract. */
import { shellCommand } from '../ground/shell-word.ts'
import { contractProject, expandProject, type ArchitecturePhases } from '../project/expand-project.ts'
import { envelopeText } from '../report/envelope.ts'
import { expandText } from '../report/expand.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'
import { typed } from './placed.ts'
import { sameCommand } from './same-command.ts'

export interface ExpandOptions extends CommonOptions {
  readonly set?: readonly string[]
  readonly back?: readonly string[]
  readonly fill?: readonly string[]
  readonly move?: readonly string[]
  readonly only?: readonly string[]
  readonly keep?: string
  readonly serverVersion?: string
  readonly dryRun?: boolean
}

const answer = (
  command: string,
  directory: string,
  found: readonly ArchitecturePhases[],
  options: ExpandOptions,
  output: Output,
): Answer => {
  const dryRun = options.dryRun === true
  const findings = found.flatMap(({ architecture, findings: own }) =>
    own.map((finding) => ({
      ...withPathsFromHere(finding),
      ...(found.length > 1 ? { architecture } : {}),
    })),
  )
  const ok = !findings.some(({ severity }) => severity === 'error')
  const isWritten = found.some(({ phases }) => phases.length > 0)
  const place = directory === '.' ? [] : [directory]
  const asGiven = process.argv.slice(2).filter((word) => word !== '--dry-run')
  const test = shellCommand('npx', 'assay', 'migrate', 'test', ...place)
  // Where nothing is written a finding may name the command that would write it.
  const named = findings.flatMap(({ fix }) => fix.split('\n').filter((line) => line.startsWith('assay ')))
  const next = isWritten ? [dryRun ? sameCommand(asGiven) : test] : [...new Set(named)].map(typed)
  const code = ok ? 0 : 1
  if (options.json === true) {
    const all = found.map(({ architecture, phases, rules }) => ({
      architecture,
      dryRun,
      rules,
      phases: phases.map(({ name, shape, says, phase, files }) => ({
        name,
        change: shape,
        says,
        phase,
        ...(dryRun ? { files } : {}),
      })),
    }))
    const [first] = all
    const summary = all.length === 1 && first ? first : { architectures: all }
    const artifacts = found.flatMap(({ written }) => written).map(fromHere)
    return {
      code,
      text: envelopeText({ ok, command: `migrate ${command}`, summary, findings, next, artifacts }),
    }
  }
  const layout = { ...output.layout, dryRun, place: fromHere }
  const texts = found.map((one) =>
    expandText({ ...one, findings: one.findings.map(withPathsFromHere) }, layout),
  )
  const { paint } = output.layout
  return {
    code,
    text: [texts.join('\n\n'), ...next.map((step) => `  ${paint.dim('next')} ${step}`)].join('\n'),
  }
}

const common = ({ url, only = [], dryRun = false }: ExpandOptions, { onProgress }: Output) => ({
  only,
  dryRun,
  ...(url === undefined ? {} : { url }),
  ...(onProgress ? { onProgress } : {}),
})

export const expandCommand = async (
  directory: string,
  options: ExpandOptions,
  output: Output,
): Promise<Answer> => {
  const { set = [], back = [], fill = [], move = [] } = options
  const { serverVersion } = options
  const found = await expandProject({
    directory,
    set,
    back,
    fill,
    move,
    ...(serverVersion === undefined ? {} : { serverVersion: Number(serverVersion) }),
    ...common(options, output),
  })
  return answer('expand', directory, found, options, output)
}

export const contractCommand = async (
  directory: string,
  options: ExpandOptions,
  output: Output,
): Promise<Answer> => {
  const found = await contractProject({
    directory,
    keep: options.keep ?? '30 days',
    ...common(options, output),
  })
  return answer('contract', directory, found, options, output)
}
