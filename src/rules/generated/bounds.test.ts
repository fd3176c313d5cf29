import { beforeAll, expect, test } from 'vitest'
import { plainColumn } from '../../catalog/plain-column.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'
import { lengthOf, magnitudeOf, scaleOf } from './bounds.ts'

beforeAll(() => loadParser())

const columns = new Map(
  [
    plainColumn('w', 'smallint', { baseType: 'smallint' }),
    plainColumn('i', 'integer', { baseType: 'integer' }),
    plainColumn('n', 'numeric(6,2)', { baseType: 'numeric', modifier: ((6 << 16) | 2) + 4 }),
    plainColumn('s', 'character varying(10)', { baseType: 'character varying', modifier: 14 }),
    plainColumn('t', 'text', { baseType: 'text' }),
    plainColumn('f', 'double precision', { baseType: 'double precision' }),
    plainColumn('d', 'date', { baseType: 'date' }),
    plainColumn('v', 'interval', { baseType: 'interval' }),
  ].map((column) => [column.name, column]),
)

const tree = (sql: string): unknown => parseExpression(sql)

test.each([
  ['w', '32768.0'],
  ['w + i', '(32768.0 + 2147483648.0)'],
  ['- w * 2', '((32768.0) * abs(2.0))'],
  ['i / 100.0', '(2147483648.0 / abs(100.0))'],
  ['i % 7', 'abs(7.0)'],
  ['n::integer', '(9999.99 + 1)'],
  ['case when w > 0 then w else null end', 'greatest(32768.0)'],
  ['coalesce(w, 0)', 'greatest(32768.0, abs(0.0))'],
  ['extract(month from d)', '367.0'],
  ['extract(year from d)', null],
  ['extract(epoch from d)', null],
  ['extract(hour from d::timestamp)', '367.0'],
  ['extract(hour from v)', null],
  ['i / w', null],
  ['f * 2', null],
  ['own.twice(w)', null],
  ['round(n / 12, 2)', '((9999.99 / abs(12.0)) + 1)'],
  [`round(n) + length(s)`, '((9999.99 + 1) + 10.0)'],
])('%s is at most %s', (sql, bound) => {
  expect(magnitudeOf(tree(sql), columns)).toBe(bound)
})

test.each([
  [`s || 'x'`, `(10.0 + char_length('x'))`],
  [`w::text || s`, '((char_length(trunc(32768.0)::text) + 1) + 10.0)'],
  [`case when w > 0 then 'yes' else 'no' end`, `greatest(char_length('yes'), char_length('no'))`],
  [`'00123'::text`, `char_length('00123')`],
  ['t', null],
  ['left(t, 5)', '5.0'],
  ['left(t, -5)', null],
  ['substr(t, 2, 3)', '3.0'],
  ['upper(s)', '(10.0 * 3.0)'],
  ['md5(t)', '32.0'],
  ['lpad(t, 8)', '8.0'],
  ['own.short(t)', null],
  [`t || 'x'`, null],
])('%s is no longer than %s', (sql, bound) => {
  expect(lengthOf(tree(sql), columns)).toBe(bound)
})

test.each([
  ['n', 2],
  ['- n', 2],
  ['n * i', 2],
  ['n * n', 4],
  ['n + 0.005', 3],
  ['case when w > 0 then n else - n end', 2],
  ['case when w > 0 then n else 0 end', null],
  ['coalesce(n, 0.00)', 2],
  ['n / 2', null],
  ['round(n, 1)', null],
  ['f', null],
])('%s has %s digits behind the point', (sql, scale) => {
  expect(scaleOf(tree(sql), columns)).toBe(scale)
})
