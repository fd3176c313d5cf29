/** Where a command writes: results on stdout, faults and progress on stderr; where no person watches, seldom. */
import { atShutdown } from '../postgres/shutdown.ts'
import { colourPaint, plainPaint, type Layout } from '../report/paint.ts'
import { makeProgress, makeProgressLog, type Progress } from './progress.ts'

export interface Output {
  /** Of results; of faults, which go to another stream. */
  readonly layout: Layout
  readonly faultLayout: Layout
  /** A line drawn over itself on a terminal; one a minute where there is none; null with --json. */
  readonly onProgress: Progress['show'] | null
  result(text: string): void
  fault(text: string): void
  /** Takes the progress line away. */
  settle(): void
}

type Environment = Readonly<Record<string, string | undefined>>

/** As written: absent, empty, `0` and `false` say no. */
const isOn = (value: string | undefined): boolean =>
  value !== undefined && value !== '' && value !== '0' && value !== 'false'

export const wantsColour = (isTerminal: boolean, env: Environment): boolean => {
  if ((env['NO_COLOR'] ?? '') !== '') return false
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '') return isOn(env['FORCE_COLOR'])
  return isTerminal && env['TERM'] !== 'dumb'
}

export const wantsProgress = (isTerminal: boolean, env: Environment): boolean =>
  isTerminal && env['TERM'] !== 'dumb' && !isOn(env['CI'])

const widest = 120
const narrowest = 40
const usual = 80

/** Lines for reading: never as long as a wide window. */
export const widthOf = (isTerminal: boolean, columns: number | undefined): number =>
  isTerminal ? Math.min(widest, Math.max(narrowest, columns || usual)) : usual

const layoutOf = (stream: NodeJS.WriteStream, json: boolean): Layout => ({
  paint: !json && wantsColour(stream.isTTY, process.env) ? colourPaint : plainPaint,
  width: widthOf(stream.isTTY, stream.columns),
})

export const makeOutput = (json: boolean): Output => {
  const { stdout, stderr } = process
  const write = (text: string): void => void stderr.write(text)
  const drawn = (): Progress =>
    makeProgress({
      write,
      columns: () => stderr.columns || usual,
      // A signal leaves no half-drawn line before the prompt.
      onFirst: (settle) => void atShutdown({ now: settle }),
    })
  const logged = (): Progress => makeProgressLog({ write, now: () => performance.now() })
  const progress = json ? null : wantsProgress(stderr.isTTY, process.env) ? drawn() : logged()
  // As it is now: what the user's own code prints is led elsewhere later, results are not.
  const toStdout = stdout.write.bind(stdout)
  const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)
  return {
    layout: layoutOf(stdout, json),
    faultLayout: layoutOf(stderr, json),
    onProgress: progress?.show ?? null,
    result: (text) => void toStdout(ended(text)),
    fault: (text) => void stderr.write(ended(text)),
    settle: () => progress?.settle(),
  }
}
