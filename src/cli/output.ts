/** Where a command writes: results on stdout, progress on stderr and only where a person watches. */
import { colourPaint, plainPaint, type Paint } from '../report/paint.ts'

export interface Output {
  readonly paint: Paint
  readonly width: number
  /** Null when nobody watches (no terminal, CI, --json). */
  readonly onProgress: ((stage: string, done: number, of: number) => void) | null
  result(text: string): void
  /** Takes the progress line away. */
  settle(): void
}

const wantsColour = (stream: NodeJS.WriteStream): boolean =>
  process.env['NO_COLOR'] === undefined &&
  process.env['TERM'] !== 'dumb' &&
  (stream.isTTY || (process.env['FORCE_COLOR'] ?? '') !== '')

const progressWidth = 20

export const makeOutput = (json: boolean): Output => {
  const watched = process.stderr.isTTY && !process.env['CI'] && !json
  let shown = false
  let last = 0
  return {
    paint: !json && wantsColour(process.stdout) ? colourPaint : plainPaint,
    width: Math.max(40, process.stdout.isTTY ? Math.min(process.stdout.columns || 80, 120) : 80),
    onProgress: watched
      ? (stage, done, of) => {
          const now = Date.now()
          if (now - last < 50 && done < of) return
          last = now
          shown = true
          const filled = of > 1 ? Math.round((progressWidth * done) / of) : 0
          const bar = of > 1 ? `${'█'.repeat(filled)}${'░'.repeat(progressWidth - filled)} ${done}/${of} ` : ''
          process.stderr.write(`\r\u001B[2K${bar}${stage}`.slice(0, (process.stderr.columns || 80) + 5))
        }
      : null,
    result(text) {
      process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
    },
    settle() {
      if (shown) process.stderr.write('\r\u001B[2K')
      shown = false
    },
  }
}
