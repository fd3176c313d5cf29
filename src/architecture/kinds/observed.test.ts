import { expect, test } from 'vitest'
import type { AssayError } from '../../ground/errors.ts'
import { makeBehavesRules, makeObservedRules, type ObservedOption } from './observed.ts'

const make = (option: ObservedOption<string>, method = makeObservedRules) => {
  const faults: string[] = []
  const place = {
    table: 'films',
    tableColumns: ['id', 'title', 'seen_at'],
    at: null,
    refuse: (fault: AssayError) => void faults.push(`${fault.code}: ${fault.message}`),
  }
  return { rules: method(place, 'a new title is seen', option, { by: 'trigger:see' }), faults }
}

test('an observation names its columns and its SQL, so that a slip is found before anything runs', () => {
  const { rules, faults } = make({
    given: { seen_at: `'2001-01-01'` },
    update: { title: `'b'` },
    leaves: { seen_at: 'now()', id: 'is not null' },
  })
  expect(faults).toEqual([])
  expect(rules).toMatchObject([
    {
      kind: 'observed',
      id: 'films/observed:"a new title is seen"',
      columns: ['seen_at', 'title', 'id'],
      writes: [{ does: 'update', row: { title: `'b'` } }],
      leaves: [{ seen_at: 'now()', id: 'is not null' }],
      sql: [
        { part: 'seen_at', text: `'2001-01-01'`, names: 'nothing' },
        { part: 'title', text: `'b'`, names: 'columns' },
        { part: 'seen_at', text: 'now()', names: 'columns' },
      ],
    },
  ])
})

test('whoever has looked at it renames it', () => {
  expect(make({ delete: true, leaves: [] }, makeBehavesRules).rules).toMatchObject([
    { kind: 'behaves', id: 'films/behaves:"a new title is seen"', leaves: [] },
  ])
})

test('what cannot be meant is refused', () => {
  expect([
    ...make({}).faults,
    ...make({ insert: {}, delete: true }).faults,
    ...make({ insert: {}, refused: 'no' }).faults,
    ...make({ insert: {}, refused: 'P0001', leaves: {} }).faults,
    ...make({ insert: { id: 5 } as never }).faults,
    ...make({ insert: {}, lieves: {} } as never).faults,
  ]).toMatchInlineSnapshot(`
    [
      "architecture.observed-write: films: observed "a new title is seen": it says no write.",
      "architecture.observed-write: films: observed "a new title is seen": it says insert and delete at once.",
      "architecture.sqlstate: films: observed "a new title is seen": it expects SQLSTATE "no", which is none.",
      "architecture.observed-outcome: films: observed "a new title is seen": a refused write leaves nothing behind.",
      "architecture.row-value: films: observed "a new title is seen": the value of "id" is 5, not SQL in quotes.",
      "architecture.unknown-option: films: observed has no option "lieves". Did you mean "leaves"?",
    ]
  `)
})
