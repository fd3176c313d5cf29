import { describe, expect, it } from 'vitest'
import { plainColumn } from '../plain-column.ts'
import type { Column } from '../table.ts'
import { typeMutants } from './mutants.ts'

const column = (type: string, facts: Partial<Column> = {}): Column => plainColumn('c', type, facts)

const found = (type: string, facts: Partial<Column> = {}) =>
  typeMutants(column(type, facts)).map((m) => `${m.does} ${m.type}`)

describe('types', () => {
  it.each([
    ['character varying(3)', ['type-widened character varying(4)', 'type-narrowed character varying(2)']],
    ['character varying(1)', ['type-widened character varying(2)']],
    [
      'character(3)',
      ['type-widened character(4)', 'type-narrowed character(2)', 'type-exchanged character varying(3)'],
    ],
    [
      'numeric(10,2)',
      [
        'type-widened numeric(11,2)',
        'type-narrowed numeric(9,2)',
        'type-exchanged numeric(10,3)',
        'type-exchanged numeric(10,1)',
        'type-widened numeric',
      ],
    ],
    [
      'numeric(2,2)',
      [
        'type-widened numeric(3,2)',
        'type-exchanged numeric(2,3)',
        'type-exchanged numeric(2,1)',
        'type-widened numeric',
      ],
    ],
    ['numeric', ['type-exchanged double precision']],
    ['smallint', ['type-widened integer']],
    ['integer', ['type-widened bigint', 'type-narrowed smallint']],
    ['bigint', ['type-widened numeric', 'type-narrowed integer']],
    ['real', ['type-widened double precision']],
    ['double precision', ['type-narrowed real']],
    ['bigint[]', ['type-widened numeric[]', 'type-narrowed integer[]']],
    [
      'timestamp(3) with time zone',
      [
        'type-exchanged timestamp(4) with time zone',
        'type-exchanged timestamp(2) with time zone',
        'type-exchanged timestamp(3) without time zone',
      ],
    ],
    [
      'timestamp without time zone',
      [
        'type-exchanged timestamp(5) without time zone',
        'type-exchanged timestamp with time zone',
        'type-exchanged date',
      ],
    ],
    [
      'timestamp(0) with time zone',
      ['type-exchanged timestamp(1) with time zone', 'type-exchanged timestamp(0) without time zone'],
    ],
    ['date', ['type-exchanged timestamp without time zone']],
    ['time without time zone', ['type-exchanged time(5) without time zone']],
    ['json', ['type-exchanged jsonb']],
    ['jsonb', ['type-exchanged json']],
    ['inet', ['type-narrowed cidr']],
    ['bit(3)', ['type-widened bit(4)', 'type-narrowed bit(2)', 'type-widened bit varying(3)']],
    ['text', []],
    ['uuid', []],
    ['public.citext', []],
  ])('%s', (type, expected) => {
    expect(found(type)).toEqual(expected)
  })

  it('of a domain: its base type, with its modifier', () => {
    const domain = { typeKind: 'domain', baseType: 'numeric', modifier: ((10 << 16) | 2) + 4 } as const
    expect(found('public.amount', domain)).toEqual(['type-widened numeric(10,2)'])
    expect(found('public.code', { typeKind: 'domain', baseType: 'character varying', modifier: 16 })).toEqual(
      ['type-widened character varying(12)'],
    )
    expect(found('public.any_text', { typeKind: 'domain', baseType: 'text' })).toEqual(['type-widened text'])
  })

  it('of an identity: integers only', () => {
    expect(found('bigint', { identity: 'always' })).toEqual(['type-narrowed integer'])
  })
})
