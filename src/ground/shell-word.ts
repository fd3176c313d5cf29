/** Words of a command that a message tells to run: pasted into a shell, each stays the one word that it is. */

const plain = /^[\w@%+=:,./-]+$/u

/** As it is when no shell sees anything in it, in single quotes otherwise. */
export const shellWord = (text: string): string =>
  plain.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

export const shellCommand = (...words: readonly string[]): string => words.map(shellWord).join(' ')
