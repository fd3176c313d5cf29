/** assay completion SHELL, and what its script asks on each Tab: assay complete SHELL LINE. */
import type { Command } from 'commander'
import { AssayError } from '../ground/errors.ts'
import { nearestName } from '../ground/nearest-name.ts'
import { bashReplies, readLine } from './completion-line.ts'
import { completionScripts } from './completion-script.ts'
import { completionsFor, shells, type Shell } from './completion-values.ts'
import type { Answer } from './exit-code.ts'

const isShell = (text: string): text is Shell => (shells as readonly string[]).includes(text)

const unknownShell = (text: string): AssayError => {
  const nearest = nearestName(text, shells)
  return new AssayError(`There is no completion for the shell ${text}.`, {
    code: 'usage.unknown-shell',
    exit: 2,
    asked: text,
    found: `completions for ${shells.join(', ')}`,
    mend: `Write assay completion ${nearest ?? 'bash'}.`,
  })
}

export const completionCommand = (shell: string): Promise<Answer> => {
  if (!isShell(shell)) return Promise.reject(unknownShell(shell))
  return Promise.resolve({ code: 0, text: completionScripts[shell] })
}

const longest = 60

/** One line for each: bash takes the word as it is to be written, the others a value and what it is. */
export const completeCommand = async (
  program: Command,
  shell: string,
  line: string,
  breaks: string,
): Promise<Answer> => {
  if (!isShell(shell)) return { code: 2, text: '' }
  const typed = readLine(line)
  const found = await completionsFor(program, typed.words.slice(1), typed.current)
  if (shell === 'bash') {
    const values = found.map(({ value }) => value)
    return { code: 0, text: bashReplies(typed, breaks, values).join('\n') }
  }
  const lines = found.map(({ value, about }) => {
    const short = about.replaceAll(/[\s\p{Cc}]+/gu, ' ').slice(0, longest)
    return short === '' ? value : `${value}\t${short}`
  })
  return { code: 0, text: lines.join('\n') }
}
