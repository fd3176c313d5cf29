/** What is aimed at where a budget names no time. */
import { expect, test } from 'vitest'
import type { QueryRule } from '../architecture/kinds/query.ts'
import { targetOf } from './query-target.ts'

const over = (reads: number, sql: string, p95?: string): ReturnType<typeof targetOf> =>
  targetOf({
    reads: Array.from({ length: reads }, (_, i) => `t${i}`),
    forms: [{ sql, parameters: [], call: null }],
    budget: p95 === undefined ? {} : { p95 },
  } as unknown as QueryRule)

test.each([
  [1, 'select from t0', 10],
  [2, 'select from t0, t1', 50],
  [3, 'select from t0, t1, t2', 50],
  [4, 'select from t0, t1, t2, t3', 200],
  [1, `select from t0 where body @@ to_tsquery('a')`, 100],
  [4, `select from t0, t1, t2, t3 where body @@ to_tsquery('a')`, 200],
  [1, `select from t0 where doc @@ '$.a > 1'`, 10],
  [1, `select from t0 where doc @@ 'strict $.a > 1'`, 10],
])('%i tables: %s', (tables, sql, target) => {
  expect(over(tables, sql)).toEqual({ target, isUsual: true })
})

test('a stated time is the one', () => {
  expect(over(4, 'select', '1.5s')).toEqual({ target: 1_500, isUsual: false })
})
