/** assay lint. */
import { lintProject, type LintResult } from '../project/lint-project.ts'
import type { Finding } from '../prove/result.ts'
import { annotationLines } from '../report/annotations.ts'
import { envelopeText } from '../report/envelope.ts'
import { lintText, lintVerdict } from '../report/lint-text.ts'
import { asReported, looseFinding } from '../report/reported-finding.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import { withReportsOf } from './report-files.ts'
import { fromRoot, repositoryOf } from './report-place.ts'
import { withPlace, type RunPlace } from './placed.ts'
import type { CommonOptions } from './run-command.ts'
import { writtenLines } from './written-lines.ts'

export interface LintOptions extends CommonOptions {
  readonly config: string
  readonly migrations?: string
  readonly extension?: readonly string[]
  readonly since?: string
  readonly sarif?: string
  readonly markdown?: string
  readonly annotations?: boolean
}

const summaryOf = ({ major, migrations, since, known, allowed }: LintResult) => ({
  postgresql: major,
  since,
  known,
  allowed,
  migrations: migrations.map((migration) => ({ ...migration, file: fromHere(migration.file) })),
})

const withPaths = (result: LintResult, place: RunPlace): LintResult => ({
  ...result,
  migrations: result.migrations.map((migration) => ({ ...migration, file: fromHere(migration.file) })),
  findings: result.findings.map((finding) => withPlace(withPathsFromHere(finding), place)),
})

/** Reports and annotations stand at what is committed: at the file that a person wrote. */
const atSources = ({ findings, sources }: LintResult): readonly Finding[] =>
  findings.map((finding) => {
    const source = finding.where === undefined ? undefined : sources.get(finding.where.file)
    if (source === undefined || finding.where === undefined) return finding
    return {
      ...finding,
      summary: `${finding.summary} (line ${finding.where.line} of its SQL)`,
      where: { file: source, line: 1 },
    }
  })

export const lintCommand = (
  files: readonly string[],
  options: LintOptions,
  output: Output,
): Promise<Answer> => {
  const { config, migrations, extension, since, url, json } = options
  const asked = { command: 'lint', directory: config, options, output }
  return withReportsOf(asked, async (reports) => {
    const found = await lintProject({
      directory: config,
      files,
      since: since ?? null,
      ...(migrations === undefined ? {} : { migrations }),
      ...(extension === undefined ? {} : { extensions: extension }),
      ...(url === undefined ? {} : { url }),
      ...(output.onProgress ? { onProgress: output.onProgress } : {}),
    })
    const result = withPaths(found, { directory: config })
    const { ok, findings } = result
    const committed = atSources(found)
    const code = ok ? 0 : 1
    const written = await reports.ofFindings(committed, lintVerdict(result))
    if (json === true) {
      const envelope = {
        ok,
        command: 'lint',
        summary: summaryOf(result),
        findings,
        next: result.next,
        artifacts: written.all.map(fromHere),
      }
      return { code, text: envelopeText(envelope) }
    }
    if (options.annotations === true) {
      const shown = fromRoot(repositoryOf(config))
      const reported = committed.map((finding) => asReported(looseFinding(finding), shown))
      return { code, text: annotationLines(reported, 'lint').join('\n') }
    }
    const text = lintText(result, output.layout)
    return { code, text: [text, ...writtenLines(written, output.layout)].join('\n') }
  })
}
