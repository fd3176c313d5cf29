/** Numbers whose last character is computed from the others, as card, article and book numbers have it: every end is tried. */

const ends = '0123456789X'.split('')
const mostNumbers = 24

/** Of texts of digits alone, each with every last character. */
export const withCheckDigits = (texts: readonly string[]): readonly string[] =>
  texts
    .filter((text) => /^\d{6,34}$/u.test(text))
    .slice(0, mostNumbers)
    .flatMap((text) => ends.map((end) => text.slice(0, -1) + end))

/** No two of the digits beside each other are alike, and each begins otherwise. */
const runs = ['4006381333', '1234567890', '9780262510']

/** Where no pattern says what they look like: numbers of these lengths. */
export const numbersOfLengths = (lengths: readonly number[]): readonly string[] =>
  [...new Set(lengths)]
    .filter((length) => length >= 6 && length <= 34)
    .slice(0, 6)
    .flatMap((length) => runs.map((run) => run.repeat(4).slice(0, length)))
