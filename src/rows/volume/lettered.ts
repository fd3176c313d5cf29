/** Texts of which each place has one of some letters, numbered: all combinations, each once. Pure. */
import type { Source } from './volume-plan.ts'

export type Lettered = Extract<Source, { readonly kind: 'lettered' }>

/** As many numbers as can be shuffled. */
const most = 2 ** 31

export const capacityOfLetters = ({ letters }: Lettered): number =>
  Math.min(
    most,
    letters.reduce((all, one) => all * one.length, 1),
  )

/** Different numbers below the capacity have different texts. */
export const letteredText = ({ letters }: Lettered, number: number): string => {
  let rest = number
  return letters
    .map((likes) => {
      const letter = likes[rest % likes.length]!
      rest = Math.floor(rest / likes.length)
      return letter
    })
    .join('')
}
