/** Numbers whose last character is computed from the others, as card, article and book numbers have it: every end is tried. */

const ends = '0123456789X'.split('')
const mostNumbers = 24

/** Of texts of digits alone, each with every last character. */
export const withCheckDigits = (texts: readonly string[]): readonly string[] =>
  texts
    .filter((text) => /^\d{6,34}$/u.test(text))
    .slice(0, mostNumbers)
    .flatMap((text) => ends.map((end) => text.slice(0, -1) + end))
