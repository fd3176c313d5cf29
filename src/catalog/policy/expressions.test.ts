import { beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { policyExpressionMutants } from './expressions.ts'
import type { Catalog } from '../structure.ts'

beforeAll(loadParser)

const catalog = { tables: new Map(), structures: new Map() } as unknown as Catalog

const broken = (sql: string, operator: string): readonly string[] =>
  policyExpressionMutants(sql, catalog)
    .filter((m) => m.operator === operator)
    .map((m) => m.sql)

describe('what a policy may be broken into', () => {
  it('a call, a boolean column and a subquery become their contrary, once', () => {
    expect(broken('is_member(org_id) AND open', 'predicate-negated')).toEqual([
      'NOT (is_member(org_id)) AND open',
      'is_member(org_id) AND NOT (open)',
    ])
    expect(broken('tags && array[me()]', 'predicate-negated')).toHaveLength(1)
    expect(broken('me() = ANY (members)', 'predicate-negated')).toHaveLength(1)
    expect(broken('NOT hidden', 'predicate-negated')).toEqual([])
    expect(broken('a = 1 OR b IS NULL', 'predicate-negated')).toEqual([])
  })

  it('a condition of its subquery is left out, or another one', () => {
    const sql = 'EXISTS (SELECT 1 FROM members m WHERE m.org_id = orgs.id AND m.user_id = me())'
    expect(broken(sql, 'subquery-part-dropped')).toHaveLength(2)
    expect(broken(sql, 'subquery-where-dropped')).toHaveLength(1)
    expect(broken(sql, 'subquery-relational-operator-exchanged')).toHaveLength(10)
  })

  it('no two are alike, and none is the expression itself', () => {
    const sql =
      'id IN (SELECT m.id FROM m JOIN p ON p.id = m.p WHERE p.open) OR NOT (EXISTS (SELECT 1 FROM m))'
    const all = policyExpressionMutants(sql, catalog)
    expect(all.length).toBeGreaterThan(5)
    expect(new Set(all.map((m) => m.sql)).size).toBe(all.length)
    expect(new Set(all.map((m) => `${m.operator}:${m.detail}`)).size).toBe(all.length)
  })
})
