import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { displayWidth } from '../ground/display-width.ts'
import { envelopeText } from './envelope.ts'
import { printable, proseAndCode, wrap } from './printable.ts'

// What a terminal obeys or hides; line ends and tabs are left to who prints.
// eslint-disable-next-line no-control-regex
const hostile = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u

const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001B[31m',
      '\u009b',
      '\u202e',
      '\n',
      '\t',
      ' ',
      '`',
      '${',
      '*/',
      '</script>',
      '注',
      '\ud800',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
})

describe('text for a terminal', () => {
  test('nothing in it steers the terminal', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(printable(text)).not.toMatch(hostile)
        // Throws for half of a letter.
        expect(() => encodeURIComponent(printable(text))).not.toThrow()
      }),
    )
  })

  test('what people write stays as it is', () => {
    for (const text of ['Größe ✓ 注文', '👩‍👩‍👧 🇩🇪', 'it\'s "x" `y` */', 'a\tb\nc', 'نسخه‌ها'])
      expect(printable(text)).toBe(text)
  })

  test('JSON with it reads back the same', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const envelope = {
          ok: true,
          command: 'x',
          summary: { [text]: text },
          findings: [],
          next: [text],
          artifacts: [],
        }
        const json = envelopeText(envelope)
        expect(json).not.toMatch(hostile)
        expect(JSON.parse(json)).toEqual(envelope)
      }),
    )
  })
})

describe('lines', () => {
  test('none is wider than there is room, unless a word is', () => {
    fc.assert(
      fc.property(
        fc.array(nasty, { maxLength: 30 }),
        fc.integer({ min: 40, max: 120 }),
        fc.integer({ min: 0, max: 10 }),
        (words, width, indent) => {
          const [first = '', ...later] = wrap(words.join(' '), width, indent).split('\n')
          for (const line of [' '.repeat(indent) + first, ...later]) {
            const isOneWord = !line.trim().includes(' ')
            expect(displayWidth(line) <= width || isOneWord, JSON.stringify(line)).toBe(true)
          }
          for (const line of later) expect(line.startsWith(' '.repeat(indent))).toBe(true)
        },
      ),
    )
  })

  test('every word is kept, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-zü注]{1,30}$/u), { minLength: 1 }), (words) => {
        expect(wrap(words.join('  '), 60, 4).split(/\s+/u)).toEqual(words)
      }),
    )
  })

  test('wide letters take their room', () => {
    expect(wrap('注文明細の合計 注文明細の合計 注文明細の合計', 40, 4)).toBe(
      '注文明細の合計 注文明細の合計\n    注文明細の合計',
    )
  })

  test('SQL below the prose stays as it is', () => {
    const sql = `alter table "t" add constraint "c" check (a <> 'two  spaces' and b <> 'and a line that is far too long for it');`
    expect(proseAndCode(`add to a migration:\n${sql}`, 60, 10)).toBe(`add to a migration:\n          ${sql}`)
  })

  test('and breaks the long lines of a plan below their node, a sign before them apart', () => {
    const plan = [
      'Limit',
      '-   Index Only Scan using orders_recent on orders (Index Cond: tenant_id, user_id)',
      '+   Seq Scan on orders',
    ]
    expect(proseAndCode(['It was', ...plan].join('\n'), 60, 10).split('\n')).toEqual([
      'It was',
      '          Limit',
      '          -   Index Only Scan using orders_recent on',
      '                orders (Index Cond: tenant_id, user_id)',
      '          +   Seq Scan on orders',
    ])
  })
})
