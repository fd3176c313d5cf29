/** Which names a text of SQL may mention, without reading its grammar: too many rather than too few. */

const wordsOf = (text: string): readonly string[] => text.split(/[^\p{L}\p{N}_$]+/u)

/**
 * Whether the text has the name, in any case of letters. A name of one word is looked for as a word; one of several
 * stands between quotes, with each quote of its own doubled.
 *
 * @example
 * namesIn('perform Shop.tax(1)')('tax')           // true
 * namesIn('perform "the ""tax"""(1)')('the "tax"') // true
 */
export const namesIn = (text: string): ((name: string) => boolean) => {
  const lower = text.toLowerCase()
  const words = new Set(wordsOf(lower))
  return (name) => {
    const own = name.toLowerCase()
    return wordsOf(own).length === 1
      ? words.has(own)
      : lower.includes(own) || lower.includes(own.replaceAll('"', '""'))
  }
}
