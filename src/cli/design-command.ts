/** assay design. */
import { shellCommand } from '../ground/shell-word.ts'
import { designProject, type ArchitectureDesign, type ProjectDesign } from '../project/design-project.ts'
import { designText } from '../report/design.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { directorySlip } from './directory-slip.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'

export interface DesignOptions extends CommonOptions {
  readonly name?: string
  readonly only?: readonly string[]
  readonly drop?: boolean
  readonly dryRun?: boolean
  readonly direct?: boolean
  readonly online?: boolean
  readonly into?: string
}

const findingsOf = ({ designs }: ProjectDesign): readonly EnvelopeFinding[] =>
  designs.flatMap(({ architecture, findings }) =>
    findings.map((finding) => ({
      ...withPathsFromHere(finding),
      ...(designs.length > 1 ? { architecture } : {}),
    })),
  )

const summaryOf = (
  { architecture, tool, directory, files, migrations, red, green, hasDown }: ArchitectureDesign,
  dryRun: boolean,
) => ({
  architecture,
  directory: directory === null ? null : fromHere(directory),
  ...(tool === null ? {} : { tool }),
  dryRun,
  red,
  green,
  migrations: migrations.map(({ name, rules, destroys, up, down, isForward }) => ({
    name,
    rules,
    destroys,
    ...(dryRun ? { up, ...(hasDown && !isForward ? { down } : {}) } : {}),
  })),
  ...(dryRun && tool !== null
    ? { files: files.map(({ file, text }) => ({ file: fromHere(file), text })) }
    : {}),
})

const nextSteps = (
  { designs, dryRun }: ProjectDesign,
  directory: string,
  { name, drop, direct, online, into, only = [] }: DesignOptions,
): readonly string[] => {
  const place = directory === '.' ? [] : [directory]
  if (designs.every(({ migrations }) => migrations.length === 0)) return []
  if (!dryRun)
    return [['prove'], ['migrate', 'test']].map((words) => shellCommand('npx', 'assay', ...words, ...place))
  const again = [
    ...(name === undefined ? [] : ['--name', name]),
    ...(drop ? ['--drop'] : []),
    ...(direct ? ['--direct'] : []),
    ...(online ? ['--online'] : []),
    ...(into === undefined ? [] : ['--into', into]),
    ...(only.length === 0 ? [] : ['--only', ...only]),
  ]
  return [shellCommand('npx', 'assay', 'design', ...place, ...again)]
}

export const designCommand = async (
  directory: string,
  options: DesignOptions,
  output: Output,
): Promise<Answer> => {
  const { url, name, only = [], drop = false, dryRun = false, direct = false, online = false, into } = options
  const project = await designProject({
    directory,
    name: name ?? null,
    only,
    drop,
    form: direct ? 'direct' : online ? 'online' : null,
    into: into ?? null,
    dryRun,
    ...(url === undefined ? {} : { url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  }).catch((cause: unknown) => {
    throw directorySlip('design', '--only', only, cause)
  })
  const findings = findingsOf(project)
  const ok = !findings.some(({ severity }) => severity === 'error')
  const code = ok ? 0 : 1
  const next = nextSteps(project, directory, options)
  if (options.json) {
    const artifacts = project.designs.flatMap(({ written }) => written).map(fromHere)
    const [first] = project.designs
    const all = project.designs.map((design) => summaryOf(design, dryRun))
    const summary = all.length === 1 && first ? all[0] : { dryRun, architectures: all }
    return { code, text: envelopeText({ ok, command: 'design', summary, findings, next, artifacts }) }
  }
  const { paint } = output.layout
  const layout = { ...output.layout, dryRun, place: fromHere }
  const text = project.designs.map((design) =>
    designText({ ...design, findings: design.findings.map(withPathsFromHere) }, layout),
  )
  return {
    code,
    text: [text.join('\n\n'), ...next.map((step) => `  ${paint.dim('next')} ${step}`)].join('\n'),
  }
}
