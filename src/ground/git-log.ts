/** What git knows of files that somebody looks for by a part of their name: on any branch, also where they are gone. */
import { shellCommand } from './shell-word.ts'

const plainly = (name: string): string => name.replaceAll(/[\\*?[\]]/gu, String.raw`\$&`)

/** A whole command. It answers who wrote each, when, and in which commit; from any directory of the repository. */
export const gitLogOf = (...names: readonly string[]): string =>
  shellCommand(
    'git',
    'log',
    '--all',
    '--oneline',
    '--name-status',
    '--',
    ...names.map((name) => `:(top)*${plainly(name)}*`),
  )
