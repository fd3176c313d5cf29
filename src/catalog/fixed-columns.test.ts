import { beforeAll, expect, test } from 'vitest'
import { loadParser } from '../postgres/parse.ts'
import { fixedColumns } from './fixed-columns.ts'

beforeAll(loadParser)

test('columns that equal a constant, alone or beside other conditions', () => {
  expect(fixedColumns(`("State of it")::text = 'active'::text`)).toEqual(['State of it'])
  expect(fixedColumns(`a = 1 AND b > 2 AND (c = false AND d IS NOT NULL)`)).toEqual(['a', 'c'])
})

test('no others', () => {
  const others = [
    'a = 1 or b = 2',
    'not (a = 1)',
    'a = b',
    'a = null',
    'a <> 1',
    'a = any (array[1, 2])',
    'lower(a) = 1',
    'a::integer = 5',
  ]
  expect([null, ...others, 'a = ('].flatMap(fixedColumns)).toEqual([])
})
