/** Which processes work in a directory, for tests that want none to be left. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

const fact = (read: () => string): string => {
  try {
    return read()
  } catch {
    return ''
  }
}

/** Ids of the processes whose working directory or command line lies in it. */
export const processesIn = (directory: string): readonly number[] => {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/u.test(name))
      .filter((pid) => {
        const cwd = fact(() => readlinkSync(`/proc/${pid}/cwd`))
        const command = fact(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
        return cwd.startsWith(directory) || command.includes(directory)
      })
      .map(Number)
  }
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
  return stdout
    .split('\n')
    .filter((line) => line.includes(directory))
    .map((line) => Number.parseInt(line, 10))
}

/** Waits for something that another process is about to do; fails after twenty seconds. */
export const eventually = async (isTrue: () => boolean, what: string): Promise<void> => {
  for (let tries = 0; tries < 400; tries += 1) {
    if (isTrue()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`It did not come true within twenty seconds that ${what}.`)
}
