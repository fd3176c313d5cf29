/** Runs one command: faults become messages or findings, never stack traces; the exit code is set, and set once. */
import { envelopeText } from '../report/envelope.ts'
import { faultFinding, faultsOf, faultText } from '../report/faults.ts'
import { exitOf, type ExitCode } from './exit-code.ts'
import { makeOutput, type Output } from './output.ts'

export interface CommonOptions {
  readonly json?: boolean
  readonly url?: string
}

export const runCommand = async (
  command: string,
  options: CommonOptions,
  work: (output: Output) => Promise<ExitCode>,
): Promise<void> => {
  const output = makeOutput(options.json === true)
  try {
    process.exitCode = await work(output)
  } catch (cause) {
    if (process.env['ASSAY_DEBUG']) process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`)
    const faults = faultsOf(cause)
    output.settle()
    if (options.json) {
      const findings = faults.map(faultFinding)
      output.result(envelopeText({ ok: false, command, summary: null, findings, next: [], artifacts: [] }))
    } else {
      process.stderr.write(`${faults.map((f) => faultText(f, output.paint)).join('\n\n')}\n`)
    }
    process.exitCode = exitOf(faults)
  } finally {
    output.settle()
  }
}
