/** The one line that tells a person what is being done: drawn over itself, and gone when there is something to read. */
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
