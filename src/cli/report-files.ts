/**
 * From options to files: the reports of a proof, of findings, and of what kept a command from coming to a result. On
 * GitHub's runners also the job's summary, and annotations on stderr: stdout has the result and nothing else.
 */
import { appendFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { findConfig } from '../project/find-config.ts'
import type { ProofCommand, ProjectProof } from '../project/prove-project.ts'
import { annotation, annotationLines } from '../report/annotations.ts'
import { faultFinding, faultsOf } from '../report/faults.ts'
import { junitOfFindings, junitOfProof } from '../report/junit.ts'
import { markdownOfFindings, markdownOfProof } from '../report/markdown.ts'
import type { EnvelopeFinding } from '../report/envelope.ts'
import {
  looseFinding,
  reportedFindings,
  asReported,
  type ReportedFinding,
} from '../report/reported-finding.ts'
import { sarifText } from '../report/sarif.ts'
import type { Output } from './output.ts'
import type { ReportOptions } from './report-options.ts'
import type { Written } from './written-lines.ts'
import { fromRoot, readyFile, repositoryOf, writeReport } from './report-place.ts'
import { version } from './version.ts'

interface Asked {
  readonly command: string
  readonly directory: string
  readonly options: ReportOptions
  readonly output: Pick<Output, 'fault'>
}

export interface Reports {
  readonly ofProof: (command: ProofCommand, proof: ProjectProof) => Promise<Written>
  readonly ofFindings: (findings: readonly EnvelopeFinding[], verdict: string) => Promise<Written>
}

/** The same result in every form. */
interface Told {
  readonly findings: readonly ReportedFinding[]
  readonly faults: readonly ReportedFinding[]
  readonly junit: () => string
  readonly markdown: () => string
}

const isOnGitHub = (): boolean => process.env['GITHUB_ACTIONS'] === 'true'

const fileOptions = ['junit', 'markdown', 'sarif'] as const

const twice = (file: string): AssayError =>
  new AssayError(`Two reports shall be written to ${file}.`, {
    code: 'usage.report-twice',
    exit: 2,
    why: 'one would be lost',
    mend: 'Name a file of its own for each of --junit, --markdown and --sarif.',
  })

const refuseSameFile = (options: ReportOptions): void => {
  const files = fileOptions.flatMap((option) => options[option] ?? []).map((file) => resolve(file))
  const again = files.find((file, i) => files.indexOf(file) !== i)
  if (again !== undefined) throw twice(again)
}

/** A summary that cannot be written is no fault of the proof. */
const appendSummary = async (text: string, { fault }: Pick<Output, 'fault'>): Promise<void> => {
  const file = process.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (file === '' || !isOnGitHub()) return
  try {
    await appendFile(file, text)
  } catch (cause) {
    const message = `the job's summary could not be written: ${cause instanceof Error ? cause.message : String(cause)}`
    fault(annotation({ severity: 'warning', title: 'assay', message }))
  }
}

const configOf = (directory: string): string => {
  try {
    return findConfig(directory)
  } catch {
    return join(directory, 'assay.config.ts')
  }
}

const tell = async (
  { command, directory, options, output }: Asked,
  { findings, faults, junit, markdown }: Told,
): Promise<Written> => {
  const shown = fromRoot(repositoryOf(directory))
  const sarif = (): string =>
    sarifText({
      command,
      version: version(),
      findings,
      faults,
      fallback: { file: shown(configOf(directory)), line: 1 },
    })
  const texts = { junit, markdown, sarif }
  const written: string[] = []
  for (const option of fileOptions) {
    const file = options[option]
    if (file !== undefined) written.push(await writeReport(`--${option}`, file, texts[option]()))
  }
  if (isOnGitHub()) {
    const lines = annotationLines([...faults, ...findings], command)
    if (lines.length > 0) output.fault(lines.join('\n'))
    await appendSummary(markdown(), output)
  }
  return { all: written, named: written }
}

/** The page to open first. Loaded when it is asked for: the pages weigh more than all the rest. */
const site = async (directory: string, proof: ProjectProof): Promise<readonly string[]> => {
  const { writeSite } = await import('../report/write-site.ts')
  return writeSite(directory, proof)
}

/**
 * Runs `work` with reports that can be written: what could not be is told before it begins. What keeps it from coming
 * to a result is reported too, and thrown on.
 */
export const withReportsOf = async <T>(asked: Asked, work: (reports: Reports) => Promise<T>): Promise<T> => {
  const { command, directory, options } = asked
  refuseSameFile(options)
  for (const option of fileOptions) {
    const file = options[option]
    if (file !== undefined) await readyFile(`--${option}`, file)
  }
  const shown = fromRoot(repositoryOf(directory))
  const placed = (finding: EnvelopeFinding): ReportedFinding => asReported(looseFinding(finding), shown)
  const texts = (
    findings: readonly ReportedFinding[],
    verdict: string,
  ): Pick<Told, 'junit' | 'markdown'> => ({
    junit: () => junitOfFindings(`assay ${command}`, findings, verdict),
    markdown: () => markdownOfFindings(command, findings, verdict),
  })
  let isTold = false
  const reports: Reports = {
    ofProof: async (of, proof) => {
      isTold = true
      const written = await tell(asked, {
        findings: proof.proofs
          .flatMap(({ result }) => reportedFindings(result, proof.proofs.length > 1))
          .map((finding) => asReported(finding, shown)),
        faults: [],
        junit: () => junitOfProof(proof, of, shown),
        markdown: () => markdownOfProof(proof, of, shown),
      })
      if (options.report === undefined) return written
      const pages = await site(options.report, proof)
      return { all: [...written.all, ...pages], named: [...written.named, ...pages.slice(0, 1)] }
    },
    ofFindings: (found, verdict) => {
      isTold = true
      const findings = found.map(placed)
      return tell(asked, { findings, faults: [], ...texts(findings, verdict) })
    },
  }
  try {
    return await work(reports)
  } catch (cause) {
    const faults = faultsOf(cause).map((fault) => placed(faultFinding(fault)))
    const told = { findings: [], faults, ...texts(faults, 'It came to no result.') }
    // What went wrong first is what has to be told, whatever becomes of the reports about it.
    if (!isTold) await tell(asked, told).catch(() => undefined)
    throw cause
  }
}
