import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  escapeLine,
  formatEntries,
  parseEntries,
  unescapeLine,
  type Entry,
  type NewEntry,
} from './text.ts'

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    ' ',
    '\\',
    '\\e',
    '\\u{41}',
    'a\nb',
    'a\r\nb',
    '\n',
    '\n\n',
    '| x',
    '# x',
    '<<<<<<< HEAD',
    '*/',
    '`${x}`',
    '</script>',
    '\u001b[31mred\u001b[0m',
    '\u202Eevil',
    '\ud800',
    '\u{e0041}',
    'o\'hara "x"',
    'tab\tend\t',
    '  two ',
  ),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((codes) => String.fromCharCode(...codes)),
)
const over = (children: fc.Arbitrary<NewEntry>): fc.Arbitrary<NewEntry> =>
  fc.record({
    keyword: fc.constantFrom('rule', 'says', 'structure', 'not-green', 'a'),
    text: hostile,
    children: fc.array(children, { maxLength: 3 }),
  })
const leaf: fc.Arbitrary<NewEntry> = fc.record({
  keyword: fc.constantFrom('is', 'red'),
  text: hostile,
  children: fc.constant([]),
})
const entry = over(over(leaf))

const withoutLines = (e: Entry): NewEntry => ({
  keyword: e.keyword,
  text: e.text,
  children: e.children.map(withoutLines),
})

describe('the line format of the ledger', () => {
  it('gives back every text, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), (entries) => {
        const { entries: read, malformed } = parseEntries(formatEntries(entries))
        expect(malformed).toEqual([])
        expect(read.map(withoutLines)).toEqual(entries)
      }),
      { numRuns: 500 },
    )
  })

  it('gives back every text after git has turned its line ends into CRLF', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), (entries) => {
        const crlf = formatEntries(entries).replaceAll('\n', '\r\n')
        expect(parseEntries(crlf).entries.map(withoutLines)).toEqual(entries)
      }),
    )
  })

  it('never prints a control, bidirectional or invisible character, and no line ends in a space', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const line = escapeLine(text)
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069\u200b-\u200f]|\s$|^$/u)
        expect(unescapeLine(line)).toBe(text)
      }),
    )
  })

  it.each('\u00a0 \u1680 \u2000 \u2003 \u200a \u202f \u205f \u3000'.split(' '))(
    'no line ends in the space %j',
    (space) => {
      expect(escapeLine(`a${space}`)).toBe(`a\\u{${space.codePointAt(0)!.toString(16)}}`)
    },
  )

  it('prints texts of several lines so that a reviewer can read them', () => {
    const text = formatEntries([
      {
        keyword: 'structure',
        text: 'view:recent',
        children: [{ keyword: 'is', text: ' SELECT id\n   FROM orders;' }],
      },
      { keyword: 'rule', text: 'x' },
    ])
    expect(text).toBe('structure view:recent\n  is  SELECT id\n    |    FROM orders;\n\nrule x\n')
  })

  it.each([
    ['  lost', 1, 'format'],
    ['rule a\n      too deep', 2, 'format'],
    ['rule a\n<<<<<<< HEAD\nrule b', 2, 'merge conflict'],
    ['rule \\q', 1, 'format'],
    ['| x', 1, 'continues no text'],
    ['Rule a', 1, 'format'],
    ['rule a ', 1, ''],
  ])('%j is malformed at line %i', (source, line, word) => {
    const { malformed } = parseEntries(source)
    if (word === '') return expect(malformed).toEqual([])
    expect(malformed).toHaveLength(1)
    expect(malformed[0]?.line).toBe(line)
    expect(malformed[0]?.summary).toContain(word)
  })
})
