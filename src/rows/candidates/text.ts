/** Text of every kind: values that read like the column's name, constants, patterns, wanted lengths and well-known formats. */
import { literal } from '../../postgres/quote.ts'
import type { ValueClues } from '../constants.ts'
import { matchingStrings, nearMisses } from '../pattern.ts'
import type { TextPattern } from '../pattern-syntax.ts'
import { numbersOfLengths, withCheckDigits } from './check-digits.ts'
import { familyLetter, type Slot, type TypeFamily } from './family.ts'
import { listedParts } from './listed-parts.ts'
import { registeredNumbers } from './registered-numbers.ts'

const names = new Set([
  'text',
  'character varying',
  'character',
  'name',
  'bpchar',
  '"char"',
  'public.citext',
  'citext',
])

/** The n of varchar(n) and char(n); Infinity for none. */
const textLimit = (slot: Slot): number => {
  if (slot.type === '"char"') return 1
  if (slot.type === 'name') return 63
  if (slot.modifier >= 4 && slot.type !== 'text') return slot.modifier - 4
  return slot.type === 'character' ? 1 : Infinity
}

/** Long runs are written as repeat(), so that rows stay readable. */
const textLiteral = (text: string): string => {
  const run = /^(.{0,20}?)(.)\2{59,}(.{0,20})$/su.exec(text)
  if (!run) return literal(text)
  const [, head = '', char = '', tail = ''] = run
  const parts = [`repeat(${literal(char)}, ${text.length - head.length - tail.length})`]
  if (head) parts.unshift(literal(head))
  if (tail) parts.push(literal(tail))
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' || ')})`
}

const words = (name: string): string => {
  const cleaned = name
    .replaceAll(/([a-z])([A-Z])/gu, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
  return cleaned === '' || cleaned.length > 40 ? 'text' : cleaned
}

const prose =
  /name|title|label|description|text|body|comment|note|address|city|street|summary|reason|message/u

const formats = (letter: string, n: number): readonly string[] => [
  `${letter}@example.com`,
  `https://example.com/${letter}`,
  `${letter}.example.com`,
  `+1555555010${n}`,
  `2024-01-0${1 + n}`,
  `00000000-0000-4000-8000-00000000100${n}`,
  `10.0.0.${1 + n}`,
  `#${letter.repeat(6)}`,
  `{"key": "${letter}"}`,
  `100${n}`,
  `Passw0rd-${letter}!`,
  `${letter.toUpperCase()}`,
]

/** Addresses of schemes that are told apart, where one is spoken of. */
const addresses = ({ constants, patterns }: ValueClues): readonly string[] =>
  [...constants, ...patterns.map(({ text: of }) => of)].some((of) => /https?/u.test(of))
    ? ['http', 'https', 'ftp', 'HTTP', 'HTTPS'].map((scheme) => `${scheme}://example.com/a`)
    : []

const typicalText = (slot: Slot, family: number): string => {
  const letter = familyLetter(family)
  const limit = textLimit(slot)
  const stem = words(slot.name)
  const wanted = /(?:^|-)e?-?mail(?:$|-)/u.test(stem)
    ? `${letter}@example.com`
    : /(?:^|-)ur[li](?:$|-)/u.test(stem)
      ? `https://example.com/${letter}`
      : prose.test(stem)
        ? `${stem.replaceAll('-', ' ')} ${letter}`
        : `${stem}-${letter}`
  if (slot.type !== 'character' && wanted.length <= limit) return wanted
  return letter.repeat(Math.min(limit, 12))
}

/** What a LIKE pattern wants before its first wildcard. */
const startsOf = (patterns: readonly TextPattern[]): readonly string[] =>
  patterns.flatMap(({ syntax, text }) => (syntax === 'like' ? [/^[^%_\\]*/u.exec(text)?.[0] ?? ''] : []))

/** Matching strings, those of wanted lengths too, with a short constant written over their start or end. */
const overwritten = (
  matching: readonly (readonly string[])[],
  constants: readonly string[],
  lengths: readonly number[] = [],
): string[] =>
  matching.flatMap((m) =>
    [
      ...m.slice(0, 3),
      ...m
        .slice(3)
        .filter((text) => lengths.includes(text.length))
        .slice(0, 3),
    ].flatMap((text) =>
      constants
        .filter((c) => c.length > 0 && c.length < text.length && c.length <= 12)
        .slice(0, 12)
        .flatMap((c) => [c + text.slice(c.length), text.slice(0, -c.length) + c]),
    ),
  )

const known = new Map<string, readonly string[]>()

/** The same pattern often stands in many tables. */
const matchingOnce = (pattern: TextPattern, lengths: readonly number[]): readonly string[] => {
  const key = JSON.stringify([pattern, lengths])
  const found = known.get(key) ?? matchingStrings(pattern, lengths)
  if (known.size > 500) known.clear()
  known.set(key, found)
  return found
}

/** The most varied of the shorter strings: it has the optional parts too. */
const elaborate = (strings: readonly string[]): string => {
  const kinds = (s: string): number =>
    [/[a-z]/u, /[A-Z]/u, /\d/u].filter((k) => k.test(s)).length + new Set(s.replaceAll(/[a-z\d]/giu, '')).size
  return strings.filter((s) => s.length <= 24).reduce((a, b) => (kinds(b) > kinds(a) ? b : a), '')
}

/** Characters of the longest text that is written out; a longer one is one letter all along, and PostgreSQL makes it. */
const longest = 100_000
const longestRepeated = 2_000_000

const repeatedLetters = (slot: Slot, clues: ValueClues): readonly string[] => {
  const limit = Math.min(textLimit(slot), longestRepeated)
  const all = new Set(clues.lengths.flatMap((n) => [n, n + 1, n - 1]))
  return [...all].filter((n) => n > longest && n <= limit).map((n) => `repeat('a', ${n})`)
}

const lengthsWanted = (slot: Slot, clues: ValueClues): number[] => {
  const limit = textLimit(slot)
  const all = clues.lengths.flatMap((n) => [n, n + 1, n - 1])
  if (limit !== Infinity) all.push(limit)
  return [...new Set(all)].filter((n) => n >= 0 && n <= limit && n <= longest)
}

/** Whole numbers that it speaks of: a length may be among them, by whatever name it is compared. */
const spokenOf = ({ constants }: ValueClues): readonly number[] =>
  constants.filter((one) => /^\d{1,2}$/u.test(one)).map(Number)

/** The typical text of a family stretched or cut to a length. */
const ofLength = (slot: Slot, family: number, length: number): string => {
  const text = typicalText(slot, family)
  return text.length >= length ? familyLetter(family).repeat(length) : text + 'x'.repeat(length - text.length)
}

export const isText = (slot: Slot): boolean =>
  names.has(slot.type) || /(?:^|\.)(?:citext|ltree)$/u.test(slot.type)

export const text: TypeFamily = {
  serves: isText,
  typical: (slot, family) => textLiteral(typicalText(slot, family)),
  near: (slot, clues) => {
    const limit = textLimit(slot)
    const wanted = lengthsWanted(slot, clues)
    const patterns = new Set(clues.patterns.map((p) => p.text))
    const counts = new Set(clues.lengths.map(String))
    const constants = clues.constants.filter((c) => !patterns.has(c) && !counts.has(c))
    const matching = clues.patterns.map((p) => matchingOnce(p, wanted))
    const found = [
      ...constants,
      ...(clues.patterns.length > 0 ? [0, 1, 2].flatMap((n) => formats(familyLetter(n), n)) : []),
      ...matching.flatMap((m) => m.slice(0, 6)),
      ...registeredNumbers(slot, clues),
      ...wanted.flatMap((n) => [0, 1, 2].map((family) => ofLength(slot, family, n))),
      ...matching.flatMap((m) => m.slice(6)),
      ...overwritten(matching, constants),
      ...wanted.flatMap((n) =>
        [0, 1, 2].flatMap((f) => [ofLength(slot, f, n).toUpperCase(), String(f + 1).repeat(n)]),
      ),
      ...[0, 1, 2].map((family) => typicalText(slot, family).toUpperCase()),
      // Its capital sorts after it, other than with letters of ASCII.
      ...wanted.map((n) => 'ÿ'.repeat(Math.min(n, 200))),
      ...constants
        .slice(0, 12)
        .flatMap((c) => [
          `${c}x`,
          `x${c}`,
          `${c}a`,
          c.slice(0, -1),
          c.toUpperCase(),
          c.toLowerCase(),
          ` ${c}`,
          `${c} `,
        ]),
      ...matching.flatMap((m) => (m[0] === undefined ? [] : nearMisses(m[0]))),
      ...matching.flatMap((m) => nearMisses(elaborate(m))),
      ...withCheckDigits(overwritten(matching, constants)),
      ...listedParts(matching, clues.constants),
      ...addresses(clues),
      ...(clues.remainders ? withCheckDigits(numbersOfLengths([...wanted, ...spokenOf(clues)])) : []),
    ]
    const isFitting = (t: string): boolean => Array.from(t).length <= limit && !t.includes('\0')
    const fitting = [...new Set(found)].filter(isFitting).slice(0, 400)
    const starts = startsOf(clues.patterns).filter((start) => start !== '')
    const begun = starts.length === 0 ? [] : withCheckDigits(overwritten(matching, starts, wanted))
    return [
      ...[...new Set([...fitting, ...begun.filter(isFitting)])].map(textLiteral),
      ...repeatedLetters(slot, clues),
      ...clues.computed.map((sql) => `(${sql})`),
    ]
  },
  edges: (slot) => {
    const limit = textLimit(slot)
    const plain = [
      '',
      ' ',
      'a',
      'A',
      '1',
      'aa',
      'AB',
      'abc',
      'a b',
      'ä',
      'ÿ',
      'x'.repeat(8),
      'UTC',
      'en',
      'USD',
      'true',
    ]
    const all = [0, 1, 2].flatMap((n) => formats(familyLetter(n), n))
    // What is read as a pattern or a document is neither.
    const torn = ['(', '{']
    const full = limit === Infinity ? [] : [0, 1, 2].map((n) => familyLetter(n).repeat(limit))
    return [...new Set([...plain, ...all, ...full, ...torn])]
      .filter((t) => Array.from(t).length <= limit)
      .map(textLiteral)
  },
}
