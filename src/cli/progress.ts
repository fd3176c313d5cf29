/**
 * What is being done: for a person one line, drawn over itself, and gone when there is something to read; in a log a
 * line now and then, since some servers end a job that says nothing.
 */
import { cutToWidth } from '../ground/display-width.ts'
import { printable } from '../report/printable.ts'

export interface Progress {
  readonly show: (stage: string, done: number, of: number) => void
  readonly settle: () => void
}

export interface ProgressTerminal {
  readonly write: (text: string) => void
  /** Asked each time: windows change. */
  readonly columns: () => number
  /** Told once, when the first line is drawn. */
  readonly onFirst?: (settle: () => void) => void
}

const barWidth = 20
/** Between two drawings. */
const restMs = 50
const clearLine = '\r\u001B[2K'

export const progressText = (stage: string, done: number, of: number, columns: number): string => {
  const filled = of > 1 ? Math.round((barWidth * Math.min(done, of)) / of) : 0
  const bar = of > 1 ? `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${done}/${of} ` : ''
  // One column is left free: a full line would wrap and could not be drawn over.
  return cutToWidth(printable(`${bar}${stage}`).replaceAll(/\s/gu, ' '), columns - 1)
}

export const makeProgress = ({ write, columns, onFirst }: ProgressTerminal): Progress => {
  let last: number | null = null
  let stageShown: string | null = null
  const settle = (): void => {
    if (stageShown !== null) write(clearLine)
    stageShown = null
  }
  return {
    show(stage, done, of) {
      const now = performance.now()
      if (last === null) onFirst?.(settle)
      else if (stage === stageShown && done < of && now - last < restMs) return
      last = now
      stageShown = stage
      write(`${clearLine}${progressText(stage, done, of, columns())}`)
    },
    settle,
  }
}

export interface ProgressLog {
  readonly write: (text: string) => void
  /** Milliseconds. */
  readonly now: () => number
}

/** Between two lines of a log; what ends sooner writes none. Milliseconds. */
const restOfLog = 60_000

const words = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `12/98 writing tests of orders, after 1 min 5 s` */
export const makeProgressLog = ({ write, now }: ProgressLog): Progress => {
  const start = now()
  let last = start
  return {
    show(stage, done, of) {
      if (now() - last < restOfLog) return
      last = now()
      const count = of > 1 ? `${Math.min(done, of)}/${of} ` : ''
      write(`${printable(`${count}${stage}`).replaceAll(/\s/gu, ' ')}, after ${words(last - start)}\n`)
    },
    settle: () => undefined,
  }
}
