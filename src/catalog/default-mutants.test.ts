import { beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../postgres/parse.ts'
import { changedDefault, isNullDefault } from './default-mutants.ts'
import { plainColumn } from './plain-column.ts'
import type { Column } from './table.ts'

beforeAll(loadParser)

const column = (type: string, facts: Partial<Column> = {}): Column => plainColumn('c', type, facts)

describe('a changed default', () => {
  it.each([
    ['integer', '5', '(5)::integer + 1'],
    ['money', '5', `(5)::money + '1'::money`],
    ['date', 'now()', '(now())::date + 1'],
    ['timestamp with time zone', 'now()', `(now())::timestamp with time zone + interval '1 day'`],
    ['timestamp with time zone', `'infinity'::timestamptz`, `'2000-01-01'::timestamp with time zone`],
    ['date', `'-infinity'::date`, `'2000-01-01'::date`],
    ['boolean', 'true', 'not (true)::boolean'],
    ['text', `'it''s'::text`, `('it''s'::text)::text || 'x'`],
    ['character varying(4)', `'full'::character varying`, `'ullx'`],
    ['character varying(1)', `'x'::character varying`, `'y'`],
    ['uuid', 'gen_random_uuid()', `'00000000-0000-4000-8000-00000000a55a'`],
    ['bigint', `nextval('s'::regclass)`, '1'],
    ['jsonb', `'{}'::jsonb`, `'{"changed": true}'`],
    ['xml', `'<a/>'::xml`, null],
    ['character varying(9)', 'NULL::character varying', null],
  ])('of %s: %s', (type, expression, changed) => {
    expect(changedDefault(column(type), expression)).toBe(changed)
  })

  it('of an enum: another label; of an array: one element more; of a range: the empty one', () => {
    const status = column('public.status', { typeKind: 'enum', labels: ['a', "b's"] })
    expect(changedDefault(status, `'a'::public.status`)).toBe(`'b''s'::public.status`)
    expect(changedDefault(column('text[]', { typeKind: 'array', baseType: 'text' }), `'{}'::text[]`)).toBe(
      `array_append('{}'::text[], null)`,
    )
    expect(changedDefault(column('int4range', { typeKind: 'range' }), `'[1,2)'::int4range`)).toBe(
      `'empty'::int4range`,
    )
    const amount = column('public.amount', { typeKind: 'domain', baseType: 'numeric' })
    expect(changedDefault(amount, '0')).toBe('(0)::numeric + 1')
  })
})

it('null is a default that does nothing', () => {
  expect(isNullDefault('NULL::text')).toBe(true)
  expect(isNullDefault(`'null'::text`)).toBe(false)
})
