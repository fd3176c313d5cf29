/** How many columns Prettier counts for a text: letter by letter what a terminal shows, but parts of one letter add up. */
import { displayWidth } from '../../ground/display-width.ts'

const plainText = /^[\u0020-\u007e]*$/u

const isEmoji = /\p{Emoji_Presentation}|\p{Emoji_Modifier_Base}|\p{Emoji}\uFE0F/u

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' })

const letterWidth = (letter: string): number =>
  isEmoji.test(letter) ? 2 : Array.from(letter).reduce((sum, part) => sum + displayWidth(part), 0)

export const codeWidth = (text: string): number =>
  plainText.test(text)
    ? text.length
    : [...letters.segment(text)].reduce((sum, { segment }) => sum + letterWidth(segment), 0)
