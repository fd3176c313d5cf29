/** assay prove | red | green | mutate --watch. */
import { isError, stepsOf, type ProofCommand } from '../project/prove-project.ts'
import { watchProject, type Watch, type WatchEvent } from '../project/watch-project.ts'
import { envelopeLine, type Envelope } from '../report/envelope.ts'
import { faultFinding, faultsOf, faultText } from '../report/faults.ts'
import { reportedSummary } from '../report/summary.ts'
import { directorySlip } from './directory-slip.ts'
import { exitOf, type Answer, type ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import { proofAnswer } from './prove-command.ts'
import type { CommonOptions } from './run-command.ts'
import { keysText, listenForKeys } from './watch-keys.ts'
import { roundHead, roundText } from './watch-text.ts'

type WatchOptions = CommonOptions & { readonly only?: readonly string[] }

/** Everything that is known after it, in one line. */
const roundEnvelope = (
  command: ProofCommand,
  event: Extract<WatchEvent, { readonly kind: 'round' | 'fault' }>,
): Envelope => {
  const saved = event.saved.map(fromHere)
  const { seconds } = event
  if (event.kind === 'fault') {
    const findings = faultsOf(event.cause).map((fault) => withPathsFromHere(faultFinding(fault)))
    return { ok: false, command, summary: { watch: { saved, seconds } }, findings, next: [], artifacts: [] }
  }
  const { parts, ok } = event
  const findings = parts.flatMap(({ result }) =>
    result.findings.map((finding) => ({
      ...withPathsFromHere(finding),
      ...(parts.length > 1 ? { architecture: result.architecture } : {}),
    })),
  )
  const summary = {
    ...reportedSummary(
      parts.map(({ result }) => result),
      stepsOf[command],
    ),
    watch: {
      saved,
      seconds,
      rules: parts.flatMap((part) => part.rules),
      structures: parts.flatMap((part) => part.structures),
      ledger: parts.some((part) => part.ledger === 'behind') ? 'behind' : (parts[0]?.ledger ?? null),
    },
  }
  return { ok, command, summary, findings, next: [], artifacts: [] }
}

/** How it ends when somebody presses q: as the last result says. */
const codeOf = (event: WatchEvent): ExitCode => {
  if (event.kind === 'fault') return exitOf(faultsOf(event.cause))
  if (event.kind === 'whole') return event.proof.ok ? 0 : 1
  return event.parts.some(({ result }) => result.findings.some(isError)) ? 1 : 0
}

const show = (
  event: WatchEvent,
  shown: {
    readonly command: ProofCommand
    readonly directory: string
    readonly options: WatchOptions
    readonly output: Output
  },
): void => {
  const { command, options, output } = shown
  output.settle()
  if (options.json) {
    const line =
      event.kind === 'whole'
        ? envelopeLine(JSON.parse(proofAnswer(event.proof, shown).text) as Envelope)
        : envelopeLine(roundEnvelope(command, event))
    return output.result(line)
  }
  if (event.kind === 'whole') return output.result(proofAnswer(event.proof, shown).text)
  if (event.kind === 'round') return output.result(roundText(event, command, new Date(), output.layout))
  const faults = faultsOf(event.cause).map((fault) =>
    faultText(withPathsFromHere(faultFinding(fault)), output.faultLayout),
  )
  output.fault([roundHead(event, new Date(), output.faultLayout), ...faults].join('\n'))
}

/** Ends when q is pressed, or with the process. */
export const watchCommand = async (
  command: ProofCommand,
  directory: string,
  options: WatchOptions,
  output: Output,
): Promise<Answer> => {
  const { url, only = [] } = options
  let code: ExitCode = 0
  let onQuit = (): void => undefined
  const quit = new Promise<void>((resolve) => (onQuit = resolve))
  const { paint } = output.layout
  let watch: Watch | null = null
  const giveBack = options.json
    ? null
    : listenForKeys({
        onQuit,
        onEverything: () => watch?.everything(),
        onAgain: () => watch?.again(),
      })
  const said = giveBack === null ? 'watching; Ctrl-C ends it' : `watching; ${keysText}`
  const tell = (event: WatchEvent): void => {
    code = codeOf(event)
    show(event, { command, directory, options, output })
    if (!options.json) output.result(paint.dim(said))
  }
  try {
    watch = await Promise.race([
      watchProject(
        {
          directory,
          command,
          only,
          ...(url === undefined ? {} : { url }),
          ...(output.onProgress ? { onProgress: output.onProgress } : {}),
        },
        tell,
      ),
      quit.then(() => null),
    ]).catch((cause: unknown) => {
      throw directorySlip(command, '--only', only, cause)
    })
    await quit
    output.settle()
    await watch?.stop()
  } finally {
    giveBack?.()
  }
  return { code, text: '' }
}
