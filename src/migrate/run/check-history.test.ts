/** What the journal says of a migration whose file is gone, or that stands before another. */
import { expect, test } from 'vitest'
import { migrationOfText } from '../files/read-migrations.ts'
import { checkHistory } from './check-history.ts'
import type { JournalRow } from './journal-row.ts'

const row = (name: string, more: Partial<JournalRow>): JournalRow => ({
  name,
  kind: 'versioned',
  direction: 'up',
  state: 'failed',
  hash: 'a',
  steps: 2,
  stepsDone: 0,
  doneHash: '',
  stepBegun: null,
  stepNote: null,
  prior: null,
  fault: 'refused',
  ordinal: null,
  startedAt: '',
  finishedAt: null,
  runBy: '',
  runFrom: '',
  server: '',
  assay: '',
  allowed: [],
  ...more,
})

const first = migrationOfText('0001_a', '0001_a.sql', 'select 1')

test.each([
  ['refused in its first statement: it left nothing', {}, []],
  ['refused behind its first statement', { stepsDone: 1 }, ['migrate.missing']],
  ['a step outside of transactions may have left something', { stepBegun: 1 }, ['migrate.missing']],
  ['somebody may be at it', { state: 'running' }, ['migrate.missing']],
  ['it stands', { state: 'done' }, ['migrate.missing']],
  ['on its way back', { direction: 'down' }, ['migrate.missing']],
] as const)('a file that is gone: %s', (_, more, codes) => {
  expect(checkHistory([first], [row('0002_b', more)]).map(({ code }) => code)).toEqual(codes)
})

test('what left nothing has not run before others', () => {
  const second = migrationOfText('0002_b', '0002_b.sql', 'select 2')
  const codes = (more: Partial<JournalRow>) =>
    checkHistory([first, second], [row('0002_b', more)]).map(({ code }) => code)
  expect(codes({})).toEqual([])
  expect(codes({ stepsDone: 1 })).toEqual(['migrate.out-of-order'])
})

test('a repeatable file that is gone on purpose has a way out', () => {
  const [gate] = checkHistory([first], [row("repeatable/o'ne v", { kind: 'repeatable', state: 'done' })])
  expect(gate?.mend).toContain(`assay migrate resolve 'repeatable/o'\\''ne v' --as reverted --url …`)
})
