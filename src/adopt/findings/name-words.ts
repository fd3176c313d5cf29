/** The words of a name, whatever style it is written in. */

/** `homePhone2`, `home_phone`, `HOME-PHONE` → home, phone. */
export const wordsOf = (name: string): readonly string[] =>
  name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '')

/** Whether the words contain these in a row, or written as one. */
export const hasWords = (words: readonly string[], sought: readonly string[]): boolean =>
  words.some(
    (word, i) =>
      sought.every((one, k) => words[i + k] === one) || (sought.length > 1 && word === sought.join('')),
  )
