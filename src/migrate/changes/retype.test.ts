/** Nothing is cut off, and what only grows is not written anew. What PostgreSQL does with each: changes.pg.test.ts. */
import { expect, test } from 'vitest'
import { usingOf } from './retype.ts'

type Typed = Parameters<typeof usingOf>[1]

const base = (type: string, baseType = type): Typed => ({ type, baseType, typeKind: 'base' })
const varchar = base('character varying(5)', 'character varying')
const domain: Typed = { type: '"o\'d"', baseType: 'character varying', typeKind: 'domain' }
const list: Typed = { type: 'character varying(5)[]', baseType: 'character varying', typeKind: 'array' }

test.each([
  [base('text'), varchar, ''],
  [varchar, domain, ''],
  [base('text[]', 'text'), varchar, ''],
  [base('integer'), varchar, ' using "a""b"::text'],
  [base('integer'), domain, ' using "a""b"::text'],
  [{ ...list, baseType: 'integer' }, list, ' using "a""b"::text[]'],
  [base('bit varying'), base('bit(4)', 'bit'), ''],
  [base('text'), base('bit(4)', 'bit'), ' using "a""b"::text::bit varying'],
  [base('text'), base('integer'), ' using "a""b"::integer'],
])('%o to %o', (old, next, using) => {
  expect(usingOf('a"b', old, next)).toBe(using)
})
