import { describe, expect, it } from 'vitest'
import { withBetween } from './between.ts'

describe('a conjunction in a conjunction', () => {
  it.each([
    [`CHECK ((((a >= 1) AND (a <= 2)) AND (b > 0)))`, `CHECK (((a BETWEEN 1 AND 2) AND (b > 0)))`],
    [`(((a < 1) OR (a > 2)) OR b)`, `((a NOT BETWEEN 1 AND 2) OR b)`],
    [
      `((((x)::numeric >= (0)::numeric) AND ((x)::numeric <= f(1, ')'))) AND c AND d)`,
      `(((x)::numeric BETWEEN (0)::numeric AND f(1, ')')) AND c AND d)`,
    ],
  ])('%s is written with BETWEEN', (text, expected) => {
    expect(withBetween(text)).toBe(expected)
  })

  it.each([
    `(((a >= 1) AND (a <= 2)))`,
    `((a >= 1) AND (a <= 2) AND b)`,
    `(b AND ((a >= 1) AND (a <= 2)))`,
    `(((a >= 1) AND (b <= 2)) AND c)`,
    `(((a >= 1) AND (a <= 2)) OR c)`,
    `(((a >= ALL (ARRAY[1])) AND (a <= 2)) AND c)`,
    `'(((a >= 1) AND (a <= 2)) AND c)'`,
    `$f$ (((a >= 1) AND (a <= 2)) AND c) $f$`,
    `(((a >= 1`,
  ])('%s is left alone', (text) => {
    expect(withBetween(text)).toBe(text)
  })
})
