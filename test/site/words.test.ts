/** The pure parts of the report's pages that read texts: SQL in colour, differences, addresses, hostile letters. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressOf, parseAddress, ruleOfExperiment, tableInId } from '../../src/site/address.ts'
import { shownText } from '../../src/site/shown-text.ts'
import { colouredRuns, sqlWords } from '../../src/site/sql-words.ts'
import { wordDiff } from '../../src/site/word-diff.ts'
import { idPart } from '../../src/ground/names.ts'

const hostile = fc.string({
  unit: fc.constantFrom(
    `'`,
    '"',
    '`',
    '$',
    '/',
    '-',
    '*',
    '\\',
    '\n',
    ' ',
    'a',
    'é',
    '1',
    '<',
    '\u202e',
    '(',
    'E',
  ),
  maxLength: 40,
})

describe('SQL in colour', () => {
  test('says again what it was given, whatever that is', () => {
    fc.assert(
      fc.property(hostile, (sql) => {
        expect(
          colouredRuns(sql)
            .map(({ text }) => text)
            .join(''),
        ).toBe(sql)
      }),
    )
  })

  test('knows keywords, names, strings, comments and numbers', () => {
    const words = sqlWords(`insert into "a b" values ('it''s', 12.5) -- done`)
    expect(words.filter(({ kind }) => kind !== 'other')).toEqual([
      { kind: 'keyword', text: 'insert' },
      { kind: 'keyword', text: 'into' },
      { kind: 'name', text: '"a b"' },
      { kind: 'keyword', text: 'values' },
      { kind: 'string', text: `'it''s'` },
      { kind: 'number', text: '12.5' },
      { kind: 'comment', text: '-- done' },
    ])
  })

  test('a keyword inside a string or a quoted name is none', () => {
    expect(sqlWords(`'select' "from" $$where$$`).map(({ kind }) => kind)).toEqual([
      'string',
      'other',
      'name',
      'other',
      'string',
    ])
  })
})

describe('differences', () => {
  test('the parts that are not new are the text before, those that are not gone the text after', () => {
    fc.assert(
      fc.property(hostile, hostile, (before, after) => {
        const parts = wordDiff(before, after)
        const without = (change: string): string =>
          parts.flatMap((part) => (part.change === change ? [] : [part.text])).join('')
        expect(without('gone')).toBe(after)
        // Keywords in other letters are the same word: the text after is what is shown of it.
        expect(without('new').toLowerCase()).toBe(before.toLowerCase())
      }),
    )
  })

  test('one operator that changed is one word', () => {
    expect(wordDiff('check (price >= 0)', 'CHECK (price > 0)')).toEqual([
      { change: 'same', text: 'CHECK (price >' },
      { change: 'gone', text: '=' },
      { change: 'same', text: ' 0)' },
    ])
  })

  test('long texts end too', () => {
    const long = Array.from({ length: 5_000 }, (_, i) => `word${i}`).join(' ')
    const other = Array.from({ length: 5_000 }, (_, i) => `other${i}`).join(' ')
    expect(wordDiff(`a ${long} z`, `a ${other} z`)).toEqual([
      { change: 'same', text: 'a ' },
      { change: 'gone', text: long },
      { change: 'new', text: other },
      { change: 'same', text: ' z' },
    ])
  })
})

describe('addresses', () => {
  test('say again where they lead, with any name', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (architecture, id, kind) => {
        const parsed = parseAddress(addressOf(architecture, 'rule', id, { kind }))
        expect(parsed).toMatchObject({ architecture, page: 'rule', id })
        expect(parsed.query.get('kind') ?? '').toBe(kind)
      }),
    )
  })

  test('what is no address leads to the first page', () => {
    expect(parseAddress('').page).toBe('overview')
    expect(parseAddress('#/commerce/nowhere/x').page).toBe('overview')
    expect(parseAddress('#/%E0%A4%A/board').page).toBe('board')
  })

  test('the table of an id ends at the first slash outside quotes', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        expect(tableInId(`${idPart(name)}/unique:a`)).toBe(idPart(name))
      }),
    )
    expect(tableInId('function:current_tenant()')).toBe('')
    expect(ruleOfExperiment('products/unique:"a#b"#12')).toBe('products/unique:"a#b"')
  })
})

test('letters that turn or hide others are written out, and joiners of words stay', () => {
  expect(shownText('a\u202eb\u200bc\u0007d\ud800')).toBe(String.raw`a\u202eb\u200bc\u0007d\ud800`)
  expect(shownText('a\nb\u200dc 日本 😀')).toBe('a\nb\u200dc 日本 😀')
})
