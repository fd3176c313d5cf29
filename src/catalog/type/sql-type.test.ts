import { describe, expect, it } from 'vitest'
import { canReference, formatSqlType, isSameFamily, parseSqlType } from './sql-type.ts'

const types = [
  'integer',
  'character varying(100)',
  'numeric(10,2)',
  'numeric(5,-2)[]',
  'timestamp(3) with time zone',
  'time without time zone[]',
  'double precision',
  'public.order_status[]',
  'sales."Odd (type)"',
  '"char"',
  'bit varying(5)',
]

describe('type names', () => {
  it.each(types)('%s is taken apart and put together again', (type) => {
    expect(formatSqlType(parseSqlType(type))).toBe(type)
  })

  it('have their modifiers and time zones apart', () => {
    expect(parseSqlType('timestamp(3) with time zone[]')).toEqual({
      name: 'timestamp with time zone',
      modifiers: [3],
      array: '[]',
    })
    expect(parseSqlType('numeric(10,2)')).toEqual({ name: 'numeric', modifiers: [10, 2], array: '' })
  })
})

describe('families', () => {
  const same = (a: string, b: string) => isSameFamily(parseSqlType(a), parseSqlType(b))
  const refers = (a: string, b: string) => canReference(parseSqlType(a), parseSqlType(b))

  it('hold what PostgreSQL compares by itself', () => {
    expect(same('smallint', 'numeric(10,2)')).toBe(true)
    expect(same('character varying(3)', 'text')).toBe(true)
    expect(same('integer[]', 'bigint[]')).toBe(true)
    expect(same('integer[]', 'integer')).toBe(false)
    expect(same('uuid', 'text')).toBe(false)
    expect(same('json', 'jsonb')).toBe(false)
    expect(same('timestamp with time zone', 'timestamp without time zone')).toBe(false)
    expect(same('timestamp with time zone', 'timestamp(3) with time zone')).toBe(true)
  })

  it('let an integer refer to numeric, and not the other way', () => {
    expect(refers('bigint', 'numeric')).toBe(true)
    expect(refers('numeric', 'bigint')).toBe(false)
    expect(refers('integer', 'bigint')).toBe(true)
    expect(refers('text', 'bigint')).toBe(false)
    expect(refers('uuid', 'uuid')).toBe(true)
    expect(refers('date', 'timestamp(3) with time zone')).toBe(true)
  })
})
