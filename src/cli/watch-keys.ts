/** Keys of a watch, where a person sits at a terminal: q ends it, a proves everything, Enter proves again. */

export interface WatchKeys {
  readonly onQuit: () => void
  readonly onEverything: () => void
  readonly onAgain: () => void
}

export const keysText = 'q ends · a proves everything · Enter proves the last again'

const ctrlC = '\u0003'
const ctrlD = '\u0004'

/** Answers what gives the terminal back; null where nobody can press a key. */
export const listenForKeys = ({ onQuit, onEverything, onAgain }: WatchKeys): (() => void) | null => {
  const { stdin, stdout } = process
  if (!stdin.isTTY || !stdout.isTTY) return null
  const onData = (chunk: string): void => {
    for (const key of chunk) {
      // In raw mode the terminal sends no signal: the process is ended as by one.
      if (key === ctrlC) process.kill(process.pid, 'SIGINT')
      else if (key === 'q' || key === ctrlD) onQuit()
      else if (key === 'a') onEverything()
      else if (key === '\r' || key === '\n') onAgain()
    }
  }
  const giveBack = (): void => {
    stdin.setRawMode(false)
    stdin.pause()
    stdin.off('data', onData)
    process.off('exit', giveBack)
  }
  stdin.setRawMode(true)
  stdin.setEncoding('utf8').on('data', onData).resume()
  process.on('exit', giveBack)
  return giveBack
}
