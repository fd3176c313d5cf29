import { describe, expect, it } from 'vitest'
import { withConjunctions } from './conjunctions.ts'

describe('a conjunction in a conjunction', () => {
  it.each([
    [`CHECK ((((a >= 1) AND (a <= 2)) AND (b > 0)))`, `CHECK (((a BETWEEN 1 AND 2) AND (b > 0)))`],
    [`(((a < 1) OR (a > 2)) OR b)`, `((a NOT BETWEEN 1 AND 2) OR b)`],
    [
      `((((x)::numeric >= (0)::numeric) AND ((x)::numeric <= f(1, ')'))) AND c AND d)`,
      `(((x)::numeric BETWEEN (0)::numeric AND f(1, ')')) AND c AND d)`,
    ],
    [`(((a = 1) AND (b = f(c, ' AND '))) AND (d > 0))`, `((ROW(a, b) = ROW(1, f(c, ' AND '))) AND (d > 0))`],
    [`(((a = x.a) AND (b = x.b) AND (c = x.c)) AND d)`, `((ROW(a, b, c) = ROW(x.a, x.b, x.c)) AND d)`],
    [`((((a)::text <> 'x'::text) OR (b <> 2)) OR c)`, `((ROW((a)::text, b) <> ROW('x'::text, 2)) OR c)`],
  ])('%s is written as it was said', (text, expected) => {
    expect(withConjunctions(text)).toBe(expected)
  })

  it.each([
    [`(((a = b) OR (a = c)) OR (a = 3))`, `(((a = b) OR (a = c))::boolean OR (a = 3))`],
    [
      `((((a = b) OR (a = c)) OR (a = d)) OR (a = 3))`,
      `((((a = b) OR (a = c))::boolean OR (a = d))::boolean OR (a = 3))`,
    ],
    [
      `((((a >= 1) AND (a <= 3)) OR ((a >= 3) AND (a <= 1))) OR (c > 0))`,
      `((((a >= 1) AND (a <= 3)) OR ((a >= 3) AND (a <= 1)))::boolean OR (c > 0))`,
    ],
    [`(((a >= ALL (ARRAY[1])) AND (a <= 2)) AND c)`, `(((a >= ALL (ARRAY[1])) AND (a <= 2))::boolean AND c)`],
  ])('%s is set apart', (text, expected) => {
    expect(withConjunctions(text)).toBe(expected)
  })

  it.each([
    `(((a >= 1) AND (a <= 2)))`,
    `((a >= 1) AND (a <= 2) AND b)`,
    `(b AND ((a >= 1) AND (a <= 2)))`,
    `(((a >= 1) AND (a <= 2)) OR c)`,
    `'(((a >= 1) AND (a <= 2)) AND c)'`,
    `$f$ (((a >= 1) AND (a <= 2)) AND c) $f$`,
    `(((a >= 1`,
    `(((a = 1) AND b) AND c)`,
  ])('%s is left alone', (text) => {
    expect(withConjunctions(text)).toBe(text)
  })
})
