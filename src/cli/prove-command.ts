/** assay prove | red | green | mutate. */
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import { shellCommand } from '../ground/shell-word.ts'
import type { ProofCommand, ProjectProof } from '../project/prove-project.ts'
import { proveProject, stepsOf } from '../project/prove-project.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { reportedSummary } from '../report/summary.ts'
import { terminalReport } from '../report/terminal.ts'
import { directorySlip } from './directory-slip.ts'
import type { Answer } from './exit-code.ts'
import { ledgerText } from './ledger-text.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import { withReportsOf } from './report-files.ts'
import { tellInterruption } from './tell-interruption.ts'
import type { ReportOptions } from './report-options.ts'
import { nothingWritten, writtenLines, type Written } from './written-lines.ts'
import type { CommonOptions } from './run-command.ts'

const allIsWell: Readonly<Record<ProofCommand, readonly [everything: string, part: string]>> = {
  prove: ['Everything that is declared is proven.', 'What --only names is proven.'],
  red: ['Every rule fails without its structure.', 'What --only names fails without its structure.'],
  green: ['Every rule holds.', 'What --only names holds.'],
  mutate: ['Nothing can be broken unnoticed.', 'Nothing that --only names can be broken unnoticed.'],
}

/** The command that comes after each when all is well. */
const after: Readonly<Record<ProofCommand, string>> = {
  red: 'green',
  green: 'mutate',
  mutate: 'prove',
  prove: 'check',
}

/** Red because its structure is absent, and with a design: a migration can be written for it. */
const canBeDesigned = ({ proofs }: ProjectProof): boolean =>
  proofs.some(({ result }) =>
    result.rules.some(
      ({ green, missing, claims, design, experiments }) =>
        !green &&
        design.length > 0 &&
        (missing !== undefined || (claims.length === 0 && experiments.some(({ holds }) => !holds))),
    ),
  )

const nextSteps = (
  command: ProofCommand,
  findings: readonly EnvelopeFinding[],
  {
    directory,
    isPart,
    isDesignable,
  }: { readonly directory: string; readonly isPart: boolean; readonly isDesignable: boolean },
): readonly string[] => {
  const place = directory === '.' ? [] : [directory]
  const errors = findings.filter((finding) => finding.severity === 'error')
  const design = isDesignable ? [shellCommand('npx', 'assay', 'design', ...place)] : []
  if (errors.length === 0)
    return design.length > 0
      ? design
      : [shellCommand('npx', 'assay', isPart ? command : after[command], ...place)]
  const id = errors.map((finding) => finding.rule ?? finding.structure).find((named) => named !== undefined)
  if (id === undefined) return design
  return [
    ...design,
    shellCommand('npx', 'assay', 'explain', id, ...place),
    shellCommand('npx', 'assay', command, ...place, '--only', id),
  ]
}

const findingsOf = ({ proofs }: ProjectProof): readonly EnvelopeFinding[] =>
  proofs.flatMap(({ result }) =>
    result.findings.map((finding) => ({
      ...withPathsFromHere(finding),
      ...(proofs.length > 1 ? { architecture: result.architecture } : {}),
    })),
  )

/** What makes a run look at a part only. */
interface Part {
  readonly only?: readonly string[]
  readonly operators?: OperatorSet
}

export const proveCommand = async (
  command: ProofCommand,
  directory: string,
  options: CommonOptions & ReportOptions & Part,
  output: Output,
): Promise<Answer> => {
  const { url, only = [], operators, report } = options
  const takeBack = tellInterruption(output)
  return withReportsOf({ command, directory, options, output }, async (reports) => {
    const proof = await proveProject({
      directory,
      command,
      only,
      ...(operators === undefined ? {} : { operators }),
      // Seconds beside a proof, and its pages are to say which size changes a plan.
      sweeps: report !== undefined,
      ...(url === undefined ? {} : { url }),
      ...(output.onProgress ? { onProgress: output.onProgress } : {}),
    }).catch((cause: unknown) => {
      throw directorySlip(command, '--only', only, cause)
    })
    const written = await reports.ofProof(command, proof)
    return proofAnswer(proof, { command, directory, options, output, written })
  }).finally(takeBack)
}

export interface ProofShown {
  readonly command: ProofCommand
  readonly directory: string
  readonly options: CommonOptions & Part
  readonly output: Output
  /** Reports. */
  readonly written?: Written
}

/** The report of a whole run, or its envelope: the same for one run and for the first of a watch. */
export const proofAnswer = (
  proof: ProjectProof,
  { command, directory, options, output, written = nothingWritten }: ProofShown,
): Answer => {
  const { only = [], operators } = options
  const isPart = only.length > 0 || operators !== undefined
  const steps = stepsOf[command]
  const findings = findingsOf(proof)
  const next = nextSteps(command, findings, { directory, isPart, isDesignable: canBeDesigned(proof) })
  const code = proof.ok ? 0 : 1
  if (options.json) {
    const ledgers = proof.proofs.flatMap(({ ledger }) => [...ledger.written, ...ledger.removed])
    const artifacts = [...ledgers, ...written.all].map(fromHere)
    const summary = reportedSummary(
      proof.proofs.map(({ result }) => result),
      steps,
    )
    return { code, text: envelopeText({ ok: proof.ok, command, summary, findings, next, artifacts }) }
  }
  const said =
    operators === undefined
      ? allIsWell[command][only.length === 0 ? 0 : 1]
      : `Nothing that the operators of ${operators} change goes unnoticed.`
  const reports = proof.proofs.map(({ result, ledger }) =>
    terminalReport(
      { ...result, findings: result.findings.map(withPathsFromHere) },
      { ...output.layout, steps, allIsWell: said, ledger: ledgerText(command, options, ledger) },
    ),
  )
  const { paint } = output.layout
  const then = [
    ...writtenLines(written, output.layout),
    ...next.map((step) => `  ${paint.dim('next')} ${step}`),
  ].map((line) => `${line}\n`)
  return { code, text: `${reports.join('\n\n')}\n${then.join('')}` }
}
