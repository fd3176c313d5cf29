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

  it('of columns is left to the operator that compares with it', () => {
    expect(withArrayTypes(`(n = ANY ((ARRAY[a, (b)::bigint])::numeric[]))`)).toBe(
      `(n = ANY (ARRAY[a, (b)::bigint]))`,
    )
    expect(withArrayTypes(`(x > ALL ((ARRAY[a, b])::double precision[])) AND c`)).toBe(
      `(x > ALL (ARRAY[a, b])) AND c`,
    )
    expect(withArrayTypes(`(x = ANY ((ARRAY[v, w])::character varying(10)[]))`)).toBe(
      `(x = ANY (ARRAY[v, w]))`,
    )
    expect(withArrayTypes(`(t = ANY ((ARRAY[v, w])::timestamp(3) without time zone[]))`)).toBe(
      `(t = ANY (ARRAY[v, w]))`,
    )
  })

  it('says what constants are that PostgreSQL prints without a cast', () => {
    expect(withArrayTypes(`p((ARRAY[0.025, 1e-7, 0.5])::double precision[])`)).toBe(
      `p(((ARRAY[0.025, 1e-7, 0.5])::numeric[])::double precision[])`,
    )
    expect(withArrayTypes(`(ARRAY[1, 2])::bigint[]`)).toBe(`((ARRAY[1, 2])::integer[])::bigint[]`)
    expect(withArrayTypes(`(ARRAY[true, false])::flag[]`)).toBe(`((ARRAY[true, false])::boolean[])::flag[]`)
    expect(withArrayTypes(`(ARRAY['-1'::integer, 2])::bigint[]`)).toBe(
      `((ARRAY['-1'::integer, 2])::integer[])::bigint[]`,
    )
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
    `(ARRAY[1, 0.5])::double precision[]`,
    `x = ANY ((ARRAY[a, b])::text[] || c)`,
    `f((ARRAY[a, b])::text[])`,
  ])('leaves alone %s', (text) => {
    expect(withArrayTypes(text)).toBe(text)
  })
})
