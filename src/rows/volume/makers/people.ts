/** Names of people: columns of one row that are made from the same number are of the same person. */
import { firstNames, lastNames } from './words.ts'

export type PersonPart = 'first' | 'last' | 'name' | 'handle'

const first = firstNames.length
const last = lastNames.length
/** More people share their names. */
export const personCount = first * last
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

const firstOf = (i: number): number => i % first
/** Neighbours have other family names, too. */
const lastOf = (i: number): number => (Math.floor(i / first) + 7 * (i % first)) % last

const round = (i: number): number => Math.floor(i / personCount)

/** `Ada Adler`, then with an initial, then with a number. */
export const personName = (i: number): string => {
  const times = round(i)
  const initial = times === 0 ? '' : ` ${letters[(times - 1) % letters.length]}.`
  const more = Math.floor((times - 1) / letters.length)
  return `${firstNames[firstOf(i)]}${initial} ${lastNames[lastOf(i)]}${more > 0 ? ` ${more + 1}` : ''}`
}

/** `ada.adler`, then `ada.adler.2`. */
export const personHandle = (i: number): string => {
  const times = round(i)
  return `${firstNames[firstOf(i)]}.${lastNames[lastOf(i)]}${times === 0 ? '' : `.${times + 1}`}`.toLowerCase()
}

/** Which entry of a part's list belongs to person number `i`. */
export const personNumber = (part: PersonPart, i: number): number => {
  if (part === 'first') return firstOf(i)
  if (part === 'last') return lastOf(i)
  return part === 'name' ? i % personCount : i
}
