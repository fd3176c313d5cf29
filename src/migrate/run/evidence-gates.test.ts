/** What the ledger has to cover: not what stands only while a change of shape lasts. */
import { expect, test } from 'vitest'
import type { Ledger } from '../../prove/ledger/page.ts'
import type { TestedMigration } from '../files/tested.ts'
import { evidenceGates } from './evidence-gates.ts'
import type { PlannedMigration } from './plan-run.ts'

const hash = 'a'.repeat(64)

const planned = {
  migration: { name: '0001_contract', hash, kind: 'versioned', directives: { loses: [] } },
  direction: 'up',
  because: 'pending',
} as unknown as PlannedMigration

const gatesOf = (ids: readonly string[], temporary: readonly string[]): readonly string[] => {
  const pass = {
    name: '0001_contract',
    hash,
    kind: 'versioned',
    major: 18,
    before: 'before',
    after: 'after',
    changes: ids.map((id) => ({ id, verb: 'makes', fingerprint: '1'.repeat(16) })),
  } as unknown as TestedMigration
  const ledger: Ledger = {
    head: { architecture: 'x', major: 18, locale: 'C', extensions: [] },
    problems: [],
    pages: [],
  }
  return evidenceGates([planned], {
    tested: { passes: [pass], problems: [] },
    ledger,
    major: 18,
    fingerprint: 'before',
    isWhole: true,
    temporary,
  }).map(({ code, found }) => `${code}: ${found}`)
}

test('a table that stands for a while is not asked of the ledger, with all that it has', () => {
  const kept = ['"S 1"."kept files"/column:id', '"S 1"."kept files"/table', '"S 1"."kept files"/grant:app']
  expect(gatesOf(kept, ['"S 1"."kept files"'])).toEqual([])
  expect(gatesOf([...kept, '"S 1"."kept files 2"/table'], ['"S 1"."kept files"'])).toEqual([
    'migrate.uncovered: not in the ledger: "S 1"."kept files 2"/table',
  ])
  expect(gatesOf(['t/column:a', 't/column:b'], ['t/column:a'])).toEqual([
    'migrate.uncovered: not in the ledger: t/column:b',
  ])
})

test('a phase that was written for a newer server says how it is written for this one', () => {
  const phase = { ...planned, migration: { ...planned.migration, writtenFor: 18 } } as PlannedMigration
  const gates = evidenceGates([phase], {
    tested: { passes: [], problems: [] },
    ledger: { head: null, problems: [], pages: [] },
    major: 15,
    fingerprint: 'before',
    isWhole: false,
  })
  expect(gates[0]?.mend).toContain('0001_contract was written for PostgreSQL 18')
  expect(gates[0]?.mend).toContain('assay migrate expand --server-version 15')
})
