/** Plans as text from EXPLAIN: what counts for a shape, and how an expectation that is not met is told. */
import { describe, expect, it } from 'vitest'
import { judgePlan, planShape, planShapeOf } from './plan.ts'

const scan = {
  'Node Type': 'Index Scan',
  'Scan Direction': 'Forward',
  'Index Name': 'orders_user_idx',
  'Relation Name': 'orders',
  'Index Cond': '(user_id = 7)',
}

const explain = (plan: unknown): string => JSON.stringify([{ Plan: plan }])
const limited = (child: unknown): string => explain({ 'Node Type': 'Limit', Plans: [child] })
const rowsOf = (text: string) => [[text]]

describe('planShape', () => {
  it('prints nodes, relations, indexes and conditions, indented', () => {
    expect(planShape(limited(scan))).toBe(
      'Limit\n  Index Scan Relation Name="orders" Index Name="orders_user_idx" Index Cond="(user_id = 7)"',
    )
  })

  it('is the same whatever costs, rows and widths are', () => {
    const costly = { ...scan, 'Startup Cost': 0.4, 'Total Cost': 99, 'Plan Rows': 5, 'Parallel Aware': false }
    expect(planShape(limited(costly))).toBe(planShape(limited(scan)))
  })

  it.each([
    ['a backward scan', { 'Scan Direction': 'Backward' }],
    ['a filter', { Filter: '(deleted_at IS NULL)' }],
    ['another condition', { 'Index Cond': '(tenant_id = 7)' }],
    ['another index', { 'Index Name': 'other' }],
    ['an index-only scan', { 'Node Type': 'Index Only Scan' }],
  ])('tells %s', (_, change) => {
    expect(planShape(limited({ ...scan, ...change }))).not.toBe(planShape(limited(scan)))
  })

  it('answers what is no plan as it is', () => {
    expect(planShape('Seq Scan on orders')).toBe('Seq Scan on orders')
    expect(planShapeOf([])).toBe('')
  })
})

describe('judgePlan', () => {
  const uses = { kind: 'plan', uses: 'orders_user_idx', without: ['Sort', 'Filter'] } as const

  it('holds when the index is used and nothing unwanted is there', () => {
    expect(judgePlan(uses, rowsOf(limited(scan)))).toBeNull()
  })

  it('names the index that is used instead', () => {
    const other = limited({ ...scan, 'Index Name': 'orders_pkey' })
    expect(judgePlan(uses, rowsOf(other))).toBe(
      'the plan does not use orders_user_idx, it uses orders_pkey instead',
    )
  })

  it('says that no index is used, and what the plan does', () => {
    const sorted = limited({ 'Node Type': 'Sort', Plans: [{ 'Node Type': 'Seq Scan', Filter: '(a = 1)' }] })
    expect(judgePlan(uses, rowsOf(sorted))).toBe(
      'the plan does not use orders_user_idx, it uses no index; the plan sorts; the plan reads rows only to throw them away (Filter)',
    )
  })

  it('takes an index on a partition for a part of its index', () => {
    const part = limited({ ...scan, 'Index Name': 'orders_2024_user_idx' })
    expect(judgePlan(uses, rowsOf(part))).toMatch(/does not use/u)
    expect(judgePlan({ ...uses, parts: ['orders_2024_user_idx'] }, rowsOf(part))).toBeNull()
  })

  it('holds a plan without an index to be without it', () => {
    const denied = { kind: 'plan', uses: null, without: ['index:orders_user_idx'] } as const
    expect(judgePlan(denied, rowsOf(explain({ 'Node Type': 'Seq Scan' })))).toBeNull()
    expect(judgePlan(denied, rowsOf(limited(scan)))).toBe('the plan uses the index orders_user_idx')
  })

  it('counts the relations that are read, each once', () => {
    const one = { kind: 'plan', uses: null, without: [], reads: 1 } as const
    const other = { ...scan, 'Relation Name': 'orders_2024' }
    expect(judgePlan(one, rowsOf(explain({ 'Node Type': 'Append', Plans: [scan, scan] })))).toBeNull()
    expect(judgePlan(one, rowsOf(explain({ 'Node Type': 'Append', Plans: [scan, other] })))).toBe(
      'the plan reads 2 relations instead of 1',
    )
  })

  it('refuses an answer that is no plan', () => {
    expect(judgePlan(uses, [['1']])).toMatch(/no plan/u)
    expect(judgePlan(uses, [])).toMatch(/no plan/u)
  })
})
