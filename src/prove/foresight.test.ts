import { expect, test } from 'vitest'
import type { Mutant, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { foreseeFrom, leadersAmong } from './foresight.ts'
import type { ExperimentResult, MutantResult } from './result.ts'

const tables = ['orders', 'odd "one"', 'parcels', 'tickets', 'devices']

const structures = tables.map((table): Structure => ({
  id: `${table}/references:shop_id->shops`,
  kind: 'references',
  table,
  name: 'shop',
  definition: '',
  dependsOn: [],
  facts: null,
}))
const catalog = {
  tables: new Map(
    tables.map((id) => [id, { id, columns: [{ name: 'shop_id' }, { name: 'code' }] } as unknown as Table]),
  ),
}

const mutant = (structure: Structure, operator: string, detail: string): Mutant => ({
  id: `${structure.id}~${operator}:${detail}`,
  structure: structure.id,
  operator: `references.${operator}`,
  effect: 'changed',
  summary: '',
  ddl: [],
})

const result = (structure: Structure, title: string, n: number): ExperimentResult => ({
  experiment: {
    id: `${structure.id}#${n}`,
    rule: structure.id,
    title,
    world: { id: 'w', statements: [] },
    given: [],
    when: [],
    then: { kind: 'accepted' },
  },
  observed: { fault: null, stage: 'when', affected: 1, rows: [] },
  holds: true,
  difference: null,
})

const witnesses = (structure: Structure): readonly ExperimentResult[] => [
  result(structure, `a ${structure.table} row that points to a missing shop is refused`, 1),
  result(structure, 'deleting the row of shops deletes the row that points to it', 2),
  result(structure, 'changing shop_id 1001 to 1002 is refused', 3),
]

const judged = (one: Mutant, verdict: MutantResult['verdict'], why: string): MutantResult => ({
  ...one,
  verdict,
  why,
})

const [orders, odd] = structures as [Structure, Structure]

test('a few structures between them have every sort of mutant', () => {
  const mutantsOf = (structure: Structure): readonly Mutant[] => [
    mutant(structure, 'on-delete-exchanged', 'restrict'),
    mutant(structure, 'column-exchanged', `only of ${structure.table}`),
    ...(structure === odd ? [mutant(structure, 'deferrability-flipped', 'deferred')] : []),
  ]
  expect([...leadersAmong(structures, mutantsOf)]).toEqual([orders, odd])
})

test('a mutant is put to the like of what noticed the like mutant elsewhere', () => {
  const titles = new Map(witnesses(orders).map(({ experiment: { id, title } }) => [id, title]))
  const foresight = foreseeFrom(
    [
      [
        orders,
        [
          judged(mutant(orders, 'removed', ''), 'killed', `${orders.id}#1`),
          judged(mutant(orders, 'on-delete-exchanged', 'restrict'), 'killed', `${orders.id}#2`),
          judged(mutant(orders, 'on-update-exchanged', 'cascade'), 'killed', `${orders.id}#3`),
          judged(mutant(orders, 'pair-added', 'code'), 'survived', 'every experiment answers as before'),
        ],
      ],
    ],
    (id) => titles.get(id),
    catalog,
  )
  const own = witnesses(odd)
  const foreseen = foresight.among(odd, own)
  expect(foreseen(mutant(odd, 'on-delete-exchanged', 'restrict'))).toBe(own[1])
  expect(foreseen(mutant(odd, 'on-update-exchanged', 'cascade'))).toBe(own[2])
  // Of another detail, the operator's own.
  expect(foreseen(mutant(odd, 'on-delete-exchanged', '"set null"'))).toBe(own[1])
  expect(foreseen(mutant(odd, 'pair-added', 'code'))).toBeNull()
  expect(foreseen(mutant(odd, 'never-seen', 'x'))).toBeNull()
  expect(foresight.among(odd, [own[0]!])(mutant(odd, 'on-delete-exchanged', 'restrict'))).toBeNull()
})
