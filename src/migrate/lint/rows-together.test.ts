import { expect, test } from 'vitest'
import { rowsTogether } from './rows-together.ts'

const steps = (texts: readonly string[]) =>
  texts.map((text, start) => ({ kind: 'statement' as const, text, start }))

const many = (n: number, text: (i: number) => string) => Array.from({ length: n }, (_, i) => text(i))

test('many rows of one table are one step, others and few stay as they are', () => {
  const texts = [
    'create table t (x int)',
    ...many(6_000, (i) => `insert into "T ""; ü" (x, "y)") values (${i}, 'it''s')`),
    ...many(3, (i) => `INSERT INTO t VALUES (${i})`),
    ...many(101, () => 'insert into t select 1'),
    'update t set x = 1',
  ]
  const { steps: merged, more } = rowsTogether(steps(texts))
  expect(merged.length).toBe(1 + 2 + 3 + 101 + 1)
  expect([...more]).toEqual([
    [1, 4_999],
    [5_001, 999],
  ])
  expect(merged.flatMap(({ text, rest }) => [text, ...(rest?.split(';\n') ?? [])])).toEqual(texts)
})

test('another table or other columns begin a stretch of their own', () => {
  const texts = [
    ...many(150, () => 'insert into a values (1)'),
    ...many(150, () => 'insert into a (x) values (1)'),
  ]
  expect([...rowsTogether(steps(texts)).more.values()]).toEqual([149, 149])
})
