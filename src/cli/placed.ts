/**
 * Commands that a message names, as they are typed: through npx, which finds the Assay of a project and one that is
 * installed for all; completed by what this run was given, its directory and its architecture.
 */
import { shellCommand } from '../ground/shell-word.ts'
import type { EnvelopeFinding } from '../report/envelope.ts'

export interface RunPlace {
  /** Absent: the command takes none, or has it elsewhere. */
  readonly directory?: string
  readonly architecture?: string
}

/** One word of a shell, as shellWord writes it. */
const word = String.raw`(?:'[^']*'(?:\\''[^']*')*|[^\s']+)`

/** Up to where the directory stands: behind the name of the command, and behind the migration that is resolved. */
const upToPlace = new RegExp(
  String.raw`^(?<head>(?:npx )?assay (?:migrate (?:resolve ${word}|up|down|plan|status|baseline|test|compensate|contract)|drift|prove))(?= |$)`,
  'u',
)

/** Those that take --architecture beside a database. */
const choosing = /^(?:npx )?assay (?:migrate (?:resolve|up|down|plan|status|baseline)|drift) /u

/** A line that is a command of Assay's; any other one stays as it is. */
export const typed = (line: string): string => line.replace(/^assay(?= )/u, 'npx assay')

const placedCommand = (command: string, { directory = '.', architecture }: RunPlace): string => {
  const inPlace =
    directory === '.' ? command : command.replace(upToPlace, (head) => `${head} ${shellCommand(directory)}`)
  return architecture === undefined || !choosing.test(inPlace) || inPlace.includes(' --architecture ')
    ? inPlace
    : `${inPlace} ${shellCommand('--architecture', architecture)}`
}

/** One command, or a text with commands that have a line of their own. */
export const placed =
  (place: RunPlace) =>
  (text: string): string =>
    text
      .split('\n')
      .map((line) => typed(upToPlace.test(line) ? placedCommand(line, place) : line))
      .join('\n')

export const withPlace = <F extends EnvelopeFinding>(finding: F, place: RunPlace): F => ({
  ...finding,
  fix: placed(place)(finding.fix),
})
