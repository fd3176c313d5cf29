/** assay export. */
import { parse as pathParts, format as pathOf } from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { exportProject, type ExportedArchitecture } from '../project/export-project.ts'
import { envelopeText } from '../report/envelope.ts'
import { exportedChecks } from '../report/exported-checks.ts'
import { pgtapSuite } from '../report/pgtap.ts'
import { sqlScript } from '../report/sql-script.ts'
import { directorySlip } from './directory-slip.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere } from './paths.ts'
import { readyFile, writeReport } from './report-place.ts'
import type { CommonOptions } from './run-command.ts'
import { writtenLines } from './written-lines.ts'

export interface ExportOptions extends CommonOptions {
  readonly pgtap?: boolean
  readonly sql?: boolean
  readonly out?: string
  readonly only?: readonly string[]
}

const noForm = (directory: string): AssayError =>
  new AssayError('It is not said what the experiments shall be exported as.', {
    code: 'usage.no-form',
    exit: 2,
    found: 'neither --pgtap nor --sql',
    mend: `Name one:\n${shellCommand('npx', 'assay', 'export', directory, '--sql')}\n${shellCommand('npx', 'assay', 'export', directory, '--pgtap')}`,
  })

const noFile = (names: readonly string[], directory: string, form: string): AssayError =>
  new AssayError(`A script is for one database, and there are ${names.length}: ${names.join(', ')}.`, {
    code: 'usage.several-architectures',
    exit: 2,
    mend: `Name a file; each architecture is written beside it with its name:\n${shellCommand('npx', 'assay', 'export', directory, form, '--out', 'experiments.sql')}`,
  })

/** `experiments.sql` for the only one, `experiments.shop.sql` for one of several. */
const fileOf = (out: string, name: string, isOnly: boolean): string => {
  if (isOnly) return out
  const { dir, name: stem, ext } = pathParts(out)
  return pathOf({ dir, base: `${stem}.${encodeURIComponent(name)}${ext}` })
}

const summaryOf = (exported: ExportedArchitecture, script: string | null): object => {
  const { checked, skipped } = exportedChecks(exported)
  return {
    architecture: exported.name,
    postgres: exported.major,
    experiments: checked,
    skipped,
    ...(script === null ? {} : { script }),
  }
}

const toldLine = (exported: ExportedArchitecture): string => {
  const { checked, skipped } = exportedChecks(exported)
  const left = skipped.length === 0 ? '' : `, ${skipped.length} left out, each with its reason in the script`
  return `${exported.name}: ${checked} experiments for PostgreSQL ${exported.major}${left}`
}

export const exportCommand = async (
  directory: string,
  options: ExportOptions,
  output: Output,
): Promise<Answer> => {
  const { url, only = [], out, pgtap = false, sql = false } = options
  if (!pgtap && !sql) throw noForm(directory)
  if (out !== undefined) await readyFile('--out', out)
  const exported = await exportProject({
    directory,
    only,
    ...(url === undefined ? {} : { url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  }).catch((cause: unknown) => {
    throw directorySlip('export', '--only', only, cause)
  })
  const isOnly = exported.length === 1
  if (out === undefined && !isOnly)
    throw noFile(
      exported.map(({ name }) => name),
      directory,
      pgtap ? '--pgtap' : '--sql',
    )
  const scripts = exported.map(pgtap ? pgtapSuite : sqlScript)
  const files: string[] = []
  if (out !== undefined) {
    for (const [i, { name }] of exported.entries())
      files.push(await writeReport('--out', fileOf(out, name, isOnly), scripts[i] ?? ''))
  }
  if (options.json) {
    const summary = {
      architectures: exported.map((one, i) => summaryOf(one, out === undefined ? (scripts[i] ?? '') : null)),
    }
    const artifacts = files.map(fromHere)
    const text = envelopeText({ ok: true, command: 'export', summary, findings: [], next: [], artifacts })
    return { code: 0, text }
  }
  if (out === undefined) return { code: 0, text: scripts.join('') }
  const lines = [...exported.map(toldLine), ...writtenLines({ all: files, named: files }, output.layout)]
  return { code: 0, text: lines.join('\n') }
}
