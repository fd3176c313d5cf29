import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dataScript, htmlText, indexHtml, mutantsHtml } from './site-html.ts'

const hostile = [
  `</script><script>alert(1)</script>`,
  `<!--`,
  `]]>`,
  `'); alert(1); ('`,
  '\u2028\u2029',
  '\\u0027',
  '`${1}`',
  '\ud800',
  '*/',
]

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hostile))

const readBack = (script: string): unknown => {
  const read: unknown[] = []
  runInNewContext(script, { assayData: (key: string, json: string) => read.push([key, JSON.parse(json)]) })
  expect(read).toHaveLength(1)
  return read[0]
}

describe('a data file', () => {
  test('gives back what was written, whatever its texts and keys are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(text), (value, texts) => {
        const data = { value, texts, byName: Object.fromEntries(texts.map((name, i) => [name, i])) }
        expect(readBack(dataScript('a0-t1', data))).toEqual(['a0-t1', JSON.parse(JSON.stringify(data))])
      }),
    )
  })

  test('has no text that would end its script, its line or its comment', () => {
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        expect(dataScript('index', texts).trimEnd()).not.toMatch(/<|\n|\r|\u2028|\u2029/u)
      }),
    )
  })

  test('a key __proto__ is a key', () => {
    const [, read] = readBack(dataScript('index', JSON.parse('{"__proto__": {"polluted": 1}}'))) as [
      string,
      object,
    ]
    expect(Object.hasOwn(read, '__proto__')).toBe(true)
    expect((read as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('the pages', () => {
  test('say hostile names as text', () => {
    fc.assert(
      fc.property(text, (name) => {
        for (const html of [indexHtml([name]), mutantsHtml(name, 'a0-mutation')]) {
          const [, title] = /<title>([^<]*)<\/title>/u.exec(html) ?? []
          expect(title).toBe(
            html.startsWith(indexHtml([name]))
              ? `${htmlText(name)} · Assay report`
              : `Mutants of ${htmlText(name)}`,
          )
          expect(html.match(/<script/gu)).toHaveLength(html.includes('mutants.js') ? 3 : 2)
        }
      }),
    )
  })

  test('allow nothing from outside', () => {
    expect(indexHtml(['shop'])).toContain(`default-src 'none'; script-src 'self' file:`)
    expect(indexHtml(['shop'])).not.toMatch(/https?:/u)
  })
})
