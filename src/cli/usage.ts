/** What commander says of a wrong command line, as a fault like every other: with its mend, and as JSON when that was asked for. */
import type { CommanderError } from 'commander'
import { AssayError } from '../ground/errors.ts'

/** Codes with which commander ends after it printed what was asked for. */
const asked = new Set(['commander.helpDisplayed', 'commander.version'])

export const isAnswered = (error: CommanderError): boolean => asked.has(error.code) || error.exitCode === 0

/** Help that nobody asked for: there was no command. */
export const isWithoutCommand = (error: CommanderError): boolean =>
  error.code === 'commander.help' && error.exitCode !== 0

/** Options of a command line that could not be understood: read from its words. */
export const wantsJson = (words: readonly string[]): boolean => {
  const end = words.indexOf('--')
  return (end < 0 ? words : words.slice(0, end)).includes('--json')
}

/** The command that was probably meant, for its help. */
export const commandOf = (words: readonly string[], commands: readonly string[]): string | null =>
  words.find((word) => commands.includes(word)) ?? null

export const usageFault = (error: CommanderError, command: string | null): AssayError => {
  const [, message = error.message, meant] =
    /^(?:error: )?([^]*?)(?:\n\(Did you mean ([^]*?)\?\))?$/u.exec(error.message) ?? []
  const help = `assay ${command === null ? '' : `${command} `}--help`
  return new AssayError(`${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`.replace(/\.\.$/u, '.'), {
    code: `usage.${error.code.replace(/^commander\./u, '').replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`,
    exit: 2,
    mend: meant === undefined ? `See \`${help}\`.` : `Write ${meant}, or see \`${help}\`.`,
  })
}
