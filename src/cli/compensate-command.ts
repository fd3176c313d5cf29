/** assay migrate compensate. */
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { compensateProject } from '../project/compensate-project.ts'
import { compensationText } from '../report/compensation.ts'
import { envelopeText } from '../report/envelope.ts'
import type { Answer } from './exit-code.ts'
import { split } from './migrate-test-command.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'

export interface CompensateOptions extends CommonOptions {
  readonly name?: string
  readonly loses?: readonly string[]
  readonly architecture?: string
  readonly dryRun?: boolean
}

const several = (names: readonly string[]): AssayError =>
  new AssayError('One migration is taken back at a time.', {
    code: 'usage.one-migration',
    exit: 2,
    asked: names.join(' '),
    found: `${names.length} names`,
    mend: `Begin with the last of them: ${shellCommand('assay', 'migrate', 'compensate', names.at(-1) ?? '')}`,
  })

export const compensateCommand = async (
  given: readonly string[],
  options: CompensateOptions,
  output: Output,
): Promise<Answer> => {
  const { directory, names } = split(given)
  if (names.length > 1) throw several(names)
  const { url, name, architecture, loses = [], dryRun = false, json } = options
  const result = await compensateProject({
    directory,
    takesBack: names[0] ?? null,
    name: name ?? null,
    loses,
    dryRun,
    ...(architecture === undefined ? {} : { architecture }),
    ...(url === undefined ? {} : { url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  const { ok, written, text, losses } = result
  const code = ok ? 0 : 1
  const place = directory === '.' ? [] : [directory]
  const next =
    written.length === 0 ? [] : [shellCommand('npx', 'assay', 'migrate', 'test', ...place, result.name)]
  const findings = result.findings.map(withPathsFromHere)
  if (json) {
    const summary = {
      architecture: result.architecture,
      name: result.name,
      takesBack: result.takesBack,
      loses: losses.map(({ what }) => what),
      dryRun,
      tool: result.tool,
      ...(written.length === 0 ? { up: text } : {}),
    }
    const artifacts = written.map(fromHere)
    return {
      code,
      text: envelopeText({ ok, command: 'migrate compensate', summary, findings, next, artifacts }),
    }
  }
  const { paint } = output.layout
  const told = compensationText({ ...result, findings }, { ...output.layout, place: fromHere })
  return { code, text: [told, ...next.map((step) => `  ${paint.dim('next')} ${step}`)].join('\n') }
}
