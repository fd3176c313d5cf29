import { runInThisContext } from 'node:vm'
import fc from 'fast-check'
import * as prettier from 'prettier'
import { describe, expect, test } from 'vitest'
import { call, entry, object } from './code.ts'
import { docComment, exportConst } from './layout.ts'
import { docLines, key, sql, text } from './literals.ts'

const pieces = [
  `'`,
  '"',
  '`',
  '\\',
  '${',
  '}',
  '*/',
  '/*',
  '//',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '\u2028',
  '\u2029',
  '\u0001',
  '\u200e',
  '\ufeff',
  '\\u',
  '\\x',
  '</script>',
  'é',
  '表',
  '😀',
  'a',
  ' ',
  '$',
  '__proto__',
]
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
)

const evaluated = (code: string): unknown => runInThisContext(`(${code})`)
const codeText = (code: ReturnType<typeof text>): string => (code.kind === 'atom' ? code.text : '')
const format = (source: string): Promise<string> =>
  prettier.format(source, { parser: 'typescript', singleQuote: true, semi: false, printWidth: 110 })

describe('text of the database in code', () => {
  test('is itself again, as text, as SQL and as a property', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(evaluated(codeText(text(value)))).toBe(value)
        expect(evaluated(codeText(sql(value)))).toBe(value)
        expect(Object.keys(evaluated(`({ ${key(value)}: 1 })`) as object)).toEqual([value])
      }),
    )
  })

  test('stands on one line, SQL aside', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(codeText(text(value))).not.toMatch(/[\n\r\u2028\u2029]/u)
        expect(key(value)).not.toMatch(/[\n\r\u2028\u2029]/u)
        expect(codeText(sql(value))).not.toMatch(/[\r\u2028\u2029]/u)
      }),
    )
  })

  test('is what Prettier would print', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (name, value) => {
        const code = call('f', text(value), object([entry(key(name), sql(value))]))
        const source = exportConst('a', code, docLines(value))
        expect(await format(source)).toBe(source)
      }),
      { numRuns: 100 },
    )
  })

  test('never ends the comment that it stands in', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(runInThisContext(`${docComment(docLines(value), 0)}1`)).toBe(1)
      }),
    )
  })

  test('keeps its backslashes where a reader looks for a pattern', () => {
    expect(codeText(sql(String.raw`code ~ '^\d+$'`))).toBe(String.raw`String.raw${'`'}code ~ '^\d+$'${'`'}`)
    expect(codeText(sql(`status = 'open'`))).toBe(`\`status = 'open'\``)
    expect(codeText(sql('price >= 0'))).toBe(`'price >= 0'`)
    expect(codeText(text(`it's`))).toBe("`it's`")
  })
})
