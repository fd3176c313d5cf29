/** assay adopt. */
import { join } from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { adoptProject, type AdoptOutcome } from '../project/adopt-project.ts'
import { sourceText, type AdoptSource } from '../project/adopt-source.ts'
import type { PlatformName } from '../project/presets/presets.ts'
import { isError } from '../project/prove-project.ts'
import { envelopeText } from '../report/envelope.ts'
import { findingsText } from '../report/findings.ts'
import type { Finding } from '../prove/result.ts'
import { printable, wrap } from '../report/printable.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import { tellInterruption } from './tell-interruption.ts'

export interface AdoptOptions {
  readonly url?: string
  readonly sql?: readonly string[]
  readonly migrations?: string
  readonly out: string
  readonly name?: string
  readonly platform?: PlatformName
  readonly before?: readonly string[]
  readonly variable?: ReadonlyMap<string, string>
  readonly dryRun?: boolean
  readonly json?: boolean
}

const noSource = (): AssayError =>
  new AssayError('It is not said which database shall be adopted.', {
    code: 'usage.no-source',
    exit: 2,
    found: 'none of --url, --sql and --migrations',
    mend: `Name one:\nnpx assay adopt --url postgres://user@host/database --out shop\nnpx assay adopt --sql schema.sql --out shop\nnpx assay adopt --migrations db/migrations --out shop`,
  })

const noName = (): AssayError =>
  new AssayError('The name of the architecture is empty.', {
    code: 'usage.no-name',
    exit: 2,
    mend: 'Give one, such as --name shop, or leave --name out.',
  })

const sourceOf = ({ url, sql, migrations }: AdoptOptions): AdoptSource => {
  if (url !== undefined) return { kind: 'url', url }
  if (sql !== undefined) return { kind: 'sql', files: sql }
  if (migrations !== undefined) return { kind: 'migrations', directory: migrations }
  throw noSource()
}

const nextSteps = (
  source: AdoptSource,
  { directory, isInstalled }: AdoptOutcome,
  { dryRun = false, out, name, platform, before = [], variable = new Map() }: AdoptOptions,
): readonly string[] => {
  if (dryRun) {
    const from =
      source.kind === 'url'
        ? ['--url', sourceText(source)]
        : source.kind === 'sql'
          ? ['--sql', ...source.files]
          : ['--migrations', source.directory]
    const more = [
      ...(name === undefined ? [] : ['--name', name]),
      ...(platform === undefined ? [] : ['--platform', platform]),
      ...(before.length === 0 ? [] : ['--before', ...before]),
      ...[...variable].flatMap(([key, value]) => ['--variable', `${key}=${value}`]),
      ...(out === '.' ? [] : ['--out', out]),
    ]
    return [shellCommand('npx', 'assay', 'adopt', ...from, ...more)]
  }
  const place = fromHere(directory)
  const install = isInstalled ? [] : ['npm install --save-dev assay']
  return [...install, shellCommand('npx', 'assay', 'prove', ...(place === '.' ? [] : [place]))]
}

const lineCount = (text: string): number => text.split('\n').length - 1

/** All files of a kind in one line: an architecture may have hundreds. */
const fileLines = (outcome: AdoptOutcome, dryRun: boolean, { layout }: Output): readonly string[] => {
  const { paint } = layout
  const state = dryRun ? 'would be written' : 'written'
  return outcome.files.map(
    ({ path, text }) =>
      `  ${paint.strong(printable(fromHere(join(outcome.directory, path))))} ${paint.dim(`${lineCount(text)} lines ${state}`)}`,
  )
}

const counted = (n: number, one: string): string => `${n} ${n === 1 ? one : `${one}s`}`

/** What the baseline does not make as the database has it, and not what is wrong with the database itself. */
const isUnequal = ({ code }: Finding): boolean => code.startsWith('adopt.baseline-')

const isLeftOut = ({ code }: Finding): boolean =>
  code === 'adopt.left-out' || code === 'adopt.needs-superuser' || code === 'adopt.extension-missing'

/** Never looks as if all were there when something was left out. */
const lastWords = (
  findings: readonly Finding[],
  dryRun: boolean,
  { layout: { paint, width } }: Output,
): readonly string[] => {
  const errors = findings.filter(isError)
  const unequal = errors.filter(isUnequal)
  const own = errors.length - unequal.length
  const adopted =
    unequal.length > 0
      ? paint.bad(
          `${counted(unequal.length, 'thing')} could not be adopted as ${unequal.length === 1 ? 'it is' : 'they are'}.`,
        )
      : dryRun
        ? paint.good('Nothing was written: --dry-run.')
        : findings.some(isLeftOut)
          ? paint.good(
              wrap(
                'The baseline makes the rest again, without what was left out above. Ready to prove.',
                width,
                0,
              ),
            )
          : paint.good('The baseline makes the same database again. Ready to prove.')
  return own === 0
    ? [adopted]
    : [
        adopted,
        paint.bad(`${counted(own, 'thing')} of the database itself ${own === 1 ? 'wants' : 'want'} a mend.`),
      ]
}

const report = (
  outcome: AdoptOutcome,
  source: AdoptSource,
  next: readonly string[],
  { dryRun = false }: AdoptOptions,
  output: Output,
): string => {
  const { paint } = output.layout
  const findings = outcome.findings.map(withPathsFromHere)
  const errors = findings.filter(isError)
  const others = findings.filter((finding) => !isError(finding))
  const part = (title: string, some: typeof findings): readonly string[] =>
    some.length === 0 ? [] : ['', paint.strong(title), ...findingsText(some, output.layout)]
  const said = lastWords(findings, dryRun, output)
  return [
    `${paint.strong(printable(outcome.name))} from ${printable(sourceText(source))}: ${counted(outcome.tables, 'table')}, ${counted(outcome.structures, 'structure')}`,
    ...fileLines(outcome, dryRun, output),
    ...part('To know', others),
    ...part('To do', errors),
    '',
    ...said,
    ...next.map((step) => `  ${paint.dim('next')} ${step}`),
  ].join('\n')
}

export const adoptCommand = async (options: AdoptOptions, output: Output): Promise<Answer> => {
  const { out, name, platform, before = [], variable, dryRun = false } = options
  const source = sourceOf(options)
  if (name?.trim() === '') throw noName()
  const takeBack = tellInterruption(output)
  const outcome = await adoptProject({
    source,
    directory: out,
    before,
    dryRun,
    ...(name === undefined ? {} : { name }),
    ...(platform === undefined ? {} : { platform }),
    ...(variable === undefined ? {} : { variables: variable }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  }).finally(takeBack)
  const next = nextSteps(source, outcome, options)
  const ok = !outcome.findings.some(isError)
  const code = ok ? 0 : 1
  if (!options.json) return { code, text: report(outcome, source, next, options, output) }
  const files = outcome.files.map(({ path, text }) => ({
    path: fromHere(join(outcome.directory, path)),
    lines: lineCount(text),
    ...(dryRun ? { text } : {}),
  }))
  const summary = {
    architecture: outcome.name,
    directory: fromHere(outcome.directory),
    dryRun,
    tables: outcome.tables,
    structures: outcome.structures,
    files,
  }
  const findings = outcome.findings.map(withPathsFromHere)
  const artifacts = outcome.written.map(fromHere)
  return { code, text: envelopeText({ ok, command: 'adopt', summary, findings, next, artifacts }) }
}
