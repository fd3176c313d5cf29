/** Examples at the end of a help: beside what they do, and where that is too wide, above it. */
import { wrap } from '../report/printable.ts'

const columns = 80

type Example = readonly [command: string, what: string]

/** Broken before options and quoted words, so that a shell takes it as it is pasted. */
const pasted = (command: string): string =>
  command
    .split(/ (?=--|'|")/u)
    .reduce<readonly string[]>((lines, part) => {
      const last = lines.at(-1)
      if (last === undefined) return [`  ${part}`]
      return last.length + 1 + part.length + 2 <= columns
        ? [...lines.slice(0, -1), `${last} ${part}`]
        : [...lines, `    ${part}`]
    }, [])
    .join(' \\\n')

export const examplesText = (examples: readonly Example[]): string => {
  const width = Math.max(...examples.map(([command]) => command.length)) + 2
  const beside = examples.map(([command, what]) => `  ${command.padEnd(width)}${what}`)
  const lines = beside.every((line) => line.length <= columns)
    ? beside
    : examples.map(([command, what]) => `${pasted(command)}\n      ${wrap(what, columns, 6)}`)
  return `\nExamples:\n${lines.join('\n')}`
}
