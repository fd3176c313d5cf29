import { beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { isNeverNull } from './never-null.ts'
import { columnsWatched } from '../not-null.ts'

beforeAll(loadParser)

const required = (column: string): boolean => column.startsWith('r')

const isRange = (column: string): boolean => column === 'r_span'

describe('isNeverNull', () => {
  for (const expression of [
    'r',
    'lower((r)::text)',
    'lower(r)',
    'upper(left(r, 1))',
    '((r1)::numeric * r2)',
    `COALESCE(o, 'x'::text)`,
    '(o IS NULL)',
    `((r)::text || 'a'::text)`,
    '((r > 0) AND (r < 9))',
    `CASE WHEN (o > 0) THEN 'yes'::text ELSE r END`,
    'ARRAY[o, NULL::text]',
    'ARRAY( SELECT o)',
  ]) {
    it(`sees that ${expression} always has a value`, () => {
      expect(isNeverNull(expression, { isRequired: required, isRange })).toBe(true)
    })
  }
  for (const expression of [
    'o',
    'lower(o)',
    'lower(r_span)',
    'upper((r_span * r_span))',
    '(r + o)',
    `NULLIF(r, ''::text)`,
    `(r ->> 'a'::text)`,
    'public.lower(r)',
    '(r OPERATOR(public.+) r)',
    'NULL::text',
    'CASE WHEN r THEN r ELSE NULL::text END',
    'CASE WHEN r THEN r END',
    '( SELECT r)',
    '(ARRAY[r])[2]',
    'CASE WHEN r THEN o ELSE r END',
    'not sql at all (',
  ]) {
    it(`does not claim it of ${expression}`, () => {
      expect(isNeverNull(expression, { isRequired: required, isRange })).toBe(false)
    })
  }
})

describe('columnsWatched', () => {
  it('names the columns that a true predicate shows to hold a value', () => {
    expect(columnsWatched(`((c <> 'none'::text) AND (d IS NOT NULL))`)).toEqual(['d', 'c'])
    expect(columnsWatched(`((c)::text = 'x'::text)`)).toEqual(['c'])
  })

  it('names none where null may pass', () => {
    expect(columnsWatched(`((c <> 'none'::text) OR d)`)).toEqual([])
    expect(columnsWatched(`(c IS DISTINCT FROM 'none'::text)`)).toEqual([])
    expect(columnsWatched(`(COALESCE(c, 'x'::text) <> 'none'::text)`)).toEqual([])
  })
})
