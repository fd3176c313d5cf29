/**
 * Runs one command: faults become messages or findings, never stack traces; the exit code is set, and set once. What
 * the user's own code prints goes to stderr, so that stdout has the result and nothing else.
 */
import { Console } from 'node:console'
import { AssayError } from '../ground/errors.ts'
import { envelopeText } from '../report/envelope.ts'
import { faultFinding, faultsOf, faultText } from '../report/faults.ts'
import { exitOf, type Answer, type ExitCode } from './exit-code.ts'
import { makeOutput, type Output } from './output.ts'
import { withPathsFromHere } from './paths.ts'
import { placed, withPlace, type RunPlace } from './placed.ts'
import { completedCommand, sameCommand } from './same-command.ts'

export interface CommonOptions extends RunPlace {
  readonly json?: boolean
  readonly url?: string
}

export interface CommandToRun {
  readonly command: string
  readonly json: boolean
  /** Commands that a message names are completed by it. */
  readonly place?: RunPlace
  readonly work: (output: Output) => Promise<Answer>
}

/** The same command may go well a moment later, or goes on where it stopped. */
const triedAgain: ReadonlySet<string> = new Set([
  'server.lost',
  'server.starting',
  'server.cut-off',
  'server.locked',
  'migrate.locked',
  'migrate.lock',
  'cutover.lock',
  'cutover.interrupted',
  'cutover.pause-too-long',
  'cutover.still-closed',
  'cutover.unknown',
])

/** Of a server that could not be entered: once that is put right, the same command is the next one. */
const notEntered =
  /^server\.(?:refused|unknown-host|unreachable|password|not-allowed|database|connections|tls|certificate|connect|url|pooler)$/u

/** A cutover has two databases. */
const databasesOf = (command: string): readonly string[] =>
  command.startsWith('migrate cutover') ? ['--from', '--to'] : ['--url']

/** What is to be run again is told as it was given, with all its options. */
const nextOf =
  (command: string, place: RunPlace) =>
  ({ code, next }: AssayError): readonly string[] => {
    const again = sameCommand(process.argv.slice(2))
    const told = next.map((one) => (one === `assay ${command} --url …` ? again : placed(place)(one)))
    if (code === 'usage.no-url')
      return [...told, completedCommand(process.argv.slice(2), databasesOf(command))]
    return triedAgain.has(code) || notEntered.test(code) ? [...told, again] : told
  }

/** Tells what went wrong, on stderr or as the envelope; answers the exit code. Blocks until it is written. */
const reportFault = (
  { command, json, place = {} }: CommandToRun,
  output: Output,
  cause: unknown,
): ExitCode => {
  if (process.env['ASSAY_DEBUG'])
    process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`)
  const faults = faultsOf(cause)
  const findings = faults.map((fault) => withPlace(withPathsFromHere(faultFinding(fault)), place))
  output.settle()
  const next = [...new Set(faults.flatMap(nextOf(command, place)))]
  if (json) output.result(envelopeText({ ok: false, command, summary: null, findings, next, artifacts: [] }))
  else output.fault(findings.map((finding) => faultText(finding, output.faultLayout)).join('\n\n'))
  return exitOf(faults)
}

const endedFromWithin = (code: number): AssayError =>
  new AssayError('The process ended before there was a result.', {
    code: 'config.ended-process',
    exit: 3,
    found: `process.exit(${code}), or nothing left to wait for`,
    why: 'Assay runs the configuration and the functions of t.proves(…); nothing in them may end the process',
    mend: 'Take process.exit out of what assay.config.ts imports, and await what a function of t.proves(…) begins.',
  })

/** What the user's own code prints while a command works goes to stderr: stdout has the result and nothing else. */
const divertStdout = (): (() => void) => {
  const { stdout, stderr } = process
  const { console: usual } = globalThis
  const write = stdout.write.bind(stdout)
  stdout.write = stderr.write.bind(stderr)
  globalThis.console = new Console(stderr, stderr)
  return () => {
    stdout.write = write
    globalThis.console = usual
  }
}

/** Signals end with 128 and more: those are meant. */
const isSignal = (code: number): boolean => code >= 128

export const runCommand = async (asked: CommandToRun): Promise<void> => {
  const { json, work } = asked
  const output = makeOutput(json)
  const giveBack = divertStdout()
  const fail = (cause: unknown): ExitCode => {
    giveBack()
    return reportFault(asked, output, cause)
  }
  const onUncaught = (cause: unknown): void => {
    process.off('exit', onExit)
    process.exit(fail(cause))
  }
  const onExit = (code: number): void => {
    if (!isSignal(code)) process.exitCode = fail(endedFromWithin(code))
  }
  process.on('uncaughtException', onUncaught)
  process.on('exit', onExit)
  try {
    const answer = await work(output)
    giveBack()
    output.settle()
    // A watch has told everything already.
    if (answer.text !== '') output.result(answer.text)
    process.exitCode = answer.code
  } catch (cause) {
    process.exitCode = fail(cause)
  } finally {
    output.settle()
    process.off('exit', onExit)
    process.off('uncaughtException', onUncaught)
  }
}

/** A command line that was not understood. */
export const runFault = (command: string, json: boolean, fault: AssayError): Promise<void> =>
  runCommand({ command, json, work: () => Promise.reject(fault) })
