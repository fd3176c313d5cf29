/** Sizes that nobody named, and spreads at another size, without a server. */
import { describe, expect, it } from 'vitest'
import type { ColumnStatistics, DatabaseStatistics, Spread, TableStatistics } from '../statistics.ts'
import { scaleStatistics } from './scale.ts'

const spread = (more: Partial<Spread>): Spread => ({
  nullShare: 0,
  width: 8,
  distinct: -1,
  correlation: 1,
  common: null,
  commonShares: null,
  bounds: null,
  elements: null,
  elementShares: null,
  elementCounts: null,
  rangeLengths: null,
  rangeEmptyShare: null,
  rangeBounds: null,
  ...more,
})

const column = (name: string, base: string, own: Partial<Spread>): ColumnStatistics => ({
  name,
  position: 1,
  type: base,
  base,
  category: base === 'boolean' ? 'B' : 'N',
  collation: null,
  own: spread(own),
  whole: null,
})

const table = (name: string, rows: number, more: Partial<TableStatistics> = {}): TableStatistics => ({
  schema: 'public',
  name,
  kind: 'r',
  partitionOf: null,
  rows,
  pages: Math.ceil(rows / 100),
  visiblePages: 0,
  columns: [],
  indexes: [],
  extended: [],
  unique: [['id']],
  references: [],
  ...more,
})

const database = (...tables: readonly TableStatistics[]): DatabaseStatistics => ({
  format: 1,
  server: 180_000,
  settings: {},
  tables,
  gaps: [],
})

const refersTo = (name: string, by: string): TableStatistics['references'][number] => ({
  columns: [by],
  to: { schema: 'public', name },
  toColumns: ['id'],
})

const keys = (rows: number): ColumnStatistics =>
  column('id', 'bigint', {
    bounds: Array.from({ length: 101 }, (_, at) => String(1 + (at * (rows - 1)) / 100)),
  })

describe('sizes', () => {
  const all = database(
    table('countries', 100),
    table('users', 10_000, { references: [refersTo('countries', 'country')] }),
    table('orders', 10_000, { references: [refersTo('users', 'user_id'), refersTo('orders', 'parent')] }),
    table('lines', 20_000, { references: [refersTo('orders', 'order_id')] }),
    table('others', 10_000),
    table('events', 1_000, { kind: 'p' }),
    table('events_1', 900, { partitionOf: { schema: 'public', name: 'events' } }),
    table('events_2', 100, { partitionOf: { schema: 'public', name: 'events' } }),
  )

  it('children keep their proportion, parents have a hundredth, lists and strangers stay', () => {
    const { rows, assumed } = scaleStatistics(all, { sizes: { orders: 1e9 } })
    expect(Object.fromEntries(rows)).toMatchObject({
      countries: 100,
      users: 1e7,
      orders: 1e9,
      lines: 2e9,
      others: 10_000,
    })
    expect(assumed).toEqual(['users', 'lines'])
  })

  it('what is named is as it is named, smaller than the sample too', () => {
    const { rows } = scaleStatistics(all, { sizes: { orders: 1e6, users: 500, lines: 7 } })
    expect(Object.fromEntries(rows)).toMatchObject({ orders: 1e6, users: 500, lines: 7 })
    expect(scaleStatistics(all, { sizes: { orders: 100 } }).rows.get('lines')).toBe(200)
  })

  it('partitions share the rows of their whole as in the sample', () => {
    const { rows } = scaleStatistics(all, { sizes: { events: 1e6 } })
    expect([rows.get('events_1'), rows.get('events_2')]).toEqual([900_000, 100_000])
  })
})

describe('spreads', () => {
  const users = table('users', 1_000, { columns: [keys(1_000)] })
  const even = Array.from({ length: 100 }, (_, at) => String(1 + at * 10))
  const orders = table('orders', 10_000, {
    columns: [
      keys(10_000),
      column('user_id', 'bigint', {
        distinct: 1_000,
        correlation: 0,
        common: even,
        commonShares: even.map(() => 0.001),
        bounds: keys(1_000).own!.bounds,
      }),
      column('paid', 'boolean', { distinct: 2, common: ['t', 'f'], commonShares: [0.7, 0.3] }),
      column('kind', 'integer', { distinct: 3, common: ['1', '2', '3'], commonShares: [0.5, 0.3, 0.2] }),
    ],
    references: [refersTo('users', 'user_id')],
  })
  const sample = database(users, orders)
  const find = (name: string, sizes: Readonly<Record<string, number>>): Spread =>
    scaleStatistics(sample, { sizes }).statistics.tables[1]!.columns.find((one) => one.name === name)!.own!

  it('keys go as far as there are rows', () => {
    const id = find('id', { orders: 1e9 })
    expect(id.distinct).toBe(-1)
    expect(Number(id.bounds!.at(-1))).toBeGreaterThan(0.99e9)
    expect(id.bounds).toHaveLength(101)
  })

  it('a foreign key has as many values as there are parents, and none of them is common by chance', () => {
    const { distinct, common, bounds } = find('user_id', { orders: 1e8, users: 1e6 })
    expect(distinct).toBeGreaterThan(0.6e6)
    expect(distinct).toBeLessThanOrEqual(1e6)
    expect(common).toBeNull()
    expect(Number(bounds!.at(-1))).toBeGreaterThan(0.9e6)
    expect(find('user_id', { orders: 1e8, users: 1_000 }).distinct).toBeCloseTo(1_000, -1)
  })

  it('what has few values keeps them', () => {
    for (const name of ['paid', 'kind']) {
      const before = orders.columns.find((one) => one.name === name)!.own!
      expect(find(name, { orders: 1e9 })).toMatchObject({
        distinct: before.distinct,
        common: before.common,
        commonShares: before.commonShares,
      })
    }
  })

  it('rows of one parent that lie side by side look like fewer parents, as ANALYZE sees them', () => {
    const items = table('items', 120_000, {
      pages: 885,
      columns: [
        column('order_id', 'bigint', { distinct: 60_000, correlation: 1, width: 8 }),
        column('line', 'integer', { distinct: 2, width: 4 }),
        column('product_id', 'bigint', { distinct: 5_000, width: 8 }),
        column('quantity', 'integer', { distinct: 9, width: 4 }),
      ],
      references: [refersTo('users', 'order_id')],
      unique: [['order_id', 'line']],
    })
    const all = database(table('users', 60_000, { columns: [keys(60_000)] }), items)
    const scaled = scaleStatistics(all, { sizes: { items: 2e7, users: 1e7 } }).statistics.tables[1]!
    // What ANALYZE has told of such a table.
    expect(scaled.columns[0]!.own!.distinct).toBeCloseTo(-3_387_993 / 2e7, 3)
  })

  it('values that both samples show to be so many stay so many, however unequal they are', () => {
    const price = (rows: number, distinct: number): DatabaseStatistics =>
      database(
        table('t', rows, { columns: [column('price', 'numeric(10,2)', { distinct, correlation: 0 })] }),
      )
    const told = (rows: number, large: DatabaseStatistics, smaller: DatabaseStatistics): number => {
      const scaled = scaleStatistics(large, { sizes: { t: rows }, smaller }).statistics.tables[0]!
      const { distinct } = scaled.columns[0]!.own!
      return distinct < 0 ? -distinct * rows : distinct
    }
    // 50,000 prices, all alike: 1,478 of them in 1,500 rows, 5,654 in 6,000.
    expect(told(5e5, price(6_000, 5_654), price(1_500, 1_478)) / 46_718).toBeCloseTo(1, 1)
    // As many for each row in both: they become more.
    expect(told(5e5, price(6_000, 600), price(1_500, 150)) / 50_000).toBeCloseTo(1, 0)
  })

  it('what chance made unequal in few rows is equal in many', () => {
    const shares = [0.26, 0.255, 0.245, 0.24]
    const few = database(
      table('t', 1_000, {
        columns: [
          column('kind', 'integer', { distinct: 4, common: ['1', '2', '3', '4'], commonShares: shares }),
        ],
      }),
    )
    const { commonShares } = scaleStatistics(few, { sizes: { t: 1e6 } }).statistics.tables[0]!.columns[0]!
      .own!
    expect(commonShares).toEqual([0.25, 0.25, 0.25, 0.25])
    const same = scaleStatistics(few, { sizes: { t: 1_000 } }).statistics.tables[0]!.columns[0]!.own!
    expect(same.commonShares).toEqual(shares)
  })

  it('what is told of a column counts', () => {
    const scaled = scaleStatistics(sample, { sizes: { orders: 1e6 }, distinct: { 'orders.kind': 500 } })
    expect(scaled.statistics.tables[1]!.columns[3]!.own!.distinct).toBe(500)
  })

  it('a key ends where its type ends', () => {
    const narrow = database(
      table('t', 1_000, { columns: [{ ...keys(1_000), type: 'integer', base: 'integer' }] }),
    )
    const scaled = scaleStatistics(narrow, { sizes: { t: 1e10 } }).statistics.tables[0]!.columns[0]!.own!
    expect(scaled.bounds!.at(-1)).toBe('2147483647')
  })

  it('moments that went further in the larger of two samples go on', () => {
    const at = (days: number): ColumnStatistics =>
      column('at', 'timestamp with time zone', {
        bounds: ['2024-01-01 00:00:00+00', `2024-01-${String(days).padStart(2, '0')} 00:00:00+00`],
      })
    const small = database(table('t', 1_000, { columns: [at(3)] }))
    const large = database(table('t', 4_000, { columns: [at(9)] }))
    const boundsAt = (smaller?: DatabaseStatistics): readonly string[] | null | undefined =>
      scaleStatistics(large, { sizes: { t: 40_000 }, ...(smaller ? { smaller } : {}) }).statistics.tables[0]!
        .columns[0]!.own!.bounds
    expect(boundsAt()).toEqual(at(9).own!.bounds)
    expect(boundsAt(small)).toEqual(['2024-01-01 00:00:00.000+00', '2024-03-21 00:00:00.000+00'])
  })
})
