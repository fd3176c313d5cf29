/** Words of the text of a function, trigger or rule: what it names, and the constants in it. */
import { unquoted } from '../../postgres/quote.ts'
import { scanWords, type Word } from '../../postgres/scan.ts'

/** A name without its quotes. */
export const bare = (word: string): string =>
  word.startsWith('"') ? unquoted(word) : word.replaceAll(/^'|'$/gu, '')

/** None where the text is of a language that PostgreSQL's scanner does not read. */
export const wordsOf = (text: string): readonly Word[] => {
  try {
    return scanWords(text)
  } catch {
    return []
  }
}

/** Words, and words within strings, where a statement may be put together. */
export const namesIn = (text: string): readonly string[] =>
  wordsOf(text).flatMap(({ text: word }) => {
    const name = bare(word)
    return word.startsWith("'") ? [name, ...name.split(/[^\p{L}\p{N}_$]+/u)] : [name]
  })

/** Strings without their quotes, and numbers. */
export const constantsIn = (text: string): readonly string[] =>
  wordsOf(text).flatMap(({ text: word }) => {
    if (/^\d/u.test(word)) return [word]
    return word.startsWith("'") ? [word.slice(1, -1).replaceAll("''", "'")] : []
  })
