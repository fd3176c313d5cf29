/** Values with a form of their own: documents, lists, bytes, addresses. */
import { createHash } from 'node:crypto'
import type { MaskNumber } from './numbers.ts'
import type { Permutation } from './permutation.ts'
import type { MaskText } from './text.ts'

export type Mask = (text: string) => string

const lexemes = /"(?:[^"\\]|\\.)*"(?:\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gu

/** `members`: names that a program knows, which stay; another one may be somebody's. */
export const makeMaskJson =
  (text: MaskText, number: MaskNumber, members: ReadonlySet<string>): Mask =>
  (document) =>
    document.replaceAll(lexemes, (found) => {
      if (!found.startsWith('"')) return number(found)
      const [, literal = found, colon = ''] = /^("(?:[^"\\]|\\.)*")(\s*:)?$/u.exec(found) ?? []
      const value = JSON.parse(literal) as string
      return colon !== '' && members.has(value) ? found : `${JSON.stringify(text(value))}${colon}`
    })

const quoteElement = (text: string): string => `"${text.replaceAll(/["\\]/gu, (letter) => `\\${letter}`)}"`

const elements = /"(?:[^"\\]|\\.)*"|[^{},"\s][^{},"]*/gu

/** `{a,"b c",NULL}`, at any depth. */
export const makeMaskList =
  (element: Mask): Mask =>
  (list) => {
    // `[2:4]={…}` says where it begins.
    const [, head = '', body = list] = /^((?:\[[^\]]*\])+=)?([^]*)$/u.exec(list) ?? []
    return `${head}${body.replaceAll(elements, (found) => {
      if (/^null$/iu.test(found)) return found
      const value = found.startsWith('"') ? found.slice(1, -1).replaceAll(/\\(.)/gsu, '$1') : found
      return quoteElement(element(value))
    })}`
  }

const bound = String.raw`("(?:[^"\\]|\\.|"")*"|[^[\](),"{}]*)`
const ranges = new RegExp(String.raw`([[(])${bound},${bound}([\])])`, 'gu')

/** Numbers by what they are; dates and moments are written so that their texts stand in their order. */
const isAfter = (a: string, b: string): boolean => {
  const [x, y] = [Number(a), Number(b)]
  return Number.isNaN(x) || Number.isNaN(y) ? a > b : x > y
}

/** `[2024-01-01,2024-02-01)`: each end by itself, and the one that was earlier is so again. */
export const makeMaskRange =
  (mask: Mask): Mask =>
  (text) =>
    text.replaceAll(ranges, (_, opens: string, from: string, to: string, closes: string) => {
      const plain = [from, to].map((end) => (end.startsWith('"') ? end.slice(1, -1) : end))
      const ends = plain.map((end) => (end === '' ? '' : mask(end)))
      const [low = '', high = ''] = ends
      if (!ends.includes('') && isAfter(low, high) && !isAfter(plain[0] ?? '', plain[1] ?? '')) ends.reverse()
      const [first, second] = ends.map((end, i) => ([from, to][i]!.startsWith('"') ? `"${end}"` : end))
      return `${opens}${first ?? ''},${second ?? ''}${closes}`
    })

const shortBytes = 24

/** As many of them; long ones are told apart by all of what they are. */
export const makeMaskBytes =
  (permutation: Permutation, key: string): Mask =>
  (text) => {
    const digits = text.replace(/^\\x/u, '')
    if (digits.length <= 2 * shortBytes) return `\\x${makeMaskHex(permutation)(digits)}`
    const other = createHash('shake256', { outputLength: digits.length / 2 })
    return `\\x${other.update(`${key}\n${digits}`).digest('hex')}`
  }

/** Hexadecimal digits by others, a dozen at a time; whatever stands between them stays. */
export const makeMaskHex =
  ({ at }: Permutation): Mask =>
  (text) => {
    let before = ''
    return text.replaceAll(/[0-9a-f]{1,12}/gu, (found) => {
      const masked = at(BigInt(`0x${found}`), 16n ** BigInt(found.length), `hex ${before}`).toString(16)
      before += found
      return masked.padStart(found.length, '0')
    })
  }

/** `0101`: as many of them. */
export const makeMaskBits =
  ({ at }: Permutation): Mask =>
  (text) =>
    text === ''
      ? text
      : at(BigInt(`0b${text}`), 2n ** BigInt(text.length), 'bits')
          .toString(2)
          .padStart(text.length, '0')

/** `'ill':4 'o''brien':2A`, `'ill' & !'well':*`: words by words, and where they stand. */
export const makeMaskLexemes =
  (text: MaskText): Mask =>
  (document) =>
    document.replaceAll(/'((?:[^']|'')*)'/gu, (_, lexeme: string) => `'${text(lexeme)}'`)

/** Version and variant stay what they are. */
export const makeMaskUuid = (permutation: Permutation): Mask => {
  const hex = makeMaskHex(permutation)
  return (text) => {
    const digits = text.replaceAll('-', '')
    if (digits.length !== 32) return hex(text)
    const free = hex(digits.slice(0, 12) + digits.slice(13, 16) + digits.slice(17))
    const whole = `${free.slice(0, 12)}${digits[12]}${free.slice(12, 15)}${digits[16]}${free.slice(15)}`
    return whole.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5')
  }
}

/** `192.168.0.7/24`, `2001:db8::1`: the mask of a network stays. */
export const makeMaskAddress =
  ({ at }: Permutation): Mask =>
  (text) => {
    const [address = '', ...rest] = text.split('/')
    const isFour = address.includes('.') && !address.includes(':')
    const masked = address.replaceAll(isFour ? /\d+/gu : /[0-9a-f]+/gu, (part) => {
      const value = BigInt(isFour ? part : `0x${part}`)
      if (value === 0n) return part
      const size = isFour ? 255n : 16n ** BigInt(part.length) - 1n
      const other = at(value - 1n, size, `address ${part.length}`) + 1n
      return isFour ? other.toString() : other.toString(16)
    })
    return [masked, ...rest].join('/')
  }
