import { describe, expect, test } from 'vitest'
import { architecture } from '../declare.ts'
import { partition } from '../partition.ts'
import { table, type Table } from '../table.ts'

const whole = (rule: (t: Parameters<NonNullable<Parameters<typeof table>[2]>>[0]) => unknown): Table =>
  table('visits', { id: 'bigint', region: 'text' }, (t) => [rule(t as never) as never]) as unknown as Table

const faultsOf = (...tables: readonly Table[]): readonly string[] => {
  try {
    architecture('visits', { tables: Object.fromEntries(tables.map((t) => [t.name, t])) as never })
    return []
  } catch (cause) {
    return ((cause as { errors?: readonly Error[] }).errors ?? [cause as Error]).map((e) => e.message)
  }
}

describe('partitions', () => {
  test('by any key, with the bounds of each', () => {
    const bounds = { eu: `in ('de', 'fr')`, rest: 'default' }
    const visits = whole((t) => t.partitions('list (lower(region))', bounds))
    expect(visits.rules.find((r) => r.kind === 'partitions')).toMatchObject({
      id: 'visits/partitions:"list (lower(region))"',
      key: 'list (lower(region))',
      bounds,
    })
    expect(faultsOf(visits)).toEqual([])
  })

  test('without bounds: whatever stands there', () => {
    const visits = whole((t) => t.partitions('range (id, region)'))
    expect(visits.rules.find((r) => r.kind === 'partitions')).toMatchObject({ bounds: null })
  })

  test('a key or bounds that are none are reported', () => {
    expect(faultsOf(whole((t) => t.partitions('region')))).toEqual([
      'visits: partitions is given the key "region".',
    ])
    expect(faultsOf(whole((t) => t.partitions('list (region)', { eu: `('de')` })))).toEqual([
      `visits: the partition "eu" has the bounds "('de')".`,
    ])
  })
})

describe('a partition', () => {
  const visits = table('visits', { id: 'bigint', region: 'text' }, (t) => [
    t.primaryKey('id'),
    t.partitions('range (id)'),
  ])

  test('has the columns of the whole, and rules of its own alone', () => {
    const own = partition('archive.visits_1', visits, (t) => [t.required('region'), t.indexed('region')])
    expect(own).toMatchObject({ schema: 'archive', name: 'visits_1', columns: visits.columns })
    expect(own.rules.map((r) => r.id)).toEqual([
      'archive.visits_1/partitionOf:visits',
      'archive.visits_1/required:region',
      'archive.visits_1/indexed:region',
    ])
    expect(faultsOf(visits as unknown as Table, own as unknown as Table)).toEqual([])
  })

  test('is refused without its whole', () => {
    const own = partition('visits_1', visits) as unknown as Table
    expect(faultsOf(own)).toEqual([
      'visits_1 is declared as a partition of "visits", which is not among the tables.',
    ])
  })

  test('names columns of the whole only', () => {
    // @ts-expect-error there is no such column
    const own = partition('visits_1', visits, (t) => [t.required('regoin')])
    expect(faultsOf(visits as unknown as Table, own as unknown as Table)[0]).toContain('"regoin"')
  })
})
