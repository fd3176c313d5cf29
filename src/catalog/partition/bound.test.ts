import { describe, expect, it } from 'vitest'
import { parseBound, widthOf } from './bound.ts'

describe('a bound', () => {
  it.each([
    [
      `FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')`,
      { kind: 'range', from: [`'2024-01-01'`], to: [`'2024-02-01'`] },
    ],
    [
      `FOR VALUES FROM (MINVALUE, 1) TO ('a, b', '2024-01-01 00:00:00+00')`,
      { kind: 'range', from: ['MINVALUE', '1'], to: [`'a, b'`, `'2024-01-01 00:00:00+00'`] },
    ],
    [`FOR VALUES FROM (') TO (') TO ('x''y')`, { kind: 'range', from: [`') TO ('`], to: [`'x''y'`] }],
    [
      `FOR VALUES IN ('de', 'fr, be', 'it''s', NULL)`,
      { kind: 'list', values: [`'de'`, `'fr, be'`, `'it''s'`, 'NULL'] },
    ],
    ['FOR VALUES WITH (modulus 4, remainder 3)', { kind: 'hash', modulus: 4 }],
    ['DEFAULT', { kind: 'default' }],
  ])('%s', (text, parsed) => {
    expect(parseBound(text)).toEqual(parsed)
  })

  it.each([
    [`'2024-01-01'`, `'2024-02-01'`, '1 month'],
    [`'2024-02-01'`, `'2024-05-01'`, '3 months'],
    [`'2023-12-01'`, `'2024-12-01'`, '1 year'],
    [`'2024-02-26'`, `'2024-03-04'`, '7 days'],
    [`'2024-01-01 00:00:00+00'`, `'2024-01-01 06:00:00+00'`, '6 hours'],
    ['1', '1001', '1000'],
    [`'10'`, `'9007199254740993'`, '9007199254740983'],
    ['MINVALUE', '5', null],
    [`'a'`, `'b'`, null],
  ])('from %s to %s is %s wide', (from, to, width) => {
    expect(widthOf(from, to)).toBe(width)
  })
})
