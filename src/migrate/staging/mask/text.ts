/**
 * Text by text of the same length and form: word for word, letters by letters of their case, digits by digits, and
 * everything between the words as it is. The same word gives the same word everywhere, in capitals or not, so that
 * what was alike stays alike: under a foreign key, under lower() or trim(), and only there.
 */
import type { MaskNumber } from './numbers.ts'
import type { Permutation } from './permutation.ts'
import type { MaskTimes } from './times.ts'

export type MaskText = (text: string) => string

/** First letter of an alphabet, small and capital, and how many there are behind one another. */
const alphabets: readonly { readonly small: number; readonly capital: number; readonly size: number }[] = [
  { small: 0x61, capital: 0x41, size: 26 },
  { small: 0xe0, capital: 0xc0, size: 23 },
  { small: 0xf8, capital: 0xd8, size: 7 },
  { small: 0x3b1, capital: 0x391, size: 17 },
  { small: 0x430, capital: 0x410, size: 32 },
]

/** Other letters and digits: each by one of the same block, as writing systems are laid out in Unicode. */
const block = 64

/** Where a letter stands among those that may stand for it. */
interface Place {
  readonly index: number
  readonly codes: readonly number[]
  /** Alike for a capital and its small letter. */
  readonly shape: string
}

const behind = (from: number, size: number): readonly number[] =>
  Array.from({ length: size }, (_, i) => from + i)

const digits: readonly number[] = behind(0x30, 10)

const cased: readonly { readonly codes: readonly number[]; readonly shape: string }[] = alphabets.flatMap(
  ({ small, capital, size }) =>
    [small, capital].map((from) => ({ codes: behind(from, size), shape: `${small}` })),
)

const named = new Set([...digits, ...cased.flatMap(({ codes }) => codes)])

const blocks = new Map<number, readonly number[]>()

const blockOf = (code: number): readonly number[] => {
  const from = code - (code % block)
  const found =
    blocks.get(from) ??
    behind(from, block).filter(
      (one) => !named.has(one) && /^[\p{L}\p{N}\p{M}]$/u.test(String.fromCodePoint(one)),
    )
  blocks.set(from, found)
  return found
}

const placeIn = (code: number, codes: readonly number[], shape: string): Place => ({
  index: codes.indexOf(code),
  codes,
  shape,
})

const placeOf = (code: number): Place => {
  if (digits.includes(code)) return placeIn(code, digits, 'digit')
  const found = cased.find(({ codes }) => codes.includes(code))
  if (found) return placeIn(code, found.codes, found.shape)
  const own = blockOf(code)
  return placeIn(code, own, `block ${code - (code % block)}`)
}

/** As many letters at a time as an exact number has room for. */
const chunksOf = (places: readonly Place[]): readonly (readonly Place[])[] => {
  const chunks: Place[][] = []
  let product = Number.POSITIVE_INFINITY
  for (const place of places) {
    if (product * place.codes.length > 2 ** 49) {
      chunks.push([])
      product = 1
    }
    product *= place.codes.length
    chunks.at(-1)?.push(place)
  }
  return chunks
}

const lettersOf = (chunk: readonly Place[], value: bigint): string => {
  let rest = value
  const codes: number[] = []
  for (const { codes: all } of chunk.toReversed()) {
    const size = BigInt(all.length)
    codes.unshift(all[Number(rest % size)] ?? 0)
    rest /= size
  }
  return String.fromCodePoint(...codes)
}

const word = /[\p{L}\p{N}\p{M}]+/gu

/** They say what something is, of nobody; or true and false, for a text that is to become a boolean. */
const plainWords = 'http https ftp mailto www com org net null t f true false y n yes no on off'.split(' ')

const remembered = 200_000

export interface TextParts {
  readonly permutation: Permutation
  readonly number: MaskNumber
  readonly times: MaskTimes
  /** Words that stand in the schema itself. */
  readonly vocabulary: Iterable<string>
}

export const makeMaskText = ({ permutation, number, times, vocabulary }: TextParts): MaskText => {
  const kept = new Set([...plainWords, ...[...vocabulary].map((one) => one.toLowerCase())])
  const known = new Map<string, string>()
  const chunk = (places: readonly Place[], tweak: string): string => {
    const value = places.reduce((sum, { index, codes }) => sum * BigInt(codes.length) + BigInt(index), 0n)
    const size = places.reduce((product, { codes }) => product * BigInt(codes.length), 1n)
    return lettersOf(places, permutation.at(value, size, tweak))
  }
  const once = (text: string): string => {
    const places = Array.from(text, (letter) => placeOf(letter.codePointAt(0) ?? 0))
    let before = ''
    const shape = places.map((place) => place.shape).join(' ')
    return chunksOf(places)
      .map((part) => {
        const masked = chunk(part, `word ${shape} after ${before}`)
        before += part.map(({ index }) => index).join(',')
        return masked
      })
      .join('')
  }
  const maskWord = (text: string): string => {
    const found = known.get(text)
    if (found !== undefined) return found
    let masked = text
    if (!kept.has(text.toLowerCase()))
      do masked = once(masked)
      while (kept.has(masked.toLowerCase()))
    if (known.size >= remembered) known.clear()
    known.set(text, masked)
    return masked
  }
  return (text) => {
    const core = text.trim()
    const [, zeros = '', digitsOnly] = /^(-?0*)(\d+(?:\.\d+)?)$/u.exec(core) ?? []
    const masked =
      digitsOnly !== undefined
        ? `${zeros}${number(digitsOnly)}`
        : /^\d{4}-\d\d-\d\d$/u.test(core)
          ? times.date(core)
          : /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/u.test(core)
            ? times.moment(core)
            : null
    return masked === null ? text.replaceAll(word, maskWord) : text.replace(core, () => masked)
  }
}
