/** Conditions that refuse null in a column, and near misses. */
import { beforeAll, describe, expect, test } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { refusesNull } from './null-verdict.ts'

beforeAll(() => loadParser())

describe('refusesNull', () => {
  test.each([
    `(c IS NOT NULL)`,
    `((c IS TRUE) OR (c IS FALSE))`,
    `(COALESCE(c, ''::text) <> ''::text)`,
    `(length(COALESCE(btrim(c), ''::text)) > 0)`,
    `(COALESCE(c, 0) > 0)`,
    `((other > 1) AND (c IS DISTINCT FROM NULL::text))`,
    `CASE WHEN (c IS NULL) THEN false ELSE (c > other) END`,
    `(NOT (c IS NULL))`,
    `(((c).zip IS NOT NULL) AND (char_length((c).country) = 2))`,
    `(c[1] IS NOT NULL)`,
    `((c > 0) IS NOT UNKNOWN)`,
    `((c = ANY (ARRAY['a'::text, 'b'::text])) IS TRUE)`,
  ])('%s', (condition) => {
    expect(refusesNull(condition, 'c')).toBe(true)
  })

  test.each([
    `(c > 0)`,
    `((c > 0) OR (other IS NULL))`,
    `((c IS NOT NULL) OR (other IS NOT NULL))`,
    `(COALESCE(c, other) IS NOT NULL)`,
    `(COALESCE(c, ''::text) <> 'x'::text)`,
    `(COALESCE(c, 'a'::text) <> 'A'::text)`,
    `(c = ANY (ARRAY['a'::text, 'b'::text]))`,
    `((c = ANY (other)) IS TRUE)`,
    `(public.own(c) IS NOT NULL)`,
    `(NOT (c > 0))`,
    `((c).zip <> ''::text)`,
    `((other).zip IS NOT NULL)`,
    `(c IS NOT DISTINCT FROM other)`,
    `CASE WHEN (other > 1) THEN false ELSE (c > 0) END`,
    `not sql at all (`,
  ])('not %s', (condition) => {
    expect(refusesNull(condition, 'c')).toBe(false)
  })
})
