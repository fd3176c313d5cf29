import { beforeAll, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { conditionsOf } from './conditions.ts'

beforeAll(loadParser)

const found = (where: string) =>
  conditionsOf(`select from t where ${where}`, () => ['a', 'b']).all.map(({ parameter, use, expression }) => [
    parameter,
    use,
    expression,
  ])

it.each([
  ['lower(a) = lower($1)', [[1, 'equal', 'a']]],
  ['lower($1) = lower(a)', [[1, 'equal', 'a']]],
  ["date_trunc('day', a) = date_trunc('day', $1::timestamptz)", [[1, 'equal', 'a']]],
  // Of other functions, or with other arguments, nothing follows for what is inside.
  ["date_trunc('day', a) = date_trunc('month', $1::timestamptz)", []],
  ['lower(a) = upper($1)', []],
  ['lower(a) < lower($1)', []],
  ['lower(a) = $1', [[1, 'equal', 'lower(a)']]],
  [
    '(a, b) = ($1, $2)',
    [
      [1, 'equal', 'a'],
      [2, 'equal', 'b'],
    ],
  ],
])('what the parameters of %s are compared with', (where, conditions) => {
  expect(found(where)).toEqual(conditions)
})
