/** Stand-ins are of the same form, differ where values differed, and are alike where these were. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  makeMaskAddress,
  makeMaskBytes,
  makeMaskHex,
  makeMaskBits,
  makeMaskJson,
  makeMaskLexemes,
  makeMaskList,
  makeMaskRange,
  makeMaskUuid,
} from './forms.ts'
import { makeMaskNumber } from './numbers.ts'
import { makePermutation } from './permutation.ts'
import { makeMaskText } from './text.ts'
import { makeMaskTimes } from './times.ts'

const permutation = makePermutation('a key')
const number = makeMaskNumber(permutation)
const times = makeMaskTimes(permutation)
const text = makeMaskText({ permutation, number: number.text, times, vocabulary: ['SKU', 'paid'] })

/** Letters of each alphabet by one letter. */
const formOf = (value: string): string =>
  value.replaceAll(/\d/gu, '9').replaceAll(/[a-z]/gu, 'a').replaceAll(/[A-Z]/gu, 'A')

describe('a permutation', () => {
  it('meets every number once, whatever their count', () => {
    for (const size of [1, 2, 3, 7, 10, 97, 1000]) {
      const met = new Set(
        Array.from({ length: size }, (_, i) => permutation.at(BigInt(i), BigInt(size), 't')),
      )
      expect(met.size).toBe(size)
    }
    // One that needs several digests for each half, too.
    const wide = Array.from({ length: 300 }, (_, i) => permutation.at(BigInt(i), 10n ** 400n, 't'))
    expect(new Set(wide).size).toBe(300)
    const size = 10n ** 18n
    const far = Array.from({ length: 500 }, (_, i) => permutation.at(BigInt(i), size, 't'))
    expect(new Set(far).size).toBe(500)
    expect(far.every((n) => n >= 0n && n < size)).toBe(true)
  })

  it('is another one under another key', () => {
    const other = makePermutation('another key')
    const met = [permutation, other].map((one) => one.at(12_345n, 10n ** 12n, 't'))
    expect(met[0]).not.toBe(met[1])
  })
})

describe('text', () => {
  it('keeps its form, and words that are of nobody', () => {
    const masked = text('Anna.Berg-2@Example.com, SKU-0042')
    expect(masked).not.toMatch(/anna|berg|example|0042/iu)
    expect(formOf(masked)).toBe(
      formOf('Anna.Berg-2@Example.com, SKU-0042').replace(/Aaaaaaa\.aaa/u, 'Aaaaaaa.aaa'),
    )
    expect(masked).toMatch(/\.com, SKU-\d{4}$/u)
    expect(text('paid')).toBe('paid')
    expect(text('  ')).toBe('  ')
    expect(text('TRUE')).toBe('TRUE')
  })

  it('says the same of small letters, of capitals and of what is trimmed', () => {
    const words = fc
      .stringMatching(/^[A-Za-zÀ-ÖØ-öø-þα-ρа-я0-9]{1,30}$/u)
      .filter((one) => /\p{L}\p{L}/u.test(one))
    fc.assert(
      fc.property(words, (value) => {
        expect(text(value.toLowerCase())).toBe(text(value).toLowerCase())
        expect(text(` ${value} `)).toBe(` ${text(value)} `)
      }),
    )
  })

  it('differs where values differ, and has as many letters', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 60 }),
        (values) => {
          const masked = values.map(text)
          expect(new Set(masked).size).toBe(values.length)
          expect(masked.map((one) => Array.from(one).length)).toEqual(
            values.map((one) => Array.from(one).length),
          )
        },
      ),
    )
    const short = Array.from({ length: 676 }, (_, i) =>
      String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26)),
    )
    expect(new Set(short.map(text)).size).toBe(676)
  })

  it('that is a number or a date stays one', () => {
    expect(text('30000')).toMatch(/^(?:[12]\d{4}|3[0-2]\d{3})$/u)
    expect(text('-0.50')).toMatch(/^-0\.[1-9]0$/u)
    expect(Date.parse(text('2024-02-29'))).not.toBeNaN()
    expect(text('2024-02-30')).toMatch(/^\d{4}-02-30$/u)
    expect(text('2024-02-30')).not.toMatch(/^2024/u)
    expect(text('007')).toMatch(/^00[1-9]$/u)
    expect(text('12 rue X')).toMatch(/^\d\d \p{L}{3} \p{L}$/u)
  })
})

describe('numbers and times', () => {
  it('keep sign and size, and differ where they differed', () => {
    const met = new Set(Array.from({ length: 2_000 }, (_, i) => number.text(String(i - 1_000))))
    expect(met.size).toBe(2_000)
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (value) => {
        const masked = BigInt(number.text(value.toString()))
        expect(masked.toString().length).toBe(value.toString().length)
        expect(masked < 0n).toBe(value < 0n)
        expect(masked > 2n ** 31n - 1n).toBe(value > 2n ** 31n - 1n)
      }),
    )
    expect(number.text(`3.${'1415926535'.repeat(40)}`)).toMatch(/^\d\.\d{400}$/u)
    const cents = Array.from({ length: 100 }, (_, i) => number.text(`7.${String(i).padStart(2, '0')}`))
    expect(new Set(cents).size).toBe(100)
    expect(makeMaskNumber(permutation, [50n]).text('42')).toMatch(/^[1-4]\d$/u)
    expect(['NaN', 'Infinity', '0', '0.00'].map(number.text)).toEqual(['NaN', 'Infinity', '0', '0.00'])
  })

  it('stay in their year or month, midnight at midnight', () => {
    const year = Array.from({ length: 366 }, (_, i) =>
      new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10),
    )
    expect(year.map(times.date).toSorted()).toEqual(year)
    expect(times.moment('2024-02-29 10:11:12.5+00')).toMatch(/^2024-02-[012]\d \d\d:\d\d:\d\d\.\d\+00$/u)
    expect(times.moment('2024-02-29 00:00:00+00')).toMatch(/^2024-02-\d\d 00:00:00\+00$/u)
    expect(times.moment('infinity')).toBe('infinity')
    expect(times.time('10:11')).toMatch(/^\d\d:\d\d$/u)
  })
})

describe('ranges', () => {
  it('begin before they end, under any key', () => {
    for (let key = 0; key < 40; key += 1) {
      const keyed = makePermutation(`key ${key}`)
      const days = makeMaskRange(makeMaskTimes(keyed).date)
      const [, from = '', to = ''] = /^\[(2024-\d\d-\d\d),(2024-\d\d-\d\d)\)$/u.exec(
        days('[2024-01-02,2024-03-04)'),
      )!
      expect(from < to).toBe(true)
      const moments = makeMaskRange(makeMaskTimes(keyed).moment)
      const [, first = '', last = ''] = /^\{\["([^"]+)","([^"]+)"\),\(,"[^"]+"\]\}$/u.exec(
        moments('{["2024-03-10 10:00:00+00","2024-03-10 12:00:00+00"),(,"2024-05-01 00:00:00+00"]}'),
      )!
      expect(first < last).toBe(true)
      const [, low = '', high = ''] = /^\[(\d+),(\d+)\]$/u.exec(
        makeMaskRange(makeMaskNumber(keyed).text)('[20,90]'),
      )!
      expect(Number(low)).toBeLessThan(Number(high))
    }
    expect(makeMaskRange(text)('empty')).toBe('empty')
    expect(makeMaskRange(text)('(,)')).toBe('(,)')
  })
})

describe('other forms', () => {
  it('stay what they are', () => {
    const json = makeMaskJson(text, number.text, new Set(['name', 'n']))
    const document = json(
      '{"name": "Anna \\"Berg\\"", "n": [1.50, null, true], "anna@berg.se": 2, "Anna": {"berg": 1}}',
    )
    expect(document).not.toMatch(/anna|berg/iu)
    expect(JSON.parse(document)).toMatchObject({
      name: expect.any(String),
      n: [expect.any(Number), null, true],
    })
    const bits = makeMaskBits(permutation)
    expect(new Set(['000', '001', '010', '011', '100', '101', '110', '111'].map(bits)).size).toBe(8)
    expect(bits('')).toBe('')
    expect(makeMaskLexemes(text)(`'anna':1A,12 'o''berg':3`)).toMatch(
      /^'(?!anna)\p{L}{4}':1A,12 '\p{L}''\p{L}{4}':3$/u,
    )
    const list = makeMaskList(text)
    expect(list('{NULL,"Anna, \\"B\\"",Berg,""}')).toMatch(
      /^\{NULL,"\p{L}{4}, \\"\p{L}\\"","\p{L}{4}",""\}$/u,
    )
    expect(makeMaskUuid(permutation)('3f2b8c1e-1111-4abc-9def-000000000001')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-9[0-9a-f]{3}-[0-9a-f]{12}$/u,
    )
    expect(makeMaskHex(permutation)('00ff')).toMatch(/^[0-9a-f]{4}$/u)
    const bytes = makeMaskBytes(permutation, 'k')
    expect(bytes('\\x')).toBe('\\x')
    expect(bytes(`\\x${'ab'.repeat(100)}`)).toMatch(/^\\x[0-9a-f]{200}$/u)
    expect(makeMaskAddress(permutation)('192.168.0.7/24')).toMatch(/^\d+\.\d+\.0\.\d+\/24$/u)
  })
})
