/** How many columns of a terminal a text takes: letters of East Asia and emoji take two, combining marks none. */

/** First and last code point of what Unicode calls wide or full width; what has no meaning yet between them counts with it. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x2630, 0x2637],
  [0x268a, 0x268f],
  [0x2e80, 0x3029],
  [0x302e, 0x303e],
  [0x3041, 0x3096],
  [0x309b, 0x3247],
  [0x3250, 0xa4c6],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x16fe3],
  [0x16ff0, 0x1b2fb],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
]

const isWide = (letter: string): boolean => {
  const code = letter.codePointAt(0) ?? 0
  // Nothing below is wide: the usual letters are told at once.
  if (code < 0x1100) return false
  return (
    /^\p{Emoji_Presentation}/u.test(letter) || wideRanges.some(([from, to]) => code >= from && code <= to)
  )
}

const takesNoRoom = /^[\p{Mn}\p{Me}\p{Cf}]$/u

const plainText = /^[\u0020-\u007e]*$/u

/** What a reader sees as one letter, in order. */
const lettersOf = (text: string): readonly string[] =>
  [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment)

const letterWidth = (letter: string): number => (isWide(letter) ? 2 : takesNoRoom.test(letter) ? 0 : 1)

/** Control characters count as one column each: make the text printable first. */
export const displayWidth = (text: string): number =>
  plainText.test(text) ? text.length : lettersOf(text).reduce((sum, letter) => sum + letterWidth(letter), 0)

/** The text, or as much of it as fits with an ellipsis at its end. */
export const cutToWidth = (text: string, width: number): string => {
  if (displayWidth(text) <= width) return text
  let cut = ''
  let taken = 1
  for (const letter of lettersOf(text)) {
    taken += letterWidth(letter)
    if (taken > width) break
    cut += letter
  }
  return `${cut}…`
}
