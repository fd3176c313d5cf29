/** assay score. */
import { appendFile } from 'node:fs/promises'
import { AssayError } from '../ground/errors.ts'
import { scoreProject, type SuiteWish } from '../project/score-project.ts'
import { namesSqlFiles } from '../project/suite-files.ts'
import { envelopeText } from '../report/envelope.ts'
import { markdownOfScore } from '../report/suite-score-markdown.ts'
import { suiteScoreText } from '../report/suite-score.ts'
import { scorePercent } from '../score/score-findings.ts'
import { countVerdicts, protectionOf, type ScoreResult } from '../score/score-result.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import { readyFile, writeReport } from './report-place.ts'
import type { ScoreOptions } from './score-options.ts'
import { nextOfScore } from './score-next.ts'
import { writtenLines } from './written-lines.ts'

const noSuite = (): AssayError =>
  new AssayError('It is not said which tests are to be judged.', {
    code: 'usage.no-suite',
    exit: 2,
    found: 'no --suite and no --sql-suite',
    mend: "Name the command that runs them, or their SQL files:\nassay score --suite 'npm test'\nassay score --suite 'tests/*.sql'",
  })

const suiteOf = ({ suite, sqlSuite }: ScoreOptions): SuiteWish => {
  if (sqlSuite !== undefined) return { sqlFiles: sqlSuite }
  if (suite === undefined || suite.trim() === '') throw noSuite()
  return namesSqlFiles(suite) ? { sqlFiles: [suite.trim()] } : { command: suite }
}

const summaryOf = (result: ScoreResult) => ({
  name: result.name,
  suite: result.suite,
  since: result.since && { ...result.since, gone: result.since.gone.map(({ id }) => id) },
  score: scorePercent(result.counts),
  mutants: result.counts,
  structures: result.structures.map((structure) => ({
    id: structure.id,
    protected: protectionOf(structure),
    mutants: countVerdicts(structure.mutants),
  })),
  leftOut: result.leftOut,
  workers: result.workers,
  resumed: result.resumed,
  seconds: result.seconds,
})

const interruptedText = (known: number, of: number): string =>
  known === 0
    ? 'Interrupted before the mutants. What an earlier run has found out is kept.'
    : `Interrupted: ${known} of ${of} mutants are judged, and kept. The same command goes on from there;\n--restart begins anew.`

/** The job's own summary on GitHub's runners. */
const appendSummary = async (text: string): Promise<void> => {
  const file = process.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (file !== '' && process.env['GITHUB_ACTIONS'] === 'true')
    await appendFile(file, text).catch(() => undefined)
}

export const scoreCommand = async (
  directory: string,
  options: ScoreOptions,
  output: Output,
): Promise<Answer> => {
  const { url, architecture, migrations, sql, extension, variable, markdown } = options
  const suite = suiteOf(options)
  if (markdown !== undefined) await readyFile('--markdown', markdown)
  const result = await scoreProject({
    directory,
    suite,
    ...(architecture === undefined ? {} : { architecture }),
    ...(migrations === undefined ? {} : { migrations }),
    ...(sql === undefined ? {} : { sql }),
    ...(extension === undefined ? {} : { extensions: extension }),
    ...(variable === undefined ? {} : { variables: variable }),
    before: options.before ?? [],
    workers: options.workers,
    limitSeconds: options.timeout ?? null,
    atLeast: options.atLeast ?? null,
    only: options.only ?? [],
    operators: options.operators ?? null,
    since: options.since ?? null,
    restart: options.restart === true,
    journal: options.journal ?? null,
    ...(url === undefined ? {} : { url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
    onInterrupted: (known, of) => {
      output.settle()
      output.fault(interruptedText(known, of))
    },
  })
  const text = markdownOfScore(result)
  const written = markdown === undefined ? [] : [await writeReport('--markdown', markdown, text)]
  await appendSummary(text)
  const ok = !result.findings.some(({ severity }) => severity === 'error')
  const code = ok ? 0 : 1
  const next = nextOfScore(directory, options, result)
  if (options.json) {
    const findings = result.findings.map(withPathsFromHere)
    const summary = summaryOf(result)
    const artifacts = written.map(fromHere)
    return { code, text: envelopeText({ ok, command: 'score', summary, findings, next, artifacts }) }
  }
  const { paint } = output.layout
  const lines = [
    ...writtenLines({ all: written, named: written }, output.layout),
    ...next.map((step) => `  ${paint.dim('next')} ${step}`),
  ]
  return { code, text: [suiteScoreText(result, output.layout), ...lines].join('\n') }
}
