/** Makers of all types: another number is another value, and texts keep their column's length. */
import { describe, expect, it } from 'vitest'
import type { MakerColumn } from './maker.ts'
import { makerOf } from './makers.ts'

const column = (bareType: string, more: Partial<MakerColumn> = {}): MakerColumn => ({
  name: 'a',
  modifier: -1,
  labels: null,
  bareType,
  isArray: false,
  table: 't',
  ...more,
})

const types = [
  'smallint|integer|bigint|oid|numeric|real|double precision|money|date|timestamp with time zone',
  'timestamp without time zone|time without time zone|time with time zone|interval|uuid|bytea|inet|cidr|macaddr',
  'macaddr8|json|jsonb|xml|tsvector|tsquery|hstore|ltree|int4range|int8range|numrange|daterange|tsrange|tstzrange',
  'int4multirange|tstzmultirange|point|box|lseg|path|polygon|circle|line|text|citext|name|pg_lsn',
].flatMap((line) => line.split('|'))

describe('distinct values', () => {
  it.each(types)('of %s', (type) => {
    const maker = makerOf(column(type), { isDistinct: true })!
    const count = Math.min(maker.capacity, 3_000)
    const values = Array.from({ length: count }, (_, i) => maker.make(i))
    expect(new Set(values).size).toBe(count)
  })

  const names =
    'email phone url slug sku token city country address first_name username name title description code status ip region zip'
  it.each(names.split(' ').flatMap((name) => [3, 12, 40, 200].map((limit) => [name, limit] as const)))(
    'of a text called %s of at most %i characters',
    (name, limit) => {
      const of = column('character varying', { name, modifier: limit + 4 })
      for (const isDistinct of [true, false]) {
        const maker = makerOf(of, { isDistinct })!
        const count = Math.min(maker.capacity, isDistinct ? 20_000 : maker.variety, 20_000)
        const values = Array.from({ length: count }, (_, i) => maker.make(i))
        expect(Math.max(...values.map((value) => value.length))).toBeLessThanOrEqual(limit)
        expect(new Set(values).size).toBe(count)
      }
    },
  )
})

it.each(['email', 'name', 'title', 'description', 'address', 'company', 'full_name', 'slug'])(
  'no text called %s comes twice among those of far numbers',
  (name) => {
    const { make } = makerOf(column('text', { name }), { isDistinct: true })!
    const numbers = Array.from({ length: 40_000 }, (_, i) => i * 251)
    expect(new Set(numbers.map(make)).size).toBe(numbers.length)
  },
)

it('words stand where short columns have room for them', () => {
  const all = (name: string, limit: number): readonly string[] => {
    const { make, variety } = makerOf(column('character varying', { name, modifier: limit + 4 }), {
      isDistinct: false,
    })!
    return Array.from({ length: Math.min(variety, 500) }, (_, i) => make(i))
  }
  expect(all('city', 15)).toContain('Vienna')
  expect(all('first_name', 10)).toContain('Ada')
  expect(all('contact_name', 12)).toContain('Amir Cohen')
  expect(all('address', 16).every((text) => text.endsWith(' Street'))).toBe(true)
})

it('texts look like what their column is called', () => {
  const one = (name: string, table = 't'): string =>
    makerOf(column('text', { name, table }), { isDistinct: false })!.make(3)
  expect(one('email')).toMatch(/^[a-z.]+@example\.com$/u)
  expect(one('homepageUrl')).toMatch(/^https:\/\/example\.com\//u)
  expect(one('phone_number')).toMatch(/^\+1555\d{7}$/u)
  expect(one('currency')).toMatch(/^[A-Z]{3}$/u)
  expect(one('name', 'cities')).toBe(one('city'))
  expect(one('title')).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/u)
  expect(one('title', 'employees')).toMatch(/^[A-Z][a-z]+(?: [A-Z][a-z]+)?$/u)
  expect(one('status')).toMatch(/^(?:active|pending|closed|draft|archived|paused)$/u)
})

it('short columns of states and countries hold their usual letters', () => {
  const one = (name: string, limit: number): string =>
    makerOf(column('character', { name, modifier: limit + 4 }), { isDistinct: false })!.make(8)
  expect([one('state', 2), one('ship_country', 2), one('province_code', 3), one('state', 60)]).toEqual([
    'MA',
    'US',
    'MA',
    'Massachusetts',
  ])
})

it('whole numbers that answer a question are 0 or 1', () => {
  const all = (name: string, isDistinct = false): readonly string[] => {
    const { make, variety } = makerOf(column('smallint', { name }), { isDistinct })!
    return Array.from({ length: Math.min(variety, 3) }, (_, i) => make(i))
  }
  for (const name of ['is_active', 'hasChildren', 'discontinued', 'salaried_flag'])
    expect([name, all(name)]).toEqual([name, ['0', '1']])
  expect(all('discontinued', true)).toEqual(['1', '2', '3'])
  expect(all('amount_paid')).not.toEqual(['0', '1'])
})

it('a type that is not known has no maker', () => {
  expect(makerOf(column('vector'), { isDistinct: true })).toBeNull()
})
