import { describe, expect, it } from 'vitest'
import { columnsOfCondition } from './plan-columns.ts'
import { planTree } from './plan-tree.ts'

describe('the columns of a condition', () => {
  it.each([
    [
      `((user_id = '42'::bigint) AND (ordered_at > '2024-01-01 00:00:00+00'::timestamp with time zone))`,
      'user_id, ordered_at',
    ],
    [`((lower(("Großer Text")::text)) = 'o''x(y)'::text)`, '"Großer Text"'],
    [`(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::bigint)`, 'tenant_id'],
    [`(state = ANY ('{open,paid}'::public."my state"[]))`, 'state'],
    [`(("Odd ""page"""."the key" = o.id) OR (o.id IS NULL))`, '"Odd ""page"""."the key", o.id'],
    [`(note ~~ E'a\\\\''b%'::text)`, 'note'],
    [`(price >= 10.5::numeric(10,2))`, 'price'],
    [`(id = (InitPlan 1).col1)`, 'id'],
    [`(NOT (ANY (id = (hashed SubPlan 2).col1)))`, 'id'],
    [`(name COLLATE "C" OPERATOR(pg_catalog.=) 'x'::text)`, 'name'],
    [`("o'x" = 'it''s "b"'::text)`, `"o'x"`],
    [`$0`, ''],
    [`((addr).city = 'x'::text)`, 'addr'],
    [`(CURRENT_USER = owner)`, 'owner'],
  ])('%s', (condition, columns) => {
    expect(columnsOfCondition(condition).join(', ')).toBe(columns)
  })
})

describe('the tree of a plan', () => {
  const scan = (relation: string, index: string, alias: string) => ({
    'Node Type': 'Index Scan',
    'Scan Direction': 'Forward',
    'Relation Name': relation,
    Alias: alias,
    'Index Name': index,
    'Index Cond': `(kind = 'a'::text)`,
    'Plan Rows': 7,
  })

  it('names no table before a column where there is one alone: PostgreSQL does or does not', () => {
    const of = (key: string) =>
      planTree(
        { 'Node Type': 'Sort', 'Sort Key': [key], Plans: [scan('orders', 'orders_kind', 'o')] },
        new Map(),
      )
    expect(of('o.at DESC')).toEqual(of('at DESC'))
    expect(of('at DESC')[0]).toBe('Sort (Sort Key: at DESC)')
  })

  it('names partitions by their whole, each kind once, however many there are', () => {
    const wholes = new Map([
      ['e_2024', 'e'],
      ['e_2025', 'e'],
      ['e_2024_i', 'e_i'],
      ['e_2025_i', 'e_i'],
    ])
    const of = (...years: readonly string[]) =>
      planTree(
        {
          'Node Type': 'Merge Append',
          'Sort Key': ['e.at DESC'],
          'Subplans Removed': 3,
          Plans: years.map((year, n) => scan(`e_${year}`, `e_${year}_i`, `e_${n + 1}`)),
        },
        wholes,
      )
    expect(of('2024', '2025')).toEqual([
      'Merge Append (Sort Key: at DESC)',
      '  Index Scan using e_i on e (Index Cond: kind)',
    ])
    expect(of('2025', '2024', '2025')).toEqual(of('2024'))
  })

  it('says joins, aggregates, subplans and directions as EXPLAIN does, and no number', () => {
    const tree = planTree(
      {
        'Node Type': 'Aggregate',
        Strategy: 'Hashed',
        'Partial Mode': 'Finalize',
        'Group Key': ['o.user_id'],
        Plans: [
          {
            'Node Type': 'Hash Join',
            'Join Type': 'Left',
            'Hash Cond': '(o.user_id = u.id)',
            Plans: [
              {
                ...scan('orders', 'odd "index"', 'o'),
                'Scan Direction': 'Backward',
                Filter: '(o.price > 3)',
              },
              {
                'Node Type': 'Result',
                'Subplan Name': 'InitPlan 1 (returns $0)',
                'One-Time Filter': 'false',
              },
            ],
          },
        ],
      },
      new Map(),
    )
    expect(tree).toEqual([
      'Finalize HashAggregate (Group Key: o.user_id)',
      '  Hash Left Join (Hash Cond: o.user_id, u.id)',
      '    Index Scan Backward using "odd ""index""" on orders o (Index Cond: kind; Filter: price)',
      '    InitPlan: Result',
    ])
  })

  it('stands on one line a node, whatever a name holds', () => {
    const [line, ...more] = planTree(
      { 'Node Type': 'Seq Scan', 'Relation Name': 'a\nb', Alias: 'a\nb' },
      new Map(),
    )
    expect([line, more]).toEqual(['Seq Scan on "a\\u{a}b"', []])
  })
})
