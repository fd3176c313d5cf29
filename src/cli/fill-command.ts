/** assay fill. */
import { availableParallelism } from 'node:os'
import { AssayError } from '../ground/errors.ts'
import { fillProject, type FillSettings, type ProjectFilling } from '../project/fill-project.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { fillCodes } from '../report/fill-codes.ts'
import { fillText } from '../report/fill.ts'
import { directorySlip } from './directory-slip.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { tellInterruption } from './tell-interruption.ts'
import type { CommonOptions } from './run-command.ts'

export interface FillOptions extends CommonOptions {
  readonly rows?: readonly string[]
  readonly seed: string
  readonly sessions?: string
  readonly truncate?: boolean
  readonly dryRun?: boolean
  readonly keep?: boolean
}

const most = { '--seed': 4_294_967_295, '--sessions': 64 } as const

const wholeNumber = (option: keyof typeof most, text: string, least: number): number => {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least && value <= most[option] && text.trim() !== '')
    return value
  throw new AssayError(`${option} ${text} is no number from ${least} to ${most[option]}.`, {
    code: 'usage.number',
    exit: 2,
    found: text,
    mend: `Write it so: ${option} 4`,
  })
}

const settingsOf = (directory: string, options: FillOptions, { onProgress }: Output): FillSettings => {
  const { url, rows = [], seed, sessions, truncate = false, dryRun = false, keep = false } = options
  return {
    directory,
    rows,
    truncate,
    dryRun,
    keep: keep && !dryRun && url === undefined,
    seed: wholeNumber('--seed', seed, 0),
    sessions:
      sessions === undefined
        ? Math.min(8, Math.max(2, availableParallelism()))
        : wholeNumber('--sessions', sessions, 1),
    ...(url === undefined ? {} : { url }),
    ...(onProgress ? { onProgress } : {}),
  }
}

const findingsOf = ({ fillings }: ProjectFilling): readonly EnvelopeFinding[] =>
  fillings.flatMap(({ name, problems }) =>
    problems.map(({ table, kind, summary }): EnvelopeFinding => ({
      code: `fill.${kind}`,
      severity: kind === 'refused' ? 'error' : 'note',
      summary: `${table}: ${summary}`,
      why: fillCodes[`fill.${kind}`].why,
      fix: fillCodes[`fill.${kind}`].fix,
      ...(fillings.length > 1 ? { architecture: name } : {}),
    })),
  )

/** In a database that is named: whoever stops it learns how it goes on. The signal ends the process as ever. */
const tellWhenStopped = (output: Output): (() => void) => {
  const tell = (signal: NodeJS.Signals): void => {
    output.settle()
    output.fault(
      'Stopped. Whole stretches of rows stay, with a note of each: the same command goes on, and --truncate begins anew.',
    )
    takeBack()
    process.kill(process.pid, signal)
  }
  const takeBack = (): void => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, tell)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, tell)
  return takeBack
}

/** Until Ctrl-C. */
const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    // The signal's listener alone does not keep the process.
    const stay = setInterval(() => undefined, 60_000)
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        clearInterval(stay)
        resolve()
      })
  })

export const fillCommand = async (
  directory: string,
  options: FillOptions,
  output: Output,
): Promise<Answer> => {
  const settings = settingsOf(directory, options, output)
  const isTheirs = settings.url !== undefined && !settings.dryRun
  const takeBack = isTheirs ? tellWhenStopped(output) : tellInterruption(output)
  const filling = await fillProject(settings)
    .catch((cause: unknown) => {
      throw directorySlip('fill', '--rows', settings.rows, cause)
    })
    .finally(takeBack)
  const findings = findingsOf(filling)
  const ok = !findings.some(({ severity }) => severity === 'error')
  const { fillings, dryRun } = filling
  const text = options.json
    ? envelopeText({ ok, command: 'fill', summary: { dryRun, fillings }, findings, next: [], artifacts: [] })
    : fillText(filling, output.layout)
  const code = ok ? 0 : 1
  if (!settings.keep) return { code, text }
  output.settle()
  output.result(text)
  await interrupted()
  await filling.close()
  return { code, text: '' }
}
