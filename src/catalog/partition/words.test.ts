import { expect, test } from 'vitest'
import { withoutPartitionNames } from './words.ts'
import type { Catalog } from '../structure.ts'
import type { Table } from '../table.ts'

const table = (
  name: string,
  partitionOf: string | null,
  kind: Table['kind'] = 'table',
): readonly [string, Table] => [
  name,
  {
    schema: 'public',
    name,
    id: name,
    oid: 1,
    owner: 'owner',
    kind,
    partitionOf,
    columns: [],
    rowSecurity: false,
    forceRowSecurity: false,
    comment: null,
  },
]

const catalogOf = (...tables: readonly (readonly [string, Table])[]): Catalog => ({
  major: 18,
  tables: new Map(tables),
  structures: new Map(),
  dependencies: { nodes: new Map(), tableGrantees: [] } as unknown as Catalog['dependencies'],
  of: () => [],
  dependents: () => [],
})

const plain = withoutPartitionNames(
  catalogOf(
    table('events', null, 'partitioned'),
    table('events_2026_1', 'events'),
    table('events_2026_11', 'events', 'partitioned'),
    table('events_2026_11_de', 'events_2026_11'),
    table('a.b', 'events'),
  ),
)

test.each([
  ['of relation "events_2026_11" violates', 'of relation "events" violates'],
  ['of relation "events_2026_11_de" violates', 'of relation "events" violates'],
  ['constraint "events_2026_1_pkey"', 'constraint "events_pkey"'],
  ['events_2026_11_pkey', 'events_pkey'],
  ['Seq Scan Relation Name="events_2026_11"', 'Seq Scan Relation Name="events"'],
  ['"aXb" stays, "a.b" goes', '"aXb" stays, "events" goes'],
  ['note \'events_2026_11\' and "events_2026_111"', 'note \'events_2026_11\' and "events_2026_111"'],
])('%s', (text, said) => {
  expect(plain(text)).toBe(said)
})

test('without partitions every text stays as it is', () => {
  expect(withoutPartitionNames(catalogOf(table('events', null)))('"events_2026_11"')).toBe('"events_2026_11"')
})

test('a table that only inherits keeps its name', () => {
  const inheriting = catalogOf(table('events', null), table('big_events', 'events'))
  expect(withoutPartitionNames(inheriting)('"big_events_pkey"')).toBe('"big_events_pkey"')
})
