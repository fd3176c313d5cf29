/** assay init. */
import { shellCommand } from '../ground/shell-word.ts'
import { initProject, type InitOutcome } from '../project/init-project.ts'
import { envelopeText } from '../report/envelope.ts'
import { printable } from '../report/printable.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere } from './paths.ts'

export interface InitOptions {
  readonly json?: boolean
  readonly dryRun?: boolean
}

/** Commands in their order: Assay first, where package.json does not name it yet. */
const nextSteps = (
  directory: string,
  { isInstalled }: InitOutcome,
  { dryRun = false }: InitOptions,
): readonly string[] => {
  const place = directory === '.' ? [] : [directory]
  if (dryRun) return [shellCommand('npx', 'assay', 'init', ...place)]
  const install = isInstalled ? [] : ['npm install --save-dev assay']
  return [...install, shellCommand('npx', 'assay', 'prove', ...place)]
}

const indented = (text: string): string =>
  printable(text)
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')

export const initCommand = (directory: string, options: InitOptions, output: Output): Promise<Answer> => {
  const { dryRun = false } = options
  const outcome = initProject({ directory, dryRun })
  const next = nextSteps(directory, outcome, options)
  const made = outcome.files.filter((file) => !file.unchanged)
  if (options.json) {
    const files = outcome.files.map(({ path, text, unchanged }) => ({
      path: fromHere(path),
      unchanged,
      text,
    }))
    const summary = { directory: fromHere(outcome.directory), dryRun, files }
    const artifacts = dryRun ? [] : made.map(({ path }) => fromHere(path))
    return Promise.resolve({
      code: 0,
      text: envelopeText({ ok: true, command: 'init', summary, findings: [], next, artifacts }),
    })
  }
  const { paint } = output.layout
  const blocks = outcome.files.map(({ path, text, unchanged }) => {
    const state = unchanged ? 'there already' : dryRun ? 'would be written' : 'written'
    const head = `${paint.strong(printable(fromHere(path)))} ${paint.dim(state)}`
    return dryRun && !unchanged ? `${head}\n\n${indented(text)}\n` : head
  })
  const said =
    made.length === 0
      ? 'Nothing is left to write.'
      : dryRun
        ? 'Nothing was written: --dry-run.'
        : 'One table, one rule, one migration: ready to prove.'
  const steps = next.map((step) => `  ${paint.dim('next')} ${step}`)
  return Promise.resolve({ code: 0, text: [...blocks, '', paint.good(said), ...steps].join('\n') })
}
