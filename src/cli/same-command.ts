/** The command line once more, for whoever shall run it again. */
import { shellWord } from '../ground/shell-word.ts'

import { typed } from './placed.ts'

/** Also of cutover, and without a word before it; a connection string may be a list of settings, too. */
const secret = /^(?<option>--[\w-]+=)?(?:[a-z][\w+.-]*:\/\/.*|.*\bpassword\s*=.*)$/isu

const withoutSecret = (word: string, before: string | undefined): string => {
  if (before === '--url' || word.startsWith('--url=')) return word.startsWith('--url=') ? '--url=…' : '…'
  return secret.test(word) ? word.replace(secret, '$<option>…') : shellWord(word)
}

/** Connection strings have passwords in them, and what is told may be kept: they are left out. */
export const sameCommand = (words: readonly string[]): string =>
  typed(['assay', ...words.map((word, i) => withoutSecret(word, words[i - 1]))].join(' '))

/** The same with the options that it lacks: each takes a connection string. */
export const completedCommand = (words: readonly string[], options: readonly string[]): string => {
  const lacking = options.filter(
    (option) => !words.some((word) => word === option || word.startsWith(`${option}=`)),
  )
  return [sameCommand(words), ...lacking.map((option) => `${option} …`)].join(' ')
}
