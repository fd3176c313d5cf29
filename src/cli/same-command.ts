/** The command line once more, for whoever shall run it again. */
import { shellWord } from '../ground/shell-word.ts'

const url = /^(?<option>--[\w-]+=)?[a-z][\w+.-]*:\/\/.*$/isu

/** Connection strings have passwords in them, and what is told may be kept: they are left out. */
export const sameCommand = (words: readonly string[]): string =>
  [
    'assay',
    ...words.map((word) => (url.test(word) ? word.replace(url, '$<option>…') : shellWord(word))),
  ].join(' ')
