import { describe, expect, it } from 'vitest'
import { withArrayTypes } from './array-casts.ts'

describe('an array that PostgreSQL prints with a cast', () => {
  it('is given its own type first', () => {
    expect(withArrayTypes(`x = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])`)).toBe(
      `x = ANY (((ARRAY['a'::character varying, 'b'::character varying])::character varying[])::text[])`,
    )
  })

  it('may hold brackets, commas, quotes and casts in its elements', () => {
    expect(
      withArrayTypes(`((ARRAY['],'::bpchar, (('x'''::text))::bpchar, f(a[1], 'y'::text)::bpchar])::text[])`),
    ).toBe(`(((ARRAY['],'::bpchar, (('x'''::text))::bpchar, f(a[1], 'y'::text)::bpchar])::bpchar[])::text[])`)
  })

  it('may stand in another', () => {
    const inner = `(ARRAY['a'::varchar])::text[]`
    expect(withArrayTypes(`(ARRAY[(ARRAY['a'::varchar])::text[]])::citext[]`)).toBe(
      `((ARRAY[((ARRAY['a'::varchar])::varchar[])::text[]])::text[][])::citext[]`,
    )
    expect(withArrayTypes(inner)).toBe(`((ARRAY['a'::varchar])::varchar[])::text[]`)
  })

  it.each([
    `SELECT '(ARRAY[''a''::varchar])::text[]'`,
    `"(ARRAY[" = 1`,
    `AS $f$ (ARRAY['a'::varchar])::text[] $f$`,
    `AS $$ (ARRAY['a'::varchar])::text[] $$`,
    `E'\\'(ARRAY[\\'a\\'::varchar])::text[]'`,
    `ANY (ARRAY['a'::text, 'b'::text])`,
    `(ARRAY['a'::varchar, 'b'::text])::citext[]`,
    `(ARRAY[a, b])::text[]`,
    `(ARRAY['a'::varchar`,
  ])('leaves alone %s', (text) => {
    expect(withArrayTypes(text)).toBe(text)
  })
})
