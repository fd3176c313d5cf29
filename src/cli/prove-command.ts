/** assay prove | red | green | mutate. */
import type { Step } from '../prove/prove.ts'
import type { Finding, ProveResult } from '../prove/result.ts'
import { proveProject } from '../project/prove-project.ts'
import { envelopeText } from '../report/envelope.ts'
import { terminalReport } from '../report/terminal.ts'
import type { ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import type { CommonOptions } from './run-command.ts'

const stepsOf: Readonly<Record<string, readonly Step[]>> = {
  prove: ['green', 'red', 'mutate'],
  red: ['green', 'red'],
  green: ['green'],
  mutate: ['green', 'mutate'],
}

/** One architecture's figures stand for themselves; several are told apart by name. */
const summaryOf = (results: readonly ProveResult[]): unknown =>
  results.length === 1
    ? results[0]!.summary
    : Object.fromEntries(results.map((r) => [r.architecture, r.summary]))

const nextSteps = (findings: readonly Finding[], directory: string): readonly string[] => {
  const first = findings.find((f) => f.rule !== undefined)
  if (!first) return findings.length === 0 ? [`assay check ${directory}`] : []
  return [`assay explain '${first.rule}' ${directory}`, `assay prove ${directory} --only '${first.rule}'`]
}

export const proveCommand = async (
  command: 'prove' | 'red' | 'green' | 'mutate',
  directory: string,
  options: CommonOptions & { readonly only?: readonly string[] },
  output: Output,
): Promise<ExitCode> => {
  const steps = stepsOf[command]!
  const proof = await proveProject({
    directory,
    steps,
    only: options.only ?? [],
    ...(options.url === undefined ? {} : { url: options.url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  output.settle()
  const findings = proof.results.flatMap((r) => r.findings)
  if (options.json) {
    const next = nextSteps(findings, directory)
    const { ok, artifacts } = proof
    output.result(envelopeText({ ok, command, summary: summaryOf(proof.results), findings, next, artifacts }))
  } else {
    const { width, paint } = output
    output.result(proof.results.map((r) => terminalReport(r, { width, paint, steps })).join('\n\n'))
  }
  return proof.ok ? 0 : 1
}
